"""Conflicts, edits and rollbacks: what a user does about versions."""

from typing import Any

import pytest
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.errors import (
    AbortedError,
    FailedPreconditionError,
    InternalError,
    InvalidInputError,
    NotFoundError,
    PermissionDeniedError,
)
from chassis.status import rpc_errors
from tests.integration.orchestrator_svc.conftest import Client, System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
from tests.integration.orchestrator_svc.test_happy_path import listed
from tests.integration.orchestrator_svc.test_iterations import (
    COMPLETED,
    completed,
    content,
    edit,
    iterate,
)


async def test_a_conflict_is_told_until_it_is_resolved(client: Client, system: System) -> None:
    """Keeps the user's side, lists the conflict with its sides, and forgets it when resolved."""
    parent = await completed(client)
    path = "entities/invoice_0.py"
    parent = await edit(client, system, parent, path, b"mine = 1\n")
    started = await iterate(client, parent.generation_id)
    await client.story(started.generation_id)
    child = await client.get(started.generation_id)
    stub = await client.stub()
    request = pb.ListConflictsRequest(generation_id=child.generation_id)
    told = await stub.ListConflicts(request)

    assert child.conflict_count == 1
    assert [conflict.path for conflict in told.conflicts] == [path]
    assert set(await listed(system, told.conflict_snapshot_id)) == {
        f"ours/{path}",
        f"theirs/{path}",
    }
    assert await content(system, child.snapshot_id, path) == b"mine = 1\n"

    internal = await client.stub("ada", service="bridge")
    await internal.ReplaceSnapshot(
        pb.ReplaceSnapshotRequest(
            generation_id=child.generation_id,
            expected_snapshot_id=child.snapshot_id,
            snapshot_id=child.snapshot_id,
            file_count=child.file_count,
            resolved_paths=[path],
        )
    )
    assert not (await stub.ListConflicts(request)).conflicts
    assert (await client.get(child.generation_id)).conflict_count == 0


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"side": pb.CONFLICT_SIDE_OURS}, b"mine = 1\n"),
        ({"side": pb.CONFLICT_SIDE_THEIRS}, b"# users: entities/invoice_0.py\n"),
        ({"text": "both = 2\n"}, b"both = 2\n"),
    ],
)
async def test_a_conflict_ends_as_the_user_chooses(
    client: Client, system: System, outcome: Any, expected: bytes
) -> None:
    """Takes either side or a text, marks the version, and knows nothing of the conflict then."""
    parent = await completed(client)
    path = "entities/invoice_0.py"
    parent = await edit(client, system, parent, path, b"mine = 1\n")
    started = await iterate(client, parent.generation_id)
    await client.story(started.generation_id)
    stub = await client.stub()
    request = pb.ResolveConflictRequest(generation_id=started.generation_id, path=path, **outcome)
    resolved = (await stub.ResolveConflict(request)).generation

    assert resolved.conflict_count == 0
    assert await content(system, resolved.snapshot_id, path) == expected
    with pytest.raises(NotFoundError), rpc_errors():
        await stub.ResolveConflict(request)


async def test_a_conflict_needs_a_choice(client: Client, system: System) -> None:
    """Refuses to end a conflict without a side or a text, and one of somebody else's."""
    parent = await completed(client)
    path = "entities/invoice_0.py"
    parent = await edit(client, system, parent, path, b"mine = 1\n")
    started = await iterate(client, parent.generation_id)
    await client.story(started.generation_id)
    request = pb.ResolveConflictRequest(generation_id=started.generation_id, path=path)
    with pytest.raises(InvalidInputError), rpc_errors():
        await (await client.stub()).ResolveConflict(request)
    with pytest.raises(NotFoundError), rpc_errors():
        await (await client.stub("eve")).ResolveConflict(request)


async def test_a_rollback_is_a_new_version_of_old_content(
    client: Client, system: System, generator: FakeGenerator
) -> None:
    """Makes version 3 out of version 1 as its user left it, whatever would be rendered today."""
    first = await completed(client)
    first = await edit(client, system, first, "docs/notes.md", b"my own notes\n")
    second = await iterate(client, first.generation_id)
    await client.story(second.generation_id)
    generator.flavour = "by newer templates "
    stub = await client.stub()
    request = pb.RollBackVersionRequest(
        project_id=first.project_id, generation_id=first.generation_id, request_id="key"
    )
    started = (await stub.RollBackVersion(request)).generation
    again = (await stub.RollBackVersion(request)).generation
    await client.story(started.generation_id)
    third = await client.get(started.generation_id)

    assert again.generation_id == started.generation_id
    assert (third.version, third.status, third.is_iteration) == (3, COMPLETED, True)
    assert third.parent_generation_id == first.generation_id
    assert third.snapshot_id == first.snapshot_id
    assert third.generated_snapshot_id == first.generated_snapshot_id
    elsewhere = pb.RollBackVersionRequest(project_id="prj_other", generation_id=first.generation_id)
    with pytest.raises(NotFoundError), rpc_errors():
        await stub.RollBackVersion(elsewhere)
    with pytest.raises(NotFoundError), rpc_errors():
        await (await client.stub("eve")).RollBackVersion(request)


