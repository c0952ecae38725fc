"""Watchers get every event once, in order, from any place, to the one end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.progress.v1 import progress_pb2

from chassis.bus import memory
from chassis.bus.errors import CursorExpiredError, CursorUnknownError
from chassis.clock import Clock, SystemClock
from chassis.errors import (
    OutOfRangeError,
)
from chassis.status import rpc_errors
from tests.integration.orchestrator_svc.conftest import QUICK, Client, System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator

COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
WAIT_SECONDS = 30


async def watched(client: Client, generation_id: str, after: str = "") -> list[pb.WatchedEvent]:
    """Return what a watch yields up to its end."""
    return [event async for event in client.watch(generation_id, after)]


async def test_resumes_after_every_single_event(client: Client) -> None:
    """Yields exactly the rest after each event, and nothing after the last."""
    started = await client.start("please make an Invoice")
    whole = await watched(client, started.generation_id)

    cursors = [event.cursor for event in whole]
    assert len(set(cursors)) == len(cursors)
    for place, cursor in enumerate(cursors, start=1):
        assert await watched(client, started.generation_id, cursor) == whole[place:]


async def test_hands_over_from_history_to_live_without_gap_or_repeat(
    client: Client, generator: FakeGenerator
) -> None:
    """Gives watchers that come at any moment the same events."""
    started = await client.start()
    watches = []
    for _ in range(20):
        watches.append(asyncio.create_task(watched(client, started.generation_id)))
        await asyncio.sleep(0.01)

    stories = await asyncio.gather(*watches)

    assert all(story == stories[0] for story in stories)
    assert stories[0][-1].event.status == COMPLETED


async def test_tells_when_the_history_is_told(client: Client, generator: FakeGenerator) -> None:
    """Marks the batch with which the history is told, once, before anything live."""
    hold = generator.hold(2)
    started = await client.start()
    await hold.reached.wait()
    stub = await client.stub()
    call = stub.WatchGeneration(pb.WatchGenerationRequest(generation_id=started.generation_id))
    told = await call.read()
    while not told.caught_up:
        told = await call.read()
    hold.release.set()
    rest = [response async for response in call]

    assert not any(response.caught_up for response in rest)
    assert rest[-1].events[-1].event.status == COMPLETED


async def test_works_from_a_replica_that_runs_nothing(client: Client, system: System) -> None:
    """Streams what another replica runs."""
    started = await client.start()
    async with system.orchestrator(runner=replace(QUICK, concurrency=0)) as other:
        story = await other.story(started.generation_id)
    assert story[-1].status == COMPLETED


async def test_a_stopping_replica_ends_its_watches_without_a_terminal_event(
    system: System, generator: FakeGenerator
) -> None:
    """Ends the stream, so that the watcher resumes elsewhere."""
    hold = generator.hold(1)
    async with (
        system.orchestrator(runner=replace(QUICK, concurrency=1)) as runner,
        AsyncExitStack() as stack,
    ):
        started = await runner.start()
        await hold.reached.wait()
        async with system.orchestrator() as replica:
            watch = Client(replica.address, stack).watch(started.generation_id)
            seen = [await anext(watch)]
        async with asyncio.timeout(WAIT_SECONDS):
            seen += [event async for event in watch]
        rest = await _released(hold, runner, started.generation_id, seen[-1].cursor)

    assert seen[-1].event.status != COMPLETED
    assert rest[-1].event.status == COMPLETED


async def _released(hold: Any, client: Client, key: str, after: str) -> list[pb.WatchedEvent]:
    hold.release.set()
    return await watched(client, key, after)


@pytest.mark.parametrize(
    "cursor",
    ["nonsense", "a-b-c", "{epoch}-00000000-1", "other-{tag}-1", "{epoch}-{tag}-999999999", "-"],
)
async def test_a_cursor_of_elsewhere_is_told(client: Client, cursor: str) -> None:
    """Refuses a cursor of another stream, another incarnation, the future or nowhere."""
    started = await client.start()
    story = await watched(client, started.generation_id)
    epoch, tag, _ = story[-1].cursor.split("-")
    with pytest.raises(OutOfRangeError) as refused, rpc_errors():
        await watched(client, started.generation_id, cursor.format(epoch=epoch, tag=tag))
    assert refused.value.reason == "CURSOR_UNKNOWN"


async def test_a_cursor_of_another_generation_is_told(client: Client) -> None:
    """Refuses a cursor that names an event of another generation."""
    first, second = await client.start(), await client.start()
    other = await watched(client, first.generation_id)
    await watched(client, second.generation_id)
    with pytest.raises(OutOfRangeError) as refused, rpc_errors():
        await watched(client, second.generation_id, other[3].cursor)
    assert refused.value.reason == CursorUnknownError.default_reason


class MovableClock:
    """The machine's clock, moved forward as a test wants."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> Any:
        """Return the moved instant."""
        return SystemClock().now() + self._ahead

    def move(self, by: timedelta) -> None:
        """Move it forward."""
        self._ahead += by


@asynccontextmanager
async def aged(system: System) -> AsyncIterator[tuple[Client, MovableClock]]:
    """Run an orchestrator whose events age as a test wants."""
    clock = MovableClock()
    kept: Clock = clock
    async with memory.connect(kept) as bus, system.orchestrator(bus=bus) as client:
        yield client, clock


async def test_aged_events_leave_a_snapshot_and_the_end(system: System) -> None:
    """Yields a true snapshot and the terminal event from the store, once."""
    async with aged(system) as (client, clock):
        started = await client.start()
        story = await watched(client, started.generation_id)
        clock.move(timedelta(days=8))

        remains = await watched(client, started.generation_id)
        after = await watched(client, started.generation_id, remains[-1].cursor)
        with pytest.raises(OutOfRangeError) as refused, rpc_errors():
            await watched(client, started.generation_id, story[3].cursor)

    assert [event.event.stage for event in remains] == ["snapshot", "completed"]
    assert remains[0].event.phase_info.total_files == 32
    assert remains[1].event.message == story[-1].event.message
    assert after == []
    assert refused.value.reason == CursorExpiredError.default_reason
