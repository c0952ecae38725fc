"""Projects and their active versions."""

from dataclasses import replace

import pytest

from chassis.errors import AbortedError, FailedPreconditionError, NotFoundError
from orchestrator_svc.domain.model import Project
from orchestrator_svc.store.store import Store
from orchestrator_svc.store.values import Idempotency
from tests.contract.store.support import NOW, SetClock, complete, start


async def test_activating_is_an_optimistic_write(store: Store) -> None:
    """Changes the active version only from the expected one, and only to a completed one."""
    first = await complete(store, 1)
    second = await complete(store, 2, project_id=first.project_id)
    other = await complete(store, 3)
    pending = await start(store, 4, project_id=first.project_id)
    activate = store.projects.activate
    with pytest.raises(AbortedError):
        await activate("ada", first.project_id, first.generation_id, expected=first.generation_id)
    with pytest.raises(FailedPreconditionError):
        await activate("ada", first.project_id, pending.generation_id, expected=None)
    with pytest.raises(NotFoundError):
        await activate("ada", first.project_id, other.generation_id, expected=None)

    project = await activate(
        "ada", first.project_id, first.generation_id, expected=second.generation_id
    )
    assert project.active_generation_id == first.generation_id


async def test_projects_live_by_themselves(store: Store, clock: SetClock) -> None:
    """Makes, repeats, lists, changes and deletes projects."""
    project = Project(
        project_id="prj_1",
        user_id="ada",
        name="Shop",
        description="",
        latest_version=0,
        active_generation_id="",
        create_time=NOW,
        update_time=NOW,
    )
    key = Idempotency(key="key", request_hash="h" * 64)
    projects = store.projects
    assert await projects.create(project, idempotency=key) == project
    twin = replace(project, project_id="prj_2")
    assert await projects.create(twin, idempotency=key) == project
    await projects.create(twin, idempotency=None)

    page = await projects.list_projects("ada", before="", limit=1)
    rest = await projects.list_projects("ada", before=page[0].project_id, limit=9)
    renamed = await projects.update_project("ada", "prj_1", name="Store", description=None)
    await start(store, 1, project_id="prj_2")

    assert [each.project_id for each in (*page, *rest)] == ["prj_2", "prj_1"]
    assert (renamed.name, renamed.description) == ("Store", "")
    with pytest.raises(FailedPreconditionError):
        await projects.delete_project("ada", "prj_2", force=False)
    await projects.delete_project("ada", "prj_2", force=True)
    with pytest.raises(NotFoundError):
        await store.generations.get("ada", "gen_0001")
    assert await store.runs.waiting() == 0
    with pytest.raises(NotFoundError):
        await projects.version("ada", "prj_1", 0)
