"""Generations as their users read, list, count, describe, edit and delete them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis.errors import AbortedError, FailedPreconditionError, NotFoundError
from orchestrator_svc.domain.status import Status
from orchestrator_svc.store.errors import ReplacedError
from orchestrator_svc.store.store import Store
from orchestrator_svc.store.values import Edit, Filter, OutboxKind
from tests.contract.store.support import (
    DETAILS,
    LEASE,
    assessed,
    claim,
    complete,
    new_generation,
    start,
)


async def test_what_is_somebody_elses_is_not_found(store: Store) -> None:
    """Finds nothing for another user."""
    stored = await start(store, 1)
    for call in (
        store.generations.get("eve", stored.generation_id),
        store.generations.cancel("eve", stored.generation_id),
        store.generations.retry("eve", stored.generation_id),
        store.generations.delete("eve", stored.generation_id, force=True),
        store.generations.describe(
            "eve", stored.generation_id, title="x", description=None, tags=None
        ),
        store.projects.get_project("eve", stored.project_id),
        store.projects.delete_project("eve", stored.project_id, force=True),
        store.projects.version("eve", stored.project_id, 1),
        store.projects.activate("eve", stored.project_id, stored.generation_id, expected=None),
        start(store, 2, user_id="eve", project_id=stored.project_id),
    ):
        with pytest.raises(NotFoundError):
            await call
    assert (await store.generations.get("ada", stored.generation_id)) == stored


async def test_an_edit_replaces_the_expected_snapshot_only(store: Store) -> None:
    """Records an edit of an ended generation, from the snapshot it started with."""
    generation = await complete(store, 1)
    key = generation.generation_id
    edit = Edit(expected="snapshot-1", snapshot_id="edited", file_count=7, conflict_count=0)
    edited = await store.generations.replace_snapshot("ada", key, edit, told=())
    assert (edited.snapshot_id, edited.file_count) == ("edited", 7)
    assert edited.generated_snapshot_id == "snapshot-1"
    with pytest.raises(AbortedError):
        await store.generations.replace_snapshot("ada", key, edit, told=())
    running = await start(store, 2)
    with pytest.raises(FailedPreconditionError):
        await store.generations.replace_snapshot(
            "ada", running.generation_id, replace(edit, expected=""), told=()
        )


async def test_lists_newest_first_page_by_page(store: Store) -> None:
    """Walks through all of a user's generations, each once."""
    for number in range(5):
        await start(store, number)
    await start(store, 9, user_id="eve")
    seen: list[str] = []
    before = ""
    while page := await store.generations.list("ada", Filter(), before=before, limit=2):
        seen += [each.generation_id for each in page]
        before = seen[-1]
    assert seen == [f"gen_{number:04}" for number in reversed(range(5))]


async def test_lists_what_a_filter_names(store: Store) -> None:
    """Filters by status, project, kind, parent and quality, alone and together."""
    good = await complete(store, 1)
    await start(store, 2, project_id=good.project_id)
    child = replace(
        new_generation(3, project_id=good.project_id), parent_generation_id=good.generation_id
    )
    await store.starts.start(child, DETAILS, idempotency=None)
    held = await start(store, 4)
    running = (await claim(store)).generation
    await store.runs.assess(running.generation_id, running.epoch, assessed(0.8))

    async def numbers(which: Filter) -> list[int]:
        found = await store.generations.list("ada", which, before="", limit=50)
        return [int(each.generation_id[4:]) for each in found]

    assert await numbers(Filter(statuses=(Status.COMPLETED, Status.PROCESSING))) == [2, 1]
    assert await numbers(Filter(project_id=good.project_id)) == [3, 2, 1]
    assert await numbers(Filter(project_id=held.project_id)) == [4]
    assert await numbers(Filter(is_iteration=True)) == [3]
    assert await numbers(Filter(is_iteration=False)) == [4, 2, 1]
    assert await numbers(Filter(parent_generation_id=good.generation_id)) == [3]
    assert await numbers(Filter(min_quality_score=0.8)) == [2]
    assert await numbers(Filter(min_quality_score=0.81)) == []
    assert await numbers(Filter(statuses=(Status.PENDING,), is_iteration=True)) == [3]
    assert await store.generations.review(running.generation_id) == b"r"


