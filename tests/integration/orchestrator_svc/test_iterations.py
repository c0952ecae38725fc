"""Iterations: the next version of a project, with the user's own edits in it."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.files.v1.files_service_pb2_grpc import FilesServiceStub
from backsmith.files.v1.snapshot_pb2 import Digest, FileEntry
from backsmith.orchestrator.v1 import channel_pb2, generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.progress.v1 import progress_pb2

from chassis.auth import TokenIssuer
from chassis.channel import ChannelSettings, dial
from chassis.errors import (
    FailedPreconditionError,
    InvalidInputError,
    NotFoundError,
)
from chassis.status import rpc_errors
from tests.integration.orchestrator_svc.conftest import AUTH, Client, System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
from tests.integration.orchestrator_svc.test_happy_path import listed

COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
ADD = "please add the entity Invoice"
DROP = "please drop the entity Post"


async def iterate(
    client: Client, parent_id: str, prompt: str = ADD, *, user_id: str = "ada", **more: Any
) -> Any:
    """Start an iteration and return it."""
    stub = await client.stub(user_id)
    request = pb.StartIterationRequest(
        parent_generation_id=parent_id, modification_prompt=prompt, **more
    )
    return (await stub.StartIteration(request)).generation


async def completed(client: Client, **more: Any) -> Any:
    """Run a generation and return it as it ended."""
    started = await client.start(**more)
    await client.story(started.generation_id)
    return await client.get(started.generation_id)


async def edit(client: Client, system: System, generation: Any, path: str, content: bytes) -> Any:
    """Write a file as a bridge does for its user, and return the generation."""
    token = TokenIssuer(AUTH).internal_token("bridge", user_id="ada")
    entry = FileEntry(
        path=path,
        digest=Digest(sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content)),
    )

    def pieces() -> Iterator[files_pb.WriteFilesRequest]:
        yield files_pb.WriteFilesRequest(header=entry, data=content)

    async with dial(system.files, ChannelSettings(), lambda: token) as channel:
        files = FilesServiceStub(channel)
        await files.WriteFiles(pieces())
        committed = await files.CommitSnapshot(
            files_pb.CommitSnapshotRequest(base_snapshot_id=generation.snapshot_id, add=[entry])
        )
    stub = await client.stub("ada", service="bridge")
    answer = await stub.ReplaceSnapshot(
        pb.ReplaceSnapshotRequest(
            generation_id=generation.generation_id,
            expected_snapshot_id=generation.snapshot_id,
            snapshot_id=committed.snapshot.snapshot_id,
            file_count=committed.snapshot.file_count,
            changes=[
                channel_pb2.FileEvent(
                    path=path,
                    digest=entry.digest.sha256,
                    size_bytes=len(content),
                    action=channel_pb2.FILE_ACTION_EDITED,
                )
            ],
        )
    )
    return answer.generation


async def content(system: System, snapshot_id: str, path: str) -> bytes:
    """Return what a file of a snapshot holds."""
    token = TokenIssuer(AUTH).internal_token("bridge", user_id="ada")
    async with dial(system.files, ChannelSettings(), lambda: token) as channel:
        call = FilesServiceStub(channel).ReadFile(
            files_pb.ReadFileRequest(snapshot_id=snapshot_id, path=path)
        )
        return b"".join([piece.data async for piece in call])


async def test_an_iteration_makes_the_next_version_and_keeps_edits(
    client: Client, system: System
) -> None:
    """Adds what was asked for, keeps the user's file and edit, and becomes the active version."""
    parent = await completed(client)
    edited = b"# users: phase_1/file_1.py\nmine = True\n"
    parent = await edit(client, system, parent, "phase_1/file_1.py", edited)
    parent = await edit(client, system, parent, "docs/notes.md", b"my own notes\n")

    started = await iterate(client, parent.generation_id)
    story = await client.story(started.generation_id)
    child = await client.get(started.generation_id)
    paths = await listed(system, child.snapshot_id)

    assert (started.version, started.is_iteration) == (2, True)
    assert started.parent_generation_id == parent.generation_id
    assert story[-1].message == "Iteration completed successfully with 38 files"
    stages = [event.stage for event in story]
    assert stages.index("intent_detection") < stages.index("schema_extraction")
    assert stages.index("phase_6_complete") < stages.index("merging_files")
    assert "validation" not in stages
    assert child.file_count == len(paths) == 33 + 4 + 1
    assert set(await listed(system, parent.snapshot_id)) < set(paths)
    assert await content(system, child.snapshot_id, "phase_1/file_1.py") == edited
    assert await content(system, child.snapshot_id, "docs/notes.md") == b"my own notes\n"
    assert child.generated_snapshot_id != child.snapshot_id
    assert child.conflict_count == 0
    active = await (await client.stub()).GetVersion(
        pb.GetVersionRequest(project_id=parent.project_id)
    )
    assert active.generation.generation_id == child.generation_id


