"""Every stream of this process: one feed each, shared, counted, kept a while for who returns."""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from functools import partial

import structlog

from bridge.settings import StreamSettings
from bridge.sse.alarms import Alarms
from bridge.sse.event import Source, Topic
from bridge.sse.feed import Feed
from chassis.clock import Clock
from chassis.errors import InternalError

GRAINS = 64
"""Into how many parts the wait for a heartbeat is divided; who is due in one is woken together."""

log = structlog.get_logger()


class _Held:
    """A feed, who holds it, and the task that fills it; a block under it holds the feed.

    It is its own context manager, shared by all its holders: a generator's frame for each would
    stay as long as the stream.
    """

    __slots__ = ("_hub", "farewell", "feed", "holders", "task")

    def __init__(self, hub: "Hub", feed: Feed, task: asyncio.Task[None]) -> None:
        self._hub = hub
        self.feed = feed
        self.task = task
        self.holders = 0
        self.farewell: asyncio.TimerHandle | None = None

    def __enter__(self) -> Feed:
        self.holders += 1
        self._hub.keep(self)
        return self.feed

    def __exit__(self, *_: object) -> None:
        self.holders -= 1
        if not self.holders:
            self._hub.let_linger(self)


class Hub:
    """Feeds by topic. Made by `hub`, which ends them all.

    Args:
        source: Where events come from.
        settings: How long and how many feeds are kept without viewers.
        clock: Tells the time of what the bridge itself says.
    """

    def __init__(self, source: Source, settings: StreamSettings, *, clock: Clock) -> None:
        self._source = source
        self._settings = settings
        self._clock = clock
        self._alarms = Alarms(min(settings.heartbeat, settings.idle_timeout) / GRAINS)
        self._feeds: dict[Topic, _Held] = {}
        self._idle: dict[Topic, _Held] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def attached(self, topic: Topic) -> AbstractContextManager[Feed]:
        """Hold a topic's feed for the length of a block; it is opened if nobody held it."""
        return self._feeds.get(topic) or self._open(topic)

    def forget(self, topic: Topic) -> None:
        """Open the topic anew next time; those who watch it now go on."""
        held = self._feeds.pop(topic, None)
        if held is not None and not held.holders:
            self._drop(held)

    async def close(self) -> None:
        """End every feed, and wait until each has let go of its source."""
        for held in self._feeds.values():
            if held.farewell is not None:
                held.farewell.cancel()
        self._feeds.clear()
        self._idle.clear()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _open(self, topic: Topic) -> _Held:
        feed = Feed(topic, self._source, self._settings, clock=self._clock, alarms=self._alarms)
        # A context of its own: no feed belongs to the request that opens it.
        context = contextvars.Context()
        task = asyncio.create_task(feed.run(), name=f"feed {topic}", context=context)
        self._tasks.add(task)
        task.add_done_callback(partial(self._filled, feed))
        held = self._feeds[topic] = _Held(self, feed, task)
        return held

    def let_linger(self, held: _Held) -> None:
        """Keep a feed that nobody holds any more for a while, unless nobody can want it."""
        if self._feeds.get(held.feed.topic) is not held or held.feed.failure is not None:
            self._drop(held)
            return
        linger = self._settings.linger.total_seconds()
        held.farewell = asyncio.get_running_loop().call_later(linger, self._drop, held)
        self._idle[held.feed.topic] = held
        self._make_room()

    def _make_room(self) -> None:
        """Drop the feed longest without viewers when there are too many."""
        if len(self._idle) > self._settings.idle_feeds:
            self._drop(next(iter(self._idle.values())))

    def _drop(self, held: _Held) -> None:
        self.keep(held)
        if self._feeds.get(held.feed.topic) is held:
            del self._feeds[held.feed.topic]
        held.task.cancel()

    def keep(self, held: _Held) -> None:
        """Take a feed off the list of those that will be dropped."""
        if held.farewell is not None:
            held.farewell.cancel()
            held.farewell = None
            self._idle.pop(held.feed.topic, None)

    def _filled(self, feed: Feed, task: asyncio.Task[None]) -> None:
        """Take note that a feed's task is over; a fault of ours ends its viewers, too."""
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            log.error("stream.feed_failed", topic=str(feed.topic), exc_info=fault)
            feed.fail(InternalError("The stream failed; open it again."))


@asynccontextmanager
async def hub(source: Source, settings: StreamSettings, *, clock: Clock) -> AsyncIterator[Hub]:
    """Run a hub for the length of a block."""
    running = Hub(source, settings, clock=clock)
    try:
        yield running
    finally:
        await running.close()
