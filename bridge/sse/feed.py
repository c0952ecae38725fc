"""One stream's source, read once for all its viewers, and attached to again when it is lost."""

import asyncio
import random
from collections.abc import Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Protocol

import structlog

from bridge.settings import StreamSettings
from bridge.sse.alarms import Alarms
from bridge.sse.event import Batch, Event, Source, Standing, Topic
from bridge.sse.frames import told
from bridge.sse.history import History
from bridge.sse.news import News
from bridge.sse.ring import Ring
from chassis.clock import Clock
from chassis.errors import (
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
    ServiceError,
    UnauthenticatedError,
)

VIEWERS_AT_ONCE = 256
"""How many viewers are written to before the loop may do other things."""

FINAL_ERRORS = (NotFoundError, PermissionDeniedError, UnauthenticatedError)

log = structlog.get_logger()


class Audience(Protocol):
    """Somebody who reads a feed."""

    def offer(self, news: News) -> None:
        """Take what has just come, or remember to fetch it."""
        ...

    def wake(self) -> None:
        """Look at the feed again: something other than events has changed."""
        ...


class Feed:
    """A ring of events, kept filled from the source.

    Args:
        topic: Which stream.
        source: Where its events come from.
        settings: How much is kept, and how a lost source is attached to again.
        clock: Tells the time of what the bridge itself says.
        alarms: Wakes viewers that are silent for long.
    """

    def __init__(
        self,
        topic: Topic,
        source: Source,
        settings: StreamSettings,
        *,
        clock: Clock,
        alarms: Alarms,
    ) -> None:
        self.topic = topic
        self.source = source
        self.settings = settings
        self.clock = clock
        self.alarms = alarms
        self.history = History(topic, source, linger=settings.replay_linger)
        self.ring = Ring(max_events=settings.ring_events, max_bytes=settings.ring_bytes)
        self.viewers: set[Audience] = set()
        self.origin = Standing()
        self.caught_up = False
        self.ended = False
        self.failure: ServiceError | None = None
        self._changed: set[asyncio.Future[None]] = set()

    @property
    def standing(self) -> Standing:
        """How far the generation is with all that has come."""
        return self.ring.last.event.standing if self.ring.last else self.origin

    @property
    def settled(self) -> bool:
        """Whether the whole history is here, or never will be."""
        return self.caught_up or self.ended or self.failure is not None

    async def until(self, condition: Callable[[], bool], *, limit: timedelta) -> bool:
        """Wait for a condition of this feed; tell whether it came in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + limit.total_seconds()
        while not condition():
            change = loop.create_future()
            self._changed.add(change)
            timer = loop.call_at(deadline, _resolve, change)
            try:
                await change
            finally:
                timer.cancel()
                self._changed.discard(change)
            if loop.time() >= deadline:
                return condition()
        return True

    async def run(self) -> None:
        """Keep the ring filled until the terminal event, or until the topic proves unknown."""
        pause = self.settings.reattach_backoff
        while not self.ended and self.failure is None:
            before = self.ring.end
            await self._attach()
            if self.ring.end > before:
                pause = self.settings.reattach_backoff
            if not self.ended and self.failure is None:
                await asyncio.sleep(pause.total_seconds() * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
                pause = min(pause * 2, self.settings.max_reattach_backoff)

    async def _attach(self) -> None:
        """Read the source until it ends or fails; what passes is tried again by `run`."""
        watching = self.source.watch(self.topic, self.ring.last_cursor)
        try:
            async with aclosing(watching) as batches:  # type: ignore[type-var]
                async for batch in batches:
                    await self._take(batch)
                    if self.ended:
                        return
        except FINAL_ERRORS as error:
            self.fail(error)
        except OutOfRangeError as error:
            log.warning("stream.source_restarted", topic=str(self.topic), reason=error.reason)
            await self._start_over()
        except ServiceError as error:
            log.warning("stream.source_lost", topic=str(self.topic), reason=error.reason)

    async def _take(self, batch: Batch) -> None:
        begin = self.ring.end
        if batch.cursor and not self.ring.last_cursor:
            self.ring.begin_after(batch.cursor)
        for event in batch.events:
            if self.ring.find(event.cursor) is None:
                self._append(event)
        self.caught_up = self.caught_up or batch.caught_up
        self._announce_change()
        if self.ring.end > begin:
            await self._publish(News(self.ring, begin))

    def _append(self, event: Event) -> None:
        if not self.ended:
            self.ring.append(event)
            self.ended = event.terminal

    async def _publish(self, news: News) -> None:
        for count, viewer in enumerate(tuple(self.viewers), start=1):
            viewer.offer(news)
            if count % VIEWERS_AT_ONCE == 0:
                await asyncio.sleep(0)

    async def _start_over(self) -> None:
        """Go on in a new incarnation of the stream, and tell every viewer so."""
        begin = self.ring.end
        self.ring.forget_cursors()
        self.ring.append(
            told(
                self.topic,
                "history_truncated",
                "The stream began anew; events before this are no longer kept.",
                standing=self.standing,
                now=self.clock.now(),
            )
        )
        await self._publish(News(self.ring, begin))

    def fail(self, error: ServiceError) -> None:
        """Tell every viewer that nothing will follow."""
        self.failure = error
        self._announce_change()
        for viewer in tuple(self.viewers):
            viewer.wake()

    def _announce_change(self) -> None:
        for change in self._changed:
            _resolve(change)


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
