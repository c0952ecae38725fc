"""Runs: checkpoints, ends and the next attempt."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chassis.errors import FailedPreconditionError
from orchestrator_svc.domain.status import Status
from orchestrator_svc.store.errors import ReplacedError
from orchestrator_svc.store.store import Store
from orchestrator_svc.store.values import OutboxKind, Outgoing
from tests.contract.store.support import LEASE, claim, phase, start


@pytest.mark.parametrize("change", ["cancel", "fail", "complete"])
async def test_an_end_is_final_for_its_runner(store: Store, change: str) -> None:
    """Lets a runner write nothing after the end, and leaves nothing to claim."""
    await start(store, 1)
    held = (await claim(store)).generation
    key, epoch = held.generation_id, held.epoch
    match change:
        case "cancel":
            ended = await store.generations.cancel("ada", key)
        case "fail":
            ended = await store.runs.fail(key, epoch, error="broken", progress=0.4)
        case _:
            ended = await store.runs.complete(key, epoch)
    with pytest.raises(ReplacedError):
        await store.runs.checkpoint(key, epoch, phase(1))
    with pytest.raises(ReplacedError):
        await store.runs.complete(key, epoch)
    assert await store.generations.get("ada", key) == ended
    assert ended.end_time is not None
    assert await store.runs.claim(lease=LEASE, per_user=9) is None
    kinds = [each.outgoing.kind for each in await store.outbox.pending(10)]
    assert kinds.count(OutboxKind.ENDED) == 1


async def test_a_kept_phase_is_remembered(store: Store) -> None:
    """Tells phases that an iteration left alone from those it made, in whatever order."""
    await start(store, 1)
    held = (await claim(store)).generation
    for number in (1, 2, 3):
        checkpoint = replace(phase(number), kept=number != 2)
        held = await store.runs.checkpoint(held.generation_id, held.epoch, checkpoint)
    read = await store.generations.get("ada", held.generation_id)
    assert read == held
    assert (read.phase_files, read.kept_phases) == ((1, 2, 3), {1, 3})


async def test_checkpoints_come_in_order_and_clear_the_blame(store: Store) -> None:
    """Keeps each phase's files, refuses a repeat, and counts claims anew."""
    await start(store, 1)
    for _ in range(3):
        held = await claim(store, lease=timedelta())
    generation = held.generation
    key, epoch = generation.generation_id, generation.epoch
    after = await store.runs.checkpoint(key, epoch, phase(1))
    after = await store.runs.checkpoint(key, epoch, phase(2))
    assert (after.phase_files, after.file_count, after.snapshot_id) == ((1, 2), 3, "snapshot-2")
    with pytest.raises(ReplacedError):
        await store.runs.checkpoint(key, epoch, phase(2))
    assert held.claims == 3
    assert (await claim(store)).claims == 2


async def test_what_is_told_of_a_checkpoint_comes_with_it(store: Store) -> None:
    """Leaves it in the outbox with the phase, and nothing of a phase that is refused."""
    await start(store, 1)
    held = (await claim(store)).generation
    await store.outbox.discard([each.outbox_id for each in await store.outbox.pending(10)])
    told = Outgoing(kind=OutboxKind.EVENT, message_id="m", data=b"d", subject="s")
    key, epoch = held.generation_id, held.epoch
    await store.runs.checkpoint(key, epoch, phase(1), told=[told])
    for refused in (
        store.runs.checkpoint(key, epoch, phase(1), told=[told]),
        store.runs.checkpoint(key, epoch + 1, phase(2), told=[told]),
    ):
        with pytest.raises(ReplacedError):
            await refused
    assert [each.outgoing for each in await store.outbox.pending(10)] == [told]


async def test_retry_opens_the_next_attempt(store: Store) -> None:
    """Keeps what is finished, clears the error, and can be claimed."""
    await start(store, 1)
    held = (await claim(store)).generation
    key = held.generation_id
    await store.runs.checkpoint(key, held.epoch, phase(1))
    with pytest.raises(FailedPreconditionError):
        await store.generations.retry("ada", key)
    await store.runs.fail(key, held.epoch, error="broken", progress=0.3)

    retried = await store.generations.retry("ada", key)
    again = (await claim(store)).generation

    assert (retried.status, retried.attempt, retried.error) == (Status.PENDING, 2, "")
    assert (retried.end_time, retried.phase_files) == (None, (1,))
    assert (again.status, again.epoch) == (Status.PROCESSING, 2)


async def test_completing_activates_the_newest_version(store: Store) -> None:
    """Makes a version active unless a newer one is."""
    first = await start(store, 1)
    await start(store, 2, project_id=first.project_id)
    older, newer = (await claim(store)).generation, (await claim(store)).generation
    await store.runs.complete(newer.generation_id, newer.epoch)
    await store.runs.complete(older.generation_id, older.epoch)
    project = await store.projects.get_project("ada", first.project_id)
    assert project.active_generation_id == newer.generation_id
    active = await store.projects.version("ada", first.project_id, 0)
    assert (active.version, active.status) == (2, Status.COMPLETED)
