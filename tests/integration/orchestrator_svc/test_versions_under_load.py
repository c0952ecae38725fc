"""A hundred iterations beside a hundred edits of one project at once, over the real services."""

import asyncio

import pytest
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.errors import AbortedError
from chassis.status import rpc_errors
from tests.integration.orchestrator_svc.conftest import Client, System
from tests.integration.orchestrator_svc.test_happy_path import listed
from tests.integration.orchestrator_svc.test_iterations import (
    COMPLETED,
    completed,
    edit,
    iterate,
)

EACH = 100


@pytest.mark.timeout(300)
async def test_concurrent_iterations_and_edits_lose_nothing(client: Client, system: System) -> None:
    """Numbers versions 1 to n, and of edits from one snapshot lets one win and tells the others."""
    parent = await completed(client)
    outcomes = await asyncio.gather(
        *(iterate(client, parent.generation_id) for _ in range(EACH)),
        *(attempted(client, system, parent, f"docs/{number}.md") for number in range(EACH)),
    )
    children, edits = outcomes[:EACH], outcomes[EACH:]
    await asyncio.gather(*(client.story(each.generation_id) for each in children))

    ended = [await client.get(each.generation_id) for each in children]
    assert {each.status for each in ended} == {COMPLETED}
    assert sorted(each.version for each in ended) == list(range(2, EACH + 2))
    stub = await client.stub()
    project = await stub.GetProject(pb.GetProjectRequest(project_id=parent.project_id))
    assert project.project.latest_version == EACH + 1
    (won,) = [path for path in edits if path]
    after = await client.get(parent.generation_id)
    before = set(await listed(system, parent.snapshot_id))
    assert set(await listed(system, after.snapshot_id)) == before | {won}
    for child in ended:
        assert before - set(await listed(system, child.snapshot_id)) == set()


async def attempted(client: Client, system: System, parent: object, path: str) -> str:
    """Edit a file; return its path, or nothing when somebody else was first."""
    try:
        with rpc_errors():
            await edit(client, system, parent, path, path.encode())
    except AbortedError:
        return ""
    return path
