"""The announcer: one writer, nothing twice, never back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chassis.bus import memory
from chassis.bus.errors import StaleAppendError
from chassis.bus.interface import Cursor, EventLog
from chassis.clock import SystemClock
from chassis.errors import UnavailableError
from orchestrator_svc.convert import event_to_proto, progress_of, progress_record
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.domain.stages import Announcement
from orchestrator_svc.domain.status import Status
from orchestrator_svc.domain.subjects import generation_subject
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.relay import tell_once
from orchestrator_svc.runner.announcer import Announcer, take_over
from orchestrator_svc.settings import EventSettings
from orchestrator_svc.store.errors import ReplacedError
from orchestrator_svc.testing import new_generation

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETTINGS = EventSettings(max_batch=4, max_waiting=8)
GENERATION = new_generation(now=NOW, version=1, status=Status.PROCESSING, epoch=1)
SUBJECT = generation_subject("ada", "prj_1", "gen_1")


@pytest.fixture
async def log() -> AsyncIterator[EventLog]:
    """An event log in memory."""
    async with memory.connect() as bus:
        yield await bus.event_log("EVENTS", subjects=("events.>",), retention=timedelta(days=1))


def file(number: int, progress: float = 0.1) -> Announcement:
    """Return the announcement of a file."""
    return Announcement(
        stage="generating_file", progress=progress, message="", current_file=f"f{number}"
    )


def taken_over(log: EventLog, generation: Generation = GENERATION) -> object:
    """Take a generation over."""
    return take_over(log, generation, settings=SETTINGS, clock=SystemClock())


async def told(log: EventLog) -> list[tuple[str, str, float]]:
    """Return what the log holds."""
    return [
        (event.stage, event.current_file, event.progress)
        async for message in log.history(SUBJECT)
        for event in progress_of(message.data)
    ]


async def run(
    log: EventLog, *announcements: Announcement, generation: Generation = GENERATION
) -> None:
    """Take over and tell."""
    async with taken_over(log, generation) as announcer:  # type: ignore[attr-defined]
        await announcer.tell(*announcements)
        await announcer.flush()


async def test_tells_in_order_and_packs_what_comes_at_once(log: EventLog) -> None:
    """Keeps the order, and shares appends within the bound."""
    await run(log, *(file(number) for number in range(20)))
    assert [name for _, name, _ in await told(log)] == ["", *(f"f{n}" for n in range(20))]
    sizes = [len(progress_of(message.data)) async for message in log.history(SUBJECT)]
    assert max(sizes) == 4
    assert len(sizes) <= 8


async def test_tells_nothing_twice_across_take_overs(log: EventLog) -> None:
    """Passes over what a predecessor told."""
    await run(log, file(1), file(2))
    await run(log, file(1), file(2), file(3), generation=replace(GENERATION, epoch=2))
    assert [name for _, name, _ in await told(log)] == ["", "f1", "f2", "f3"]


async def test_progress_never_goes_back(log: EventLog) -> None:
    """Keeps what was reached, also across take-overs."""
    await run(log, file(1, 0.5), file(2, 0.3))
    await run(log, file(3, 0.1), file(4, 0.6), generation=replace(GENERATION, epoch=2))
    assert [progress for *_, progress in await told(log)] == [0.0, 0.5, 0.5, 0.5, 0.6]


async def test_a_predecessor_is_fenced_by_the_first_append(log: EventLog) -> None:
    """Refuses a predecessor everything once the successor has told anything."""
    async with taken_over(log) as old:  # type: ignore[attr-defined]
        await old.tell(file(1))
        await old.flush()
        await run(log, file(2), generation=replace(GENERATION, epoch=2))
        await old.tell(file(3))
        with pytest.raises(StaleAppendError):
            await old.flush()
    assert [name for _, name, _ in await told(log)] == ["", "f1", "f2"]


async def test_an_attempt_that_is_told_to_its_end_is_over(log: EventLog) -> None:
    """Refuses to take over after the terminal event."""
    await run(log, file(1))
    ended = replace(GENERATION, status=Status.COMPLETED, progress=1.0)
    for outgoing in BusNotices(SystemClock()).ended(ended):
        await tell_once(log, outgoing)
    with pytest.raises(ReplacedError):
        await run(log, file(2))


async def test_the_next_attempt_opens_and_keeps_what_was_told(log: EventLog) -> None:
    """Says that it waits once an attempt, and nothing of the files again."""
    await run(log, file(1, 0.3))
    failed = replace(GENERATION, status=Status.FAILED, error="broken", progress=0.1)
    for outgoing in BusNotices(SystemClock()).ended(failed):
        await tell_once(log, outgoing)
    second = replace(GENERATION, attempt=2, epoch=2)
    await run(log, file(1), file(2), generation=second)
    await run(log, file(2), generation=replace(second, epoch=3))

    assert await told(log) == [
        ("queued", "", 0.0),
        ("generating_file", "f1", 0.3),
        ("error", "", 0.3),
        ("queued", "", 0.3),
        ("generating_file", "f2", 0.3),
    ]


@pytest.mark.parametrize("first", ["relay", "runner"])
async def test_the_opening_stands_once_whoever_tells_it_first(log: EventLog, first: str) -> None:
    """Tells that an attempt waits once, whether the outbox or a runner is quicker."""
    pending = replace(GENERATION, status=Status.PENDING)
    outgoing = BusNotices(SystemClock()).queued(pending)[0]
    if first == "runner":
        await run(log, file(1))
    await tell_once(log, outgoing)
    await tell_once(log, outgoing)
    if first == "relay":
        await run(log, file(1))
    assert [stage for stage, *_ in await told(log)] == ["queued", "generating_file"]


async def test_an_end_stands_once_and_last_while_a_runner_still_talks(log: EventLog) -> None:
    """Ends the subject amid a runner's appends; what the runner tells later is refused."""
    cancelled = replace(GENERATION, status=Status.CANCELLED)
    outgoing = BusNotices(SystemClock()).ended(cancelled)[0]
    async with taken_over(log) as announcer:  # type: ignore[attr-defined]
        with pytest.raises(StaleAppendError):
            await asyncio.gather(
                talk(announcer), tell_once(log, outgoing), tell_once(log, outgoing)
            )
    stages_told = [stage for stage, *_ in await told(log)]
    assert stages_told.count("cancelled") == 1
    assert stages_told[-1] == "cancelled"


