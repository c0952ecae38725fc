"""Who watches decides what becomes of a generation, over both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import NotFoundError
from orchestrator_svc.store.store import Store
from tests.contract.store.support import DETAILS, SetClock, claim, new_generation

SECOND = timedelta(seconds=1)
HOLD = 20 * SECOND
NOBODY: tuple[str, ...] = ()


async def start(store: Store, number: int = 1, *, cancel_after: int | None = 10) -> str:
    """Store a generation that is cancelled so many seconds after its last viewer left."""
    span = None if cancel_after is None else cancel_after * SECOND
    generation = replace(new_generation(number), cancel_after=span)
    return (await store.starts.start(generation, DETAILS, idempotency=None)).generation_id


async def abandoned(store: Store) -> list[str]:
    """Return what nobody has watched for too long."""
    return sorted(each.generation_id for each in await store.audiences.unwatched(100))


async def test_it_goes_on_unless_asked(store: Store, clock: SetClock) -> None:
    """Lets a generation go on without viewers, whoever came and left, unless it was asked."""
    generation_id = await start(store, cancel_after=None)
    await store.audiences.report("one", [generation_id], hold=HOLD)
    await store.audiences.report("one", NOBODY, hold=HOLD)
    clock.time += timedelta(days=9)
    assert await abandoned(store) == []


async def test_last_viewer_leaves(store: Store, clock: SetClock) -> None:
    """Counts from the moment the last viewer left, and not from an earlier one."""
    generation_id = await start(store)
    await store.audiences.report("one", [generation_id], hold=HOLD)
    clock.time += 15 * SECOND
    await store.audiences.report("one", [generation_id], hold=HOLD)
    clock.time += 2 * SECOND
    await store.audiences.report("one", NOBODY, hold=HOLD)
    clock.time += 9 * SECOND
    assert await abandoned(store) == []
    clock.time += 1 * SECOND
    (found,) = await store.audiences.unwatched(100)
    assert (found.generation_id, found.user_id) == (generation_id, "ada")


async def test_viewer_returns_in_time(store: Store, clock: SetClock) -> None:
    """Starts counting anew when somebody returns in time, at whichever bridge."""
    generation_id = await start(store)
    for bridge_id in ("one", "two", "one"):
        await store.audiences.report(bridge_id, [generation_id], hold=HOLD)
        await store.audiences.report(bridge_id, NOBODY, hold=HOLD)
        clock.time += 9 * SECOND
        assert await abandoned(store) == []
    clock.time += SECOND
    assert await abandoned(store) == [generation_id]


async def test_viewers_at_two_bridges(store: Store, clock: SetClock) -> None:
    """Takes nobody for the last who leaves one bridge while another has a viewer."""
    generation_id = await start(store)
    await store.audiences.report("one", [generation_id], hold=HOLD)
    await store.audiences.report("two", [generation_id], hold=HOLD)
    await store.audiences.report("one", NOBODY, hold=HOLD)
    for _ in range(5):
        clock.time += 15 * SECOND
        await store.audiences.report("two", [generation_id], hold=HOLD)
    assert await abandoned(store) == []
    await store.audiences.report("two", NOBODY, hold=HOLD)
    clock.time += 10 * SECOND
    assert await abandoned(store) == [generation_id]


async def test_killed_bridge(store: Store, clock: SetClock) -> None:
    """Holds the viewers of a bridge that falls silent for a while before it counts."""
    generation_id = await start(store)
    await store.audiences.report("killed", [generation_id], hold=HOLD)
    clock.time += HOLD + 9 * SECOND
    assert await abandoned(store) == []
    clock.time += SECOND
    assert await abandoned(store) == [generation_id]


async def test_first_viewer_is_waited_for(store: Store, clock: SetClock) -> None:
    """Gives the viewer that a generation was started for the life of a token to come."""
    generation_id = await start(store)
    clock.time += 69 * SECOND
    assert await abandoned(store) == []
    clock.time += SECOND
    assert await abandoned(store) == [generation_id]


async def test_decided_later(store: Store, clock: SetClock) -> None:
    """Takes a decision while it runs, either way, from its own user only."""
    generation_id = await start(store, cancel_after=None)
    with pytest.raises(NotFoundError):
        await store.audiences.set_cancel_after("eve", generation_id, 5 * SECOND)
    assert (await store.generations.get("ada", generation_id)).cancel_after is None
    decided = await store.audiences.set_cancel_after("ada", generation_id, 5 * SECOND)
    assert decided.cancel_after == 5 * SECOND
    await store.audiences.report("one", [generation_id], hold=HOLD)
    await store.audiences.report("one", NOBODY, hold=HOLD)
    clock.time += 5 * SECOND
    assert await abandoned(store) == [generation_id]
    await store.audiences.set_cancel_after("ada", generation_id, None)
    assert await abandoned(store) == []


async def test_ended_and_retried(store: Store, clock: SetClock) -> None:
    """Forgets the viewers of what has ended, and waits for one anew when it is retried."""
    generation_id = await start(store)
    await store.audiences.report("one", [generation_id], hold=HOLD)
    epoch = (await claim(store)).generation.epoch
    await store.runs.fail(generation_id, epoch, error="it broke", progress=0.3)
    clock.time += timedelta(hours=1)
    assert await abandoned(store) == []
    await store.audiences.report("one", [generation_id], hold=HOLD)
    await store.audiences.set_cancel_after("ada", generation_id, 5 * SECOND)
    await store.generations.retry("ada", generation_id)
    clock.time += 64 * SECOND
    assert await abandoned(store) == []
    clock.time += SECOND
    assert await abandoned(store) == [generation_id]
