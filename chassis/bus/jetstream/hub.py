"""One live feed per log and process, however many subscribe.

An index finds who reads a subject. The feed starts when the first subscriber comes and follows the
log from a position that only grows; `feed` says when it is in doubt, and then it is attached again.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import structlog
from nats.aio.msg import Msg

from chassis.bus.jetstream.errors import STREAM_NOT_FOUND, ApiError, away
from chassis.bus.jetstream.feed import Feed
from chassis.bus.jetstream.inbox import Inbox
from chassis.bus.jetstream.session import Session
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.stored import from_feed
from chassis.bus.jetstream.streams import Stream, StreamState
from chassis.bus.subjects import SubjectIndex
from chassis.errors import UnavailableError

RETRY_SECONDS = 0.2

Spawn = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Starts a task that its owner ends."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Up to where the feed has handed everything out."""

    epoch: str
    """The incarnation of the log."""

    sequence: int
    """The last message's sequence."""


class Hub:
    """Hands the log's live messages to those who read their subjects.

    Args:
        stream: The log's stream.
        settings: The heartbeat, and how long an unused feed stays open.
        spawn: Starts the feed's task.
    """

    def __init__(self, stream: Stream, settings: BusSettings, *, spawn: Spawn) -> None:
        self._stream = stream
        self._settings = settings
        self._spawn = spawn
        self._users = 0
        self._attached: set[Inbox] = set()
        self._index: SubjectIndex[Inbox] = SubjectIndex()
        self._epoch = ""
        self._sequence = 0
        self._ready = asyncio.Event()
        self._failure: BaseException | None = None
        self._task: asyncio.Task[None] | None = None

    def join(self) -> None:
        """Keep the feed open from now on; `leave` ends it."""
        self._users += 1
        if self._task is None or self._task.done():
            self._ready.clear()
            self._epoch = ""
            self._failure = None
            self._task = self._spawn(self._run())
            self._task.add_done_callback(self._on_end)

    def leave(self, subject: str, inbox: Inbox) -> None:
        """Hand a subscriber nothing more."""
        self._users -= 1
        self.detach(subject, inbox)

    async def attach(self, subject: str, inbox: Inbox) -> Position:
        """Hand a subscriber all that follows the position returned.

        Raises:
            UnavailableError: There is no feed now.
        """
        try:
            async with asyncio.timeout(self._settings.answer_within.total_seconds()):
                await self._ready.wait()
        except TimeoutError as error:
            raise away("The bus gives no live events now; try again later") from error
        if self._failure is not None:
            raise self._failure
        self._attached.add(inbox)
        self._index.add(subject, inbox)
        return Position(epoch=self._epoch, sequence=self._sequence)

    def detach(self, subject: str, inbox: Inbox) -> None:
        """Hand a subscriber nothing until it attaches again."""
        self._attached.discard(inbox)
        self._index.remove(subject, inbox)

    async def _run(self) -> None:
        while True:
            try:
                session = await self._stream.wait_session()
                self._align(await self._stream.state())
                idle = await self._follow(session)
                if idle and not self._users:
                    return
            except UnavailableError:
                await asyncio.sleep(RETRY_SECONDS)
            except ApiError as error:
                if error.number != STREAM_NOT_FOUND:
                    raise
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self, session: Session) -> bool:
        """Follow the log until the feed is in doubt, or (True) has no use any more."""
        feed = Feed(self._stream.name, self._settings, session=session, deliver=self._deliver)
        async with feed.attached(after=self._sequence):
            self._ready.set()
            limit = self._settings.idle_feed / self._settings.heartbeat
            unused = 0
            while await feed.alive():
                unused = 0 if self._users else unused + 1
                if unused > limit:
                    return True
        log.info("bus.feed_in_doubt", stream=self._stream.name)
        return False

    def _align(self, state: StreamState) -> None:
        """Go on at the position, or send everybody to the history where that cannot be."""
        in_reach = state.first - 1 <= self._sequence <= state.last
        if self._epoch != state.epoch or not in_reach:
            for inbox in self._attached:
                inbox.fall_behind(self._sequence)
            self._epoch, self._sequence = state.epoch, state.last

    def _deliver(self, message: Msg, sequence: int, nanoseconds: int) -> None:
        epoch = self._epoch
        self._sequence = sequence
        made = None
        for inbox in self._index.find(message.subject):
            made = made or from_feed(
                message, epoch=epoch, sequence=sequence, nanoseconds=nanoseconds
            )
            inbox.push(made)

    def _on_end(self, task: "asyncio.Task[None]") -> None:
        if not task.cancelled() and (failure := task.exception()) is not None:
            self._failure = failure
            self._ready.set()
            for inbox in self._attached:
                inbox.fail(failure)