async def test_lists_are_found_by_an_index(store: Store, url: str) -> None:
    """Reads a page without sorting or scanning the whole table."""
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL plans by statistics; SQLite's plan is stable")
    queries = {
        "a user's": "user_id = 'a' AND generation_id < 'x'",
        "a project's": "project_id = 'p' AND generation_id < 'x'",
        "a parent's": "parent_generation_id = 'p' AND generation_id < 'x'",
    }
    for where in queries.values():
        statement = f"SELECT * FROM generations WHERE {where} ORDER BY generation_id DESC LIMIT 9"  # noqa: S608 - constants
        rows = await store.database.read(
            lambda connection, statement=statement: connection.execute(
                text(f"EXPLAIN QUERY PLAN {statement}")
            )
        )
        plan = " ".join(str(row) for row in rows.all())
        assert "USING INDEX" in plan
        assert "TEMP B-TREE" not in plan


async def test_counts_by_status(store: Store) -> None:
    """Counts a user's generations, or a project's, and averages what is known."""
    first = await complete(store, 1)
    await start(store, 2)
    running = (await claim(store)).generation
    await store.runs.assess(running.generation_id, running.epoch, assessed(0.5))
    await start(store, 3, user_id="eve")

    count = store.generations.statistics
    counts = await count("ada", Filter())
    of_project = await count("ada", Filter(project_id=first.project_id))
    nothing = await count("bob", Filter())
    run = await count("ada", Filter(statuses=(Status.PROCESSING,), min_quality_score=0.5))

    assert counts.by_status == {Status.COMPLETED: 1, Status.PROCESSING: 1}
    assert counts.mean_quality_score == 0.5
    assert counts.mean_duration is not None
    assert counts.mean_duration > timedelta()
    assert of_project.by_status == {Status.COMPLETED: 1}
    assert run.by_status == {Status.PROCESSING: 1}
    assert (nothing.by_status, nothing.mean_quality_score) == ({}, None)


async def test_describes_only_what_is_given(store: Store) -> None:
    """Changes title, description and tags apart from each other."""
    key = (await start(store, 1)).generation_id
    describe = store.generations.describe
    await describe("ada", key, title="One", description=None, tags=("b", "a"))
    described = await describe("ada", key, title=None, description="More", tags=None)
    assert (described.title, described.description, described.tags) == ("One", "More", ("b", "a"))
    assert (await describe("ada", key, title=None, description=None, tags=())).tags == ()


async def test_deleting_a_parent_leaves_its_iterations(store: Store) -> None:
    """Forgets a generation and what hangs on it, and nothing else."""
    parent = await complete(store, 1)
    child = replace(
        new_generation(2, project_id=parent.project_id),
        parent_generation_id=parent.generation_id,
    )
    await store.starts.start(child, DETAILS, idempotency=None)
    await store.generations.delete("ada", parent.generation_id, force=False)

    with pytest.raises(NotFoundError):
        await store.generations.details(parent.generation_id)
    kept = await store.generations.get("ada", child.generation_id)
    assert kept.parent_generation_id == parent.generation_id
    project = await store.projects.get_project("ada", parent.project_id)
    assert (project.active_generation_id, project.latest_version) == ("", 2)
    assert (await start(store, 3, project_id=parent.project_id)).version == 3


async def test_deleting_what_runs_needs_force_and_cancels(store: Store) -> None:
    """Refuses without force; with it the runner is replaced and the end is told."""
    await start(store, 1)
    held = (await claim(store)).generation
    with pytest.raises(FailedPreconditionError):
        await store.generations.delete("ada", held.generation_id, force=False)
    await store.generations.delete("ada", held.generation_id, force=True)
    with pytest.raises(ReplacedError):
        await store.runs.extend(held.generation_id, held.epoch, lease=LEASE, progress=0.1)
    assert await store.runs.grasps([held.generation_id]) == {}
    kinds = [each.outgoing.kind for each in await store.outbox.pending(10)]
    assert kinds.count(OutboxKind.ENDED) == 1