async def talk(announcer: Announcer) -> None:
    """Tell one thing after the other until it is refused."""
    for number in range(1000):
        await announcer.tell(file(number))
        await announcer.flush()


async def persist(announcer: Announcer) -> None:
    """Flush again while acknowledgements are lost."""
    for _ in range(4):
        with suppress(UnavailableError):
            await announcer.flush()


class UnsureLog:
    """A log whose acknowledgements are lost at times, after the message was stored or before."""

    def __init__(self, log: EventLog, *, stored: bool) -> None:
        self._log = log
        self._stored = stored
        self.losses = 2

    async def append(
        self, subject: str, data: bytes, *, message_id: str, expected_last: int | None = None
    ) -> Cursor:
        """Append, and lose the first acknowledgements."""
        if self.losses and not self._stored:
            self.losses -= 1
            raise UnavailableError("away")
        forgotten = f"{message_id}:{self.losses}"
        cursor = await self._log.append(
            subject, data, message_id=forgotten, expected_last=expected_last
        )
        if self.losses:
            self.losses -= 1
            raise UnavailableError("away")
        return cursor

    def __getattr__(self, name: str) -> object:
        """Do everything else as the log does."""
        return getattr(self._log, name)


@pytest.mark.parametrize("stored", [True, False])
async def test_an_append_that_was_not_acknowledged_is_settled(
    log: EventLog, *, stored: bool
) -> None:
    """Tells each thing once although acknowledgements were lost, even past the ids' window."""
    unsure: EventLog = UnsureLog(log, stored=stored)  # type: ignore[assignment]
    async with taken_over(unsure) as announcer:  # type: ignore[attr-defined]
        await announcer.tell(file(1))
        await persist(announcer)
        await announcer.tell(file(2))
        await persist(announcer)
    assert [name for _, name, _ in await told(log)] == ["", "f1", "f2"]


async def test_every_kind_of_announcement_becomes_a_whole_event(log: EventLog) -> None:
    """Loses nothing between the domain's announcement and what is stored."""
    info = stages.phase_info(GENERATION, 2, in_phase=3, total=9)
    announcement = Announcement(
        stage="validation",
        progress=0.97,
        message="7 files vanished",
        phase=info,
        warning_type="data_loss_detection",
        parent_file_count=16,
        new_file_count=9,
    )
    event = event_to_proto(GENERATION, announcement, progress=0.98, now=NOW)
    stored = progress_of(progress_record([event]))[0]

    assert stored == event
    assert (stored.warning_type, stored.parent_file_count, stored.new_file_count) == (
        "data_loss_detection",
        16,
        9,
    )
    assert (stored.progress, stored.event_time.ToDatetime(UTC)) == (0.98, NOW)
    shown = stored.phase_info
    assert (shown.phase, shown.name, shown.current_phase) == ("phase_2", "Entities", 2)
    assert not stored.HasField("error")
    assert not stored.HasField("current_file")
