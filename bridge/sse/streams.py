"""Every open stream of this process: admitted, counted, run, and handed over at a stop."""

import asyncio
import random
from collections import Counter
from datetime import timedelta

from bridge.settings import StreamSettings
from bridge.sse.event import Topic
from bridge.sse.frames import frame, retry, told
from bridge.sse.viewer import Ending, Viewer
from chassis.clock import Clock
from chassis.errors import LimitExceededError

HANDOVER_RETRY = (0.1, 1.0)
"""Between which shares of the drain clients that are handed over wait before they reconnect."""


class Streams:
    """The open streams.

    Args:
        settings: How many there may be.
        clock: Tells the time of what the bridge itself says.
    """

    def __init__(self, settings: StreamSettings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._viewers: dict[Viewer, Topic] = {}
        self._by_user: Counter[str] = Counter()
        self._by_generation: Counter[str] = Counter()
        self.audience_changed = asyncio.Event()
        """Set when a generation gets its first viewer, or loses its last one."""
        self._empty = asyncio.Event()
        self._empty.set()
        self.draining = False

    def __len__(self) -> int:
        return len(self._viewers)

    def check(self, user_id: str) -> None:
        """Pass while one more stream of a user may be opened.

        Raises:
            LimitExceededError: There are too many.
        """
        settings = self._settings
        if len(self._viewers) >= settings.max_streams:
            raise LimitExceededError(
                "Too many streams are open; try again shortly.",
                reason="TOO_MANY_STREAMS",
                retry_after=timedelta(seconds=5),
            )
        if self._by_user[user_id] >= settings.max_streams_per_user:
            raise LimitExceededError(
                f"You have {settings.max_streams_per_user} streams open; close one.",
                reason="TOO_MANY_STREAMS_OF_USER",
                retry_after=timedelta(seconds=5),
            )

    def watched(self) -> frozenset[str]:
        """Return the generations that have viewers here, those handed over by a drain included."""
        return frozenset(self._by_generation)

    def add(self, topic: Topic, viewer: Viewer) -> None:
        """Count a viewer until it is removed."""
        self._viewers[viewer] = topic
        self._by_user[topic.user_id] += 1
        self._empty.clear()
        self._joined(topic)
        if self.draining:
            self._hand_over(viewer, topic, timedelta())

    def remove(self, viewer: Viewer) -> None:
        """Count a viewer no more."""
        topic = self._viewers.pop(viewer)
        self._by_user[topic.user_id] -= 1
        if not self._by_user[topic.user_id]:
            del self._by_user[topic.user_id]
        self._left(topic)
        if not self._viewers:
            self._empty.set()

    def _joined(self, topic: Topic) -> None:
        if topic.kind == "generation":
            self._by_generation[topic.name] += 1
            if self._by_generation[topic.name] == 1:
                self.audience_changed.set()

    def _left(self, topic: Topic) -> None:
        """Count one viewer less; but who is handed over is not gone."""
        if topic.kind == "generation" and not self.draining:
            self._by_generation[topic.name] -= 1
            if not self._by_generation[topic.name]:
                del self._by_generation[topic.name]
                self.audience_changed.set()

    async def drain(self, window: timedelta) -> None:
        """Hand every stream over, spread over a window; returns when all are closed, or after it.

        Clients are told to come back at different times, so that they do not come all at once.
        """
        self.draining = True
        loop = asyncio.get_running_loop()
        seconds = window.total_seconds()
        for viewer, topic in tuple(self._viewers.items()):
            share = random.uniform(0, 0.8)  # noqa: S311 - jitter
            loop.call_later(share * seconds, self._hand_over, viewer, topic, window)
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            return

    def _hand_over(self, viewer: Viewer, topic: Topic, window: timedelta) -> None:
        wait = max(window, timedelta(seconds=1)) * random.uniform(*HANDOVER_RETRY)  # noqa: S311 - jitter
        milliseconds = int(wait.total_seconds() * 1000)
        words = told(
            topic,
            "handover",
            "This server stops; reconnect to go on where you are",
            standing=viewer.standing,
            now=self._clock.now(),
            retry=milliseconds,
        )
        viewer.end(Ending(why="the server stops", last_words=(retry(milliseconds), frame(words))))