async def test_an_iteration_of_an_iteration_goes_on_from_what_was_generated(
    client: Client, system: System
) -> None:
    """Takes the parent's rendering, not its merge, as what the user started from."""
    parent = await completed(client)
    parent = await edit(client, system, parent, "docs/notes.md", b"one\n")
    first = await iterate(client, parent.generation_id)
    await client.story(first.generation_id)
    second = await iterate(client, first.generation_id, "please add the entity Order")
    await client.story(second.generation_id)

    grandchild = await client.get(second.generation_id)
    assert grandchild.version == 3
    assert grandchild.file_count == 33 + 4 + 4 + 1
    assert await content(system, grandchild.snapshot_id, "docs/notes.md") == b"one\n"


async def test_a_destructive_change_needs_confirmation(client: Client, system: System) -> None:
    """Lists what would be lost and makes nothing, until it is confirmed."""
    parent = await completed(client)
    with pytest.raises(FailedPreconditionError) as refused, rpc_errors():
        await iterate(client, parent.generation_id, DROP)
    assert refused.value.reason == "DESTRUCTIVE_CHANGE"
    assert [loss.field for loss in refused.value.violations] == ["Post"]

    started = await iterate(client, parent.generation_id, DROP, confirm_destructive=True)
    story = await client.story(started.generation_id)
    child = await client.get(started.generation_id)

    assert started.version == 2
    assert story[-1].status == COMPLETED
    assert "validation" not in [event.stage for event in story]
    assert not [path for path in await listed(system, child.snapshot_id) if "post" in path]


async def test_plans_a_change_without_making_it(client: Client) -> None:
    """Answers the patch and what it would lose, asks for no confirmation, and stores nothing."""
    parent = await completed(client)
    stub = await client.stub()
    request = pb.PlanGenerationRequest(
        parent_generation_id=parent.generation_id, plan={"prompt": DROP}
    )
    plan = (await stub.PlanGeneration(request)).plan
    assert list(plan.patch.drop) == ["Post"]
    assert [loss.target for loss in plan.losses] == ["Post"]
    assert "Post" not in [entity.name for entity in plan.spec.entities]
    everything = (await stub.ListGenerations(pb.ListGenerationsRequest())).generations
    assert [each.generation_id for each in everything] == [parent.generation_id]


async def test_plans_no_change_of_what_cannot_be_changed(
    client: Client, generator: FakeGenerator
) -> None:
    """Refuses to plan for a parent that runs, and for one that is somebody else's."""
    hold = generator.hold(1)
    running = await client.start()
    await hold.reached.wait()
    request = pb.PlanGenerationRequest(
        parent_generation_id=running.generation_id, plan={"prompt": DROP}
    )
    with pytest.raises(FailedPreconditionError), rpc_errors():
        await (await client.stub()).PlanGeneration(request)
    with pytest.raises(NotFoundError), rpc_errors():
        await (await client.stub("eve")).PlanGeneration(request)
    hold.release.set()


@pytest.mark.parametrize("prompt", ["", "too short", "x" * 2001])
async def test_a_change_has_a_prompt_of_its_own_bounds(client: Client, prompt: str) -> None:
    """Names the prompt when it is too short or too long."""
    parent = await completed(client)
    with pytest.raises(InvalidInputError) as refused, rpc_errors():
        await iterate(client, parent.generation_id, prompt)
    assert refused.value.violations[0].field == "modification_prompt"


