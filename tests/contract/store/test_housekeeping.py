"""Housekeeping: old keys are forgotten, and what is needed is named."""

from dataclasses import replace
from datetime import timedelta

from orchestrator_svc.domain.model import Origin
from orchestrator_svc.store.store import Store
from orchestrator_svc.store.values import Idempotency, Merge
from tests.contract.store.support import DETAILS, SetClock, claim, complete, new_generation, start


async def test_forgets_keys_that_are_too_old(store: Store, clock: SetClock) -> None:
    """Takes an old key for a new one, and keeps the young."""
    await start(store, 1, key="old")
    clock.time += timedelta(days=2)
    young = replace(new_generation(2), create_time=clock.time, update_time=clock.time)
    key = Idempotency(key="young", request_hash="h" * 64)
    await store.starts.start(young, DETAILS, idempotency=key)

    assert await store.housekeeping.forget_keys(older_than=timedelta(days=1)) == 1
    assert await store.housekeeping.forget_keys(older_than=timedelta(days=1)) == 0
    assert (await start(store, 3, key="old")).generation_id == "gen_0003"
    assert (await store.starts.find_start("ada", key)) is not None


async def test_names_every_snapshot_that_is_needed(store: Store) -> None:
    """Names what generations, their merges and running iterations need, page by page."""
    parent = await complete(store, 1)
    await start(store, 2)
    child = replace(
        new_generation(3, project_id=parent.project_id),
        parent_generation_id=parent.generation_id,
    )
    origin = Origin(patch=b"p", base_spec=b"s", base_snapshot_id="base", ours_snapshot_id="ours")
    iteration = replace(DETAILS, origin=origin)
    await store.starts.start(child, iteration, idempotency=None)
    assert await store.generations.details(child.generation_id) == iteration
    held = [(await claim(store)).generation for _ in range(2)]
    epoch = next(each.epoch for each in held if each.generation_id == child.generation_id)
    merge = Merge(
        snapshot_id="merged",
        generated_snapshot_id="theirs",
        file_count=3,
        conflict_count=1,
        conflicts=b"told",
    )
    merged = await store.runs.merge(child.generation_id, epoch, merge)
    done = await store.runs.complete(child.generation_id, epoch)

    live = store.housekeeping.live_snapshots
    first = await live(after="", limit=2)
    rest = await live(after=first[-1].generation_id, limit=9)
    assert [set(each.snapshot_ids) for each in (*first, *rest)] == [
        {"snapshot-1"},
        set(),
        {"merged", "theirs", "base", "ours"},
    ]
    assert rest[0].conflicts == await store.generations.conflicts(child.generation_id) == b"told"
    assert (merged.conflict_count, merged.file_count) == (1, 3)
    assert (done.snapshot_id, done.generated_snapshot_id) == ("merged", "theirs")
