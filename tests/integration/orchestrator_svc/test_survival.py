"""What becomes of a generation when runners stop, sleep, crash or are many."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backsmith.progress.v1 import progress_pb2
from sqlalchemy import update

from chassis.bus.interface import Bus, EventLog, Message
from chassis.clock import SystemClock
from chassis.errors import UnavailableError
from orchestrator_svc.backbone import QUEUE
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.runner import metrics
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.store import Store, open_store
from orchestrator_svc.store.tables import EPOCH, runs
from tests.integration.orchestrator_svc.conftest import QUICK, System, eventually, terminal
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator

COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
FAILED = progress_pb2.GENERATION_STATUS_FAILED
IDLE = replace(QUICK, concurrency=0)
ASLEEP = replace(
    QUICK, concurrency=1, lease=timedelta(minutes=10), watch_interval=timedelta(minutes=10)
)
"""So long that a runner notices nothing by itself, like one that is paused."""


@asynccontextmanager
async def opened(system: System) -> AsyncIterator[Store]:
    """Open the store that the replicas share."""
    clock = SystemClock()
    async with open_store(system.settings.store, notices=BusNotices(clock), clock=clock) as store:
        await migrate(store.database)
        yield store


async def expire_leases(store: Store) -> None:
    """End every lease, as the passing of time would."""
    await store.database.write(
        lambda connection: connection.execute(update(runs).values(lease_end=EPOCH))
    )


async def test_a_runner_that_wakes_after_it_was_replaced_can_change_nothing(
    system: System, generator: FakeGenerator
) -> None:
    """Lets the sleeper announce, save and end nothing; the result is the successor's."""
    hold = generator.hold(2)
    async with system.orchestrator(runner=ASLEEP) as sleeper, opened(system) as store:
        started = await sleeper.start()
        await hold.reached.wait()
        await expire_leases(store)
        async with system.orchestrator() as successor:
            story = await successor.story(started.generation_id)
            before = await successor.get(started.generation_id)
            hold.release.set()
            await eventually(lambda: not sum(generator.running.values()))
            other = await sleeper.start("make a Car for us")
            await sleeper.story(other.generation_id)
            after = await successor.get(started.generation_id)
            again = await successor.story(started.generation_id)

    assert story[-1].status == COMPLETED
    assert again == story
    assert after == before
    keys = [(event.stage, event.current_file) for event in story]
    assert len(set(keys)) == len(keys)
    assert generator.rendered[1] == 2, "phase 1 once for each generation"


async def test_a_sleeper_that_tells_something_first_is_outvoted(
    system: System, generator: FakeGenerator
) -> None:
    """Goes on when the sleeper told one more thing between take-over and the first append."""
    sleeping, working = generator.hold(2), None
    async with system.orchestrator(runner=ASLEEP) as sleeper, opened(system) as store:
        started = await sleeper.start()
        await sleeping.reached.wait()
        working = generator.hold(2)
        await expire_leases(store)
        async with system.orchestrator() as successor:
            await working.reached.wait()
            sleeping.release.set()
            await asyncio.sleep(0.2)
            working.release.set()
            story = await successor.story(started.generation_id)

    keys = [(event.stage, event.current_file) for event in story]
    assert len(set(keys)) == len(keys)
    assert [terminal(event) for event in story].count(True) == 1
    assert story[-1].status == COMPLETED


async def test_a_replica_that_is_stopped_hands_its_work_on(
    system: System, generator: FakeGenerator
) -> None:
    """Gives back what runs, so that another replica goes on at the unfinished phase at once."""
    hold = generator.hold(3)
    long = replace(QUICK, lease=timedelta(minutes=5), sweep_interval=timedelta(minutes=5))
    async with system.orchestrator(runner=long) as first:
        started = await first.start()
        await hold.reached.wait()
    async with system.orchestrator(runner=long) as second:
        async with asyncio.timeout(3):
            story = await second.story(started.generation_id)

    assert story[-1].status == COMPLETED
    assert [generator.rendered[phase] for phase in range(1, 7)] == [1, 1, 2, 1, 1, 1]
    assert generator.cancelled[3] == 1