async def test_a_repeat_of_an_iteration_is_answered_alike(client: Client) -> None:
    """Makes one version however often the request comes."""
    parent = await completed(client)
    answers = await asyncio.gather(
        *(iterate(client, parent.generation_id, request_id="key") for _ in range(5))
    )
    assert len({answer.generation_id for answer in answers}) == 1
    assert answers[0].version == 2


async def test_concurrent_iterations_each_make_a_version(client: Client) -> None:
    """Numbers them without gaps, and lists them as the parent's."""
    parent = await completed(client)
    children = await asyncio.gather(*(iterate(client, parent.generation_id) for _ in range(6)))
    await asyncio.gather(*(client.story(each.generation_id) for each in children))

    assert sorted(each.version for each in children) == [2, 3, 4, 5, 6, 7]
    stub = await client.stub()
    answer = await stub.ListGenerations(
        pb.ListGenerationsRequest(parent_generation_id=parent.generation_id)
    )
    assert {each.generation_id for each in answer.generations} == {
        each.generation_id for each in children
    }


async def test_untouched_phases_do_no_work_and_say_so(
    client: Client, system: System, generator: FakeGenerator
) -> None:
    """Ends with the same files, without a word of rendering those that the change leaves alone."""
    parent = await completed(client)
    whole = await iterate(client, parent.generation_id)
    await client.story(whole.generation_id)
    generator.untouched = {1, 5}
    started = await iterate(client, parent.generation_id)
    story = await client.story(started.generation_id)

    told = {event.stage: event for event in story}
    assert told["phase_1_complete"].message == (
        "Phase 1 complete: Kept 4 core infrastructure files, which the change does not touch"
    )
    assert told["phase_1_complete"].phase_info.files_generated == 0
    assert told["phase_2_complete"].phase_info.total_files == 4 + 16
    assert told["phase_3_complete"].message == (
        "Phase 3 complete: Generated 4 database migration files"
    )
    assert generator.rendered == Counter({1: 2, 2: 3, 3: 3, 4: 3, 5: 2, 6: 3})
    assert not [event for event in story if event.current_file.startswith(("phase_1", "phase_5"))]
    assert [event.progress for event in story] == sorted(event.progress for event in story)
    expected, child = [await client.get(each.generation_id) for each in (whole, started)]
    assert child.snapshot_id == expected.snapshot_id
    assert child.generated_snapshot_id == expected.generated_snapshot_id


async def test_a_merge_is_proven_further(system: System, generator: FakeGenerator) -> None:
    """Runs the tiers of merges after every merge, besides those of the mode."""
    runner = replace(system.settings.runner, merged_tiers=("t1", "t2"), extended_tiers=("t0", "t3"))
    async with system.orchestrator(runner=runner) as client:
        parent = await completed(client, generation_mode=generation_pb2.GENERATION_MODE_CLASSIC)
        for mode in ("CLASSIC", "ENHANCED"):
            started = await iterate(
                client,
                parent.generation_id,
                generation_mode=generation_pb2.GenerationMode.Value(f"GENERATION_MODE_{mode}"),
            )
            await client.story(started.generation_id)
    assert generator.tiers == [["t0"], ["t0", "t1", "t2"], ["t0", "t1", "t2", "t3"]]


async def test_an_interrupted_iteration_merges_once(
    system: System, generator: FakeGenerator
) -> None:
    """Ends with the same files when its runner stopped in the last phase."""
    async with system.orchestrator() as client:
        parent = await completed(client)
        undisturbed = await iterate(client, parent.generation_id)
        await client.story(undisturbed.generation_id)
        expected = await client.get(undisturbed.generation_id)
        hold = generator.hold(6)
        started = await iterate(client, parent.generation_id)
        await hold.reached.wait()
    async with system.orchestrator() as client:
        await client.story(started.generation_id)
        child = await client.get(started.generation_id)

    assert child.snapshot_id == expected.snapshot_id
    assert child.generated_snapshot_id == expected.generated_snapshot_id
