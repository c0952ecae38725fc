"""Clocks that jump: they decide neither whose turn it is, nor whether a runner lives."""

from datetime import timedelta

from orchestrator_svc.runner.leases import OverlongLeases
from orchestrator_svc.store.store import Store
from tests.contract.store.support import DETAILS, SetClock, claim, new_generation, start

LEASE = timedelta(seconds=5)
HOUR = timedelta(hours=1)


class Seconds:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


async def claimed(store: Store) -> tuple[str, int]:
    """Store a generation and claim it; return its id and epoch."""
    await store.starts.start(new_generation(1), DETAILS, idempotency=None)
    generation = (await claim(store)).generation
    return generation.generation_id, generation.epoch


async def test_a_dead_runners_lease_ends_when_the_clock_went_back(
    store: Store,
    clock: SetClock,
) -> None:
    """Frees what a dead runner held, once its lease has stayed the same for two leases."""
    key, _ = await claimed(store)
    clock.time -= HOUR
    seconds = Seconds()
    leases = OverlongLeases(store.runs, lease=LEASE, now=seconds)
    assert await leases.end_dead() == []
    seconds.now += 2 * LEASE.total_seconds()
    assert await leases.end_dead() == []
    seconds.now += 1
    assert await leases.end_dead() == [key]
    assert (await claim(store)).generation.generation_id == key


async def test_a_living_runner_keeps_its_lease_when_the_clock_went_back(
    store: Store,
    clock: SetClock,
) -> None:
    """Leaves a lease alone that is prolonged, by whatever clock."""
    key, epoch = await claimed(store)
    clock.time -= HOUR
    seconds = Seconds()
    leases = OverlongLeases(store.runs, lease=LEASE, now=seconds)
    for _ in range(4):
        assert await leases.end_dead() == []
        seconds.now += LEASE.total_seconds()
        clock.time += HOUR
        await store.runs.extend(key, epoch, lease=LEASE, progress=0.1)
        clock.time -= HOUR
    assert await store.runs.waiting() == 0


async def test_a_clock_that_went_back_makes_nobody_wait_for_it(
    store: Store,
    clock: SetClock,
) -> None:
    """Serves users in turn, also one who was served by a clock that was ahead."""
    for number in range(8):
        await start(store, number, user_id="ada" if number % 2 else "eve")
    clock.time += HOUR
    served = [await finish_one(store)]
    clock.time -= HOUR
    served += [await finish_one(store) for _ in range(7)]
    assert served == ["eve", "ada"] * 4


async def test_a_clock_that_went_back_lets_nobody_overtake(store: Store) -> None:
    """Takes a user's in the order they were queued: ids of a clock that was ahead come later."""
    for number in (9, 1, 8, 2):
        await start(store, number)
    claimed = [(await claim(store)).generation.generation_id for _ in range(4)]
    assert claimed == ["gen_0009", "gen_0001", "gen_0008", "gen_0002"]


async def test_a_retry_waits_behind_what_was_queued_before(store: Store) -> None:
    """Gives a retry the last place, and not the one it had."""
    await start(store, 1)
    held = (await claim(store)).generation
    await start(store, 2)
    await store.runs.fail(held.generation_id, held.epoch, error="broken", progress=0.1)
    await store.generations.retry("ada", held.generation_id)
    claimed = [(await claim(store)).generation.generation_id for _ in range(2)]
    assert claimed == ["gen_0002", "gen_0001"]


async def test_what_was_left_behind_is_found_when_the_clock_went_back(
    store: Store,
    clock: SetClock,
) -> None:
    """Calls a runner for what waits, and not only once the clock is there again."""
    await start(store, 1)
    clock.time -= HOUR
    left = await store.runs.left_behind(for_at_least=LEASE, limit=9)
    assert [each.generation_id for each in left] == ["gen_0001"]


async def finish_one(store: Store) -> str:
    """Claim a generation and end it; return whose it was."""
    held = (await claim(store)).generation
    await store.runs.fail(held.generation_id, held.epoch, error="enough", progress=0.1)
    return held.user_id


async def test_a_lease_that_was_prolonged_meanwhile_is_not_ended(store: Store) -> None:
    """Ends no lease but the one that was seen."""
    key, epoch = await claimed(store)
    seen = await store.runs.overlong(lease=-HOUR)
    await store.runs.extend(key, epoch, lease=LEASE, progress=0.1)
    await store.runs.end_lease(key, seen[key])
    assert await store.runs.waiting() == 0