async def test_an_interrupted_run_makes_the_same_files(
    system: System, generator: FakeGenerator
) -> None:
    """Ends with the snapshot that an undisturbed run makes."""
    async with system.orchestrator() as client:
        undisturbed = await client.start()
        await client.story(undisturbed.generation_id)
        expected = await client.get(undisturbed.generation_id)
    hold = generator.hold(4)
    async with system.orchestrator() as first:
        started = await first.start()
        await hold.reached.wait()
    async with system.orchestrator() as second:
        await second.story(started.generation_id)
        generation = await second.get(started.generation_id)

    assert generation.snapshot_id == expected.snapshot_id
    assert generation.file_count == expected.file_count


async def test_what_stops_again_and_again_fails_truthfully(system: System) -> None:
    """Gives a generation up that was begun too often without finishing a phase."""
    async with system.orchestrator(runner=IDLE) as client:
        started = await client.start()
    async with opened(system) as store:
        for _ in range(QUICK.max_claims):
            claim = await store.runs.claim(lease=timedelta(), per_user=9)
            assert claim is not None
    async with system.orchestrator() as client:
        story = await client.story(started.generation_id)

    assert story[-1].status == FAILED
    assert story[-1].error == "The work stopped without a cause 5 times in a row."


async def test_a_generation_without_a_job_is_found_and_run(system: System) -> None:
    """Runs a generation although its job was lost."""
    async with system.orchestrator(runner=IDLE) as client:
        started = await client.start()
        jobs = await system.bus.work_queue(QUEUE, acknowledge_within=QUICK.lease, max_deliveries=5)
        job = await jobs.get(wait=timedelta(seconds=1))
        assert job is not None
        await job.done()
    swift = replace(QUICK, lease=timedelta(milliseconds=300))
    async with system.orchestrator(runner=swift) as client:
        assert (await client.story(started.generation_id))[-1].status == COMPLETED


async def test_a_lease_of_a_clock_that_was_ahead_does_not_hold_for_ever(system: System) -> None:
    """Runs a generation whose runner died with a lease that ends in an hour, by our clock."""
    async with system.orchestrator(runner=IDLE) as client:
        started = await client.start()
    async with opened(system) as store:
        claim = await store.runs.claim(lease=timedelta(hours=1), per_user=9)
        assert claim is not None
    swift = replace(QUICK, lease=timedelta(milliseconds=300))
    async with system.orchestrator(runner=swift) as client:
        assert (await client.story(started.generation_id))[-1].status == COMPLETED


@pytest.mark.parametrize(
    "data",
    [b"\xff\x00 no job", b'{"version": 99, "generation_id": "g"}', b"[" * 100_000],
    ids=["no text", "newer", "deep"],
)
async def test_a_job_that_cannot_be_read_is_set_aside(system: System, data: bytes) -> None:
    """Counts it, never delivers it again, and goes on with the others."""
    before = metrics.SET_ASIDE._value.get()
    jobs = await system.bus.work_queue(QUEUE, acknowledge_within=QUICK.lease, max_deliveries=5)
    await jobs.put(data, message_id="strange")
    async with system.orchestrator() as client:
        started = await client.start()
        assert (await client.story(started.generation_id))[-1].status == COMPLETED

    assert metrics.SET_ASIDE._value.get() == before + 1
    assert await jobs.get(wait=QUICK.lease) is None


async def test_one_users_many_do_not_starve_anothers_one(
    system: System, generator: FakeGenerator
) -> None:
    """Serves the user with one generation long before the other's thirty are done."""
    async with system.orchestrator(runner=IDLE) as client:
        many = [await client.start() for _ in range(30)]
        one = await client.start(user_id="eve")
    narrow = replace(QUICK, concurrency=2, per_user=2)
    async with system.orchestrator(runner=narrow) as client:
        await client.story(one.generation_id, user_id="eve")
        ends = [await client.get(each.generation_id) for each in many]
        done = sum(each.status == COMPLETED for each in ends)
        for each in many:
            await client.story(each.generation_id)

    assert done <= 4