async def test_a_rollback_has_the_conflicts_of_its_version(client: Client, system: System) -> None:
    """Opens again what is open in the version returned to, and nothing that was settled there."""
    first = await completed(client)
    paths = ["entities/invoice_0.py", "entities/invoice_1.py"]
    for path in paths:
        first = await edit(client, system, first, path, b"mine = 1\n")
    second = await iterate(client, first.generation_id)
    await client.story(second.generation_id)
    stub = await client.stub()
    await resolve(stub, second.generation_id, paths[0])
    request = pb.RollBackVersionRequest(
        project_id=first.project_id, generation_id=second.generation_id
    )
    third = (await stub.RollBackVersion(request)).generation
    await client.story(third.generation_id)

    assert (await client.get(third.generation_id)).conflict_count == 1
    told = await stub.ListConflicts(pb.ListConflictsRequest(generation_id=third.generation_id))
    assert [conflict.path for conflict in told.conflicts] == paths[1:]
    await resolve(stub, third.generation_id, paths[1])
    settled = await client.get(third.generation_id)
    assert settled.conflict_count == 0
    chosen = await content(system, settled.snapshot_id, paths[1])
    assert chosen == f"# users: {paths[1]}\n".encode()
    assert (await client.get(second.generation_id)).conflict_count == 1


async def resolve(stub: Any, generation_id: str, path: str) -> None:
    """Take the generated side of a conflict."""
    side = pb.CONFLICT_SIDE_THEIRS
    request = pb.ResolveConflictRequest(generation_id=generation_id, path=path, side=side)
    await stub.ResolveConflict(request)


async def test_edits_are_for_services_and_never_overwrite_unseen_ones(
    client: Client, system: System
) -> None:
    """Refuses a user's own call, and an edit that started from an older snapshot."""
    parent = await completed(client)
    await edit(client, system, parent, "docs/a.md", b"a\n")
    with pytest.raises(AbortedError), rpc_errors():
        await edit(client, system, parent, "docs/b.md", b"b\n")
    stub = await client.stub()
    with pytest.raises(PermissionDeniedError), rpc_errors():
        await stub.ReplaceSnapshot(pb.ReplaceSnapshotRequest(generation_id=parent.generation_id))


async def test_what_an_iteration_was_made_from_may_go(client: Client, system: System) -> None:
    """Goes on with an iteration, its files and its own iterations when its parent is deleted."""
    parent = await completed(client)
    child = await iterate(client, parent.generation_id)
    await client.story(child.generation_id)
    stub = await client.stub()
    await stub.DeleteGeneration(pb.DeleteGenerationRequest(generation_id=parent.generation_id))
    grandchild = await iterate(client, child.generation_id, "please add the entity Receipt")
    await client.story(grandchild.generation_id)
    ended = await client.get(grandchild.generation_id)
    assert (ended.version, ended.status) == (3, COMPLETED)
    kept = await client.get(child.generation_id)
    assert set(await listed(system, kept.snapshot_id)) < set(
        await listed(system, ended.snapshot_id)
    )


async def test_only_a_completed_parent_is_changed(client: Client, generator: FakeGenerator) -> None:
    """Refuses to change what runs or has failed, saying which, and what is somebody else's."""
    generator.failures[2] = [InternalError("The engine broke.")]
    failed = await client.start()
    await client.story(failed.generation_id)
    hold = generator.hold(1)
    running = await client.start()
    await hold.reached.wait()
    for parent, status in ((failed, "failed"), (running, "processing")):
        with pytest.raises(FailedPreconditionError) as refused, rpc_errors():
            await iterate(client, parent.generation_id)
        assert refused.value.metadata["status"] == status
    with pytest.raises(NotFoundError), rpc_errors():
        await iterate(client, failed.generation_id, user_id="eve")
    hold.release.set()
    await client.story(running.generation_id)
