"""Watching: what the log keeps after a cursor, then what follows, to the terminal event."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from backsmith.orchestrator.v1.orchestrator_service_pb2 import WatchedEvent
from backsmith.progress.v1.progress_pb2 import GENERATION_STATUS_PROCESSING, ProgressEvent

from chassis.bus.errors import CursorExpiredError, CursorUnknownError
from chassis.bus.interface import EventLog, Message
from chassis.clock import Clock
from orchestrator_svc.backbone import Backbone
from orchestrator_svc.convert import event_to_proto, progress_of, status_from_proto
from orchestrator_svc.cursors import Cursors, Place
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.domain.subjects import generation_subject
from orchestrator_svc.store.interface import Generations, Outbox

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Events, in order."""

    events: Sequence[WatchedEvent]
    caught_up: bool = False
    """Whether the history is told with this batch."""


class Watching:
    """Watches generations."""

    def __init__(
        self, *, backbone: Backbone, generations: Generations, outbox: Outbox, clock: Clock
    ) -> None:
        self._backbone = backbone
        self._generations = generations
        self._outbox = outbox
        self._clock = clock

    async def generation(
        self, user_id: str, generation_id: str, after_cursor: str
    ) -> AsyncGenerator[Batch, None]:
        """Yield a generation's events after a cursor, up to its terminal event.

        Raises:
            NotFoundError: The generation is unknown.
            CursorUnknownError: The cursor is not one of this stream.
            CursorExpiredError: What follows the cursor is no longer kept.
            UnavailableError: The log or the store is away.
        """
        generation = await self._generations.get(user_id, generation_id)
        log = await self._backbone.log()
        subject = generation_subject(user_id, generation.project_id, generation_id)
        cursors = Cursors(subject, log.epoch)
        place = cursors.read(after_cursor)
        last = await log.last(subject)
        if place.ended:
            _check_ended(generation)
            return
        if last is None and await self._aged_out(generation, subject):
            if place.after:
                raise CursorExpiredError("What follows the cursor is no longer kept.")
            yield Batch(events=self._remains(generation, cursors), caught_up=True)
            return
        reading = _Reading(generation, cursors, place, newest=last)
        async for batch in reading.follow(log, subject):
            yield batch

    async def _aged_out(self, generation: Generation, subject: str) -> bool:
        return generation.status.terminal and not await self._outbox.holds(subject)

    def _remains(self, generation: Generation, cursors: Cursors) -> Sequence[WatchedEvent]:
        """Return what the store alone can tell of a generation that has ended."""
        now = generation.end_time or self._clock.now()
        told = ((cursors.start(), stages.snapshot), (cursors.end(), stages.ending))
        return [
            WatchedEvent(
                cursor=cursor,
                event=event_to_proto(
                    generation, tell(generation), progress=generation.progress, now=now
                ),
            )
            for cursor, tell in told
        ]


class _Reading:
    """One watcher's way through the log."""

    def __init__(
        self, generation: Generation, cursors: Cursors, place: Place, *, newest: Message | None
    ) -> None:
        self._attempt = generation.attempt
        self._cursors = cursors
        self._after = place.after
        self._skip = place.skip
        self._newest = newest.cursor.sequence if newest else 0
        self._ended = newest is not None and any(
            self._ends(event) for event in progress_of(newest.data)[-1:]
        )

    async def follow(self, log: EventLog, subject: str) -> AsyncGenerator[Batch, None]:
        caught_up = self._has_all()
        if caught_up:
            self._check_reached()
            yield Batch(events=[], caught_up=True)
            if self._ended:
                return
        async with log.subscribe(subject, after=self._after) as batches:
            async for messages in batches:
                events = [event for message in messages for event in self._events(message)]
                reached = not caught_up and messages[-1].cursor.sequence >= self._newest
                caught_up = caught_up or reached
                yield Batch(events=events, caught_up=reached)
                if events and self._ends(events[-1].event):
                    return

    def _has_all(self) -> bool:
        seen = self._after.sequence if self._after else 0
        return seen >= self._newest and not self._skip

    def _check_reached(self) -> None:
        """Refuse a place past the end: nobody was ever there."""
        if self._ended and self._after and self._after.sequence > self._newest:
            raise CursorUnknownError("The cursor names an event that never was.")

    def _events(self, message: Message) -> Sequence[WatchedEvent]:
        events = progress_of(message.data)
        skip, self._skip = self._skip, 0
        return [
            WatchedEvent(
                cursor=self._cursors.write(message, index, last=index == len(events) - 1),
                event=self._as_seen(event),
            )
            for index, event in enumerate(events)
            if index >= skip
        ]

    def _as_seen(self, event: ProgressEvent) -> ProgressEvent:
        """Show the end of an attempt that was retried as what it is: not the end."""
        if status_from_proto(event.status).terminal and not self._ends(event):
            event.stage = stages.ATTEMPT_FAILED
            event.status = GENERATION_STATUS_PROCESSING
            event.ClearField("error")
        return event

    def _ends(self, event: ProgressEvent) -> bool:
        return status_from_proto(event.status).terminal and event.attempt >= self._attempt


def _check_ended(generation: Generation) -> None:
    if not generation.status.terminal:
        raise CursorUnknownError("The generation was retried; its stream goes on.")


async def until(stopping: asyncio.Event, items: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    """Yield items until they end, or until the process is about to."""
    stop = asyncio.ensure_future(stopping.wait())
    following: asyncio.Future[T] | None = None
    try:
        while True:
            following = asyncio.ensure_future(anext(items))
            await asyncio.wait({following, stop}, return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                return
            try:
                item = following.result()
            except StopAsyncIteration:
                return
            yield item
    finally:
        left = {task for task in (stop, following) if task and not task.done()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)