async def test_a_user_has_a_bounded_number_of_runs_at_a_time(
    system: System, generator: FakeGenerator
) -> None:
    """Runs no more of one user's generations at a time than the setting allows."""
    narrow = replace(QUICK, concurrency=6, per_user=2)
    most = 0
    async with system.orchestrator(runner=narrow) as client:
        started = [await client.start() for _ in range(8)]
        watches = [asyncio.create_task(client.story(each.generation_id)) for each in started]
        while not all(watch.done() for watch in watches):
            most = max(most, sum(generator.running.values()))
            await asyncio.sleep(0.002)
        assert all(watch.result()[-1].status == COMPLETED for watch in watches)

    assert 1 <= most <= 2


async def test_two_replicas_share_the_work_without_doing_any_twice(
    system: System, generator: FakeGenerator
) -> None:
    """Runs each phase of each generation once, whichever replica takes it."""
    calm = replace(QUICK, lease=timedelta(seconds=10))
    async with (
        system.orchestrator(runner=calm) as first,
        system.orchestrator(runner=calm) as second,
    ):
        clients = [first, second] * 8
        started = await asyncio.gather(
            *(each.start(user_id=f"u{n % 5}") for n, each in enumerate(clients))
        )
        stories = await asyncio.gather(
            *(
                each.story(generation.generation_id, user_id=generation.user_id)
                for each, generation in zip(clients, started, strict=True)
            )
        )

    assert all(story[-1].status == COMPLETED for story in stories)
    assert set(generator.rendered.values()) == {16}


async def test_the_outbox_is_told_by_whoever_comes_later(system: System, tmp_path: Path) -> None:
    """Tells what a replica had committed and not told."""
    async with opened(system) as store:
        # What is committed after it has gone stays in the outbox.
        async with system.orchestrator(runner=IDLE) as client:
            started = await client.start()
            async with asyncio.timeout(10):
                while await store.outbox.pending(10):  # noqa: ASYNC110 - nothing announces it
                    await asyncio.sleep(0.005)
        await store.generations.cancel("ada", started.generation_id)
        assert len(await store.outbox.pending(10)) == 1
    async with system.orchestrator() as client:
        story = await client.story(started.generation_id)
    assert [event.stage for event in story] == ["queued", "cancelled"]


class FlakyLog:
    """An event log that cannot be read the first few times."""

    def __init__(self, log: EventLog, failures: int) -> None:
        self._log = log
        self.failures = failures

    async def history(self, subject: str) -> AsyncIterator[Message]:
        """Yield what is kept, once it can be read."""
        if self.failures:
            self.failures -= 1
            raise UnavailableError("The bus is away.")
        async for message in self._log.history(subject):
            yield message

    def __getattr__(self, name: str) -> Any:
        """Do everything else as the log does."""
        return getattr(self._log, name)


class FlakyBus:
    """A bus with a flaky log."""

    def __init__(self, bus: Bus, failures: int) -> None:
        self._bus = bus
        self._failures = failures
        self.logs: list[FlakyLog] = []

    async def event_log(self, name: str, **how: Any) -> Any:
        """Open the log, flaky the first time."""
        if not self.logs:
            self.logs.append(FlakyLog(await self._bus.event_log(name, **how), self._failures))
        return self.logs[0]

    def __getattr__(self, name: str) -> Any:
        """Do everything else as the bus does."""
        return getattr(self._bus, name)


async def test_a_take_over_waits_for_the_bus(system: System) -> None:
    """Fails nothing because the log could not be read when a runner came."""
    flaky = FlakyBus(system.bus, failures=4)
    async with system.orchestrator(bus=flaky) as client:  # type: ignore[arg-type]
        started = await client.start()
        assert (await client.story(started.generation_id))[-1].status == COMPLETED
    assert flaky.logs[0].failures == 0
