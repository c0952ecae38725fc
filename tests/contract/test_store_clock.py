"""Clocks that jump: a dead runner's lease ends all the same, and a living one's does not."""

from datetime import timedelta

from orchestrator_svc.runner.leases import OverlongLeases
from orchestrator_svc.store.store import Store
from tests.contract.test_store import (  # noqa: F401 - fixtures
    DETAILS,
    SetClock,
    claim,
    clock,
    new_generation,
    postgres_server,
    store,
    url,
)

LEASE = timedelta(seconds=5)
HOUR = timedelta(hours=1)


class Seconds:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


async def claimed(store: Store) -> tuple[str, int]:  # noqa: F811
    """Store a generation and claim it; return its id and epoch."""
    await store.starts.start(new_generation(1), DETAILS, idempotency=None)
    generation = (await claim(store)).generation
    return generation.generation_id, generation.epoch


async def test_a_dead_runners_lease_ends_when_the_clock_went_back(
    store: Store,  # noqa: F811
    clock: SetClock,  # noqa: F811
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
    store: Store,  # noqa: F811
    clock: SetClock,  # noqa: F811
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


async def test_a_lease_that_was_prolonged_meanwhile_is_not_ended(store: Store) -> None:  # noqa: F811
    """Ends no lease but the one that was seen."""
    key, epoch = await claimed(store)
    seen = await store.runs.overlong(lease=-HOUR)
    await store.runs.extend(key, epoch, lease=LEASE, progress=0.1)
    await store.runs.end_lease(key, seen[key])
    assert await store.runs.waiting() == 0
