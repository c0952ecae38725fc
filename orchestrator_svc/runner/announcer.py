"""Tells the progress of one generation: the only writer of its subject while its claim holds.

What was told before, by whomever, is read first, so that nothing is told twice and progress never
goes back. Every append names the place it expects: a runner that was replaced while it slept
cannot tell anything any more. Announcements that come while an append is under way share the next.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from backsmith.progress.v1.progress_pb2 import ProgressEvent

from chassis.bus.errors import StaleAppendError
from chassis.bus.interface import EventLog
from chassis.clock import Clock
from orchestrator_svc.convert import (
    event_to_proto,
    progress_of,
    progress_record,
    status_from_proto,
)
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.domain.stages import Announcement
from orchestrator_svc.domain.subjects import generation_subject
from orchestrator_svc.settings import EventSettings
from orchestrator_svc.store.errors import ReplacedError

Remaining = Callable[[], float | None]
"""How many seconds the rest will take; None when that is not known."""


def unknown() -> None:
    """Know nothing of how long the rest will take."""


@dataclass(slots=True, kw_only=True)
class Told:
    """What the log holds of a generation."""

    last: int = 0
    """The sequence of the newest message; 0 when there is none."""
    progress: float = 0.0
    attempt: int = 0
    """The newest attempt told of."""
    ended: bool = False
    """Whether that attempt has its terminal event."""
    keys: set[tuple[str, str]] = field(default_factory=set)

    def note(self, event: ProgressEvent) -> None:
        """Count one event in."""
        self.progress = max(self.progress, event.progress)
        self.attempt = event.attempt
        self.ended = status_from_proto(event.status).terminal
        self.keys.add((event.stage, event.current_file))


class Announcer:
    """Tells what a run does, in order; made by `take_over`."""

    def __init__(
        self,
        log: EventLog,
        generation: Generation,
        told: Told,
        *,
        settings: EventSettings,
        clock: Clock,
        remaining: Remaining,
    ) -> None:
        self._remaining = remaining
        self._log = log
        self._generation = generation
        self._told = told
        self._settings = settings
        self._clock = clock
        self._subject = _subject(generation)
        self._waiting: list[ProgressEvent] = []
        self._batch: list[ProgressEvent] = []
        self._batches = 0
        self._sender: asyncio.Task[None] | None = None

    @property
    def progress(self) -> float:
        """How far the generation is, by what has been told."""
        return self._told.progress

    async def tell(self, *announcements: Announcement) -> None:
        """Tell what was not told before; returns once it is on its way.

        Raises:
            StaleAppendError: Somebody else tells; this or an earlier announcement was refused.
            UnavailableError: The bus is away; what is on its way stays so, to be sent by `flush`.
        """
        for announcement in announcements:
            if announcement.key not in self._told.keys:
                self._enqueue(announcement)
        self._send_soon()
        if len(self._waiting) > self._settings.max_waiting:
            await self.flush()

    async def flush(self) -> None:
        """Return when everything is told.

        Raises:
            StaleAppendError: Somebody else tells.
            UnavailableError: The bus is away; flush again to go on.
        """
        while self._waiting or self._batch:
            self._send_soon()
            if self._sender is not None:
                await asyncio.wait([self._sender])

    async def close(self) -> None:
        """Stop telling; what is on its way may be lost."""
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)

    def _enqueue(self, announcement: Announcement) -> None:
        progress = max(self._told.progress, announcement.progress)
        event = event_to_proto(
            self._generation, announcement, progress=progress, now=self._clock.now()
        )
        remaining = self._remaining()
        if remaining is not None:
            event.estimated_time_remaining = round(remaining, 1)
        self._told.note(event)
        self._waiting.append(event)

    def _send_soon(self) -> None:
        sender = self._sender
        if sender is not None and sender.done():
            self._sender = None
            sender.result()
        if self._sender is None and (self._waiting or self._batch):
            self._sender = asyncio.create_task(self._send(), name="announcer")

    async def _send(self) -> None:
        while self._waiting or self._batch:
            if not self._batch:
                limit = self._settings.max_batch
                self._batch, self._waiting = self._waiting[:limit], self._waiting[limit:]
                self._batches += 1
            await self._append(progress_record(self._batch))
            self._batch = []

    async def _append(self, data: bytes) -> None:
        generation = self._generation
        try:
            cursor = await self._log.append(
                self._subject,
                data,
                message_id=f"{generation.generation_id}:{generation.epoch}:{self._batches}"
                f":{self._told.last}",
                expected_last=self._told.last,
            )
        except StaleAppendError:
            last = await self._log.last(self._subject)
            if last is None or last.data != data:
                raise
            # Our own append, whose acknowledgement was lost longer ago than ids are remembered.
            cursor = last.cursor
        self._told.last = cursor.sequence


@asynccontextmanager
async def take_over(
    log: EventLog,
    generation: Generation,
    *,
    settings: EventSettings,
    clock: Clock,
    remaining: Remaining = unknown,
) -> AsyncIterator[Announcer]:
    """Read what was told of a generation, and go on telling for the length of a block.

    Raises:
        ReplacedError: The attempt has been told to its end.
        UnavailableError: The bus is away.
    """
    told = Told()
    async for message in log.history(_subject(generation)):
        told.last = message.cursor.sequence
        for event in progress_of(message.data):
            told.note(event)
    opened = told.attempt >= generation.attempt
    if opened and told.ended:
        raise ReplacedError("The attempt has been told to its end.")
    announcer = Announcer(
        log, generation, told, settings=settings, clock=clock, remaining=remaining
    )
    try:
        if not opened:
            told.keys.discard(stages.queued(generation).key)
            await announcer.tell(stages.queued(generation))
        yield announcer
    finally:
        await announcer.close()


def _subject(generation: Generation) -> str:
    return generation_subject(generation.user_id, generation.project_id, generation.generation_id)
