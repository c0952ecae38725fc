"""What a start refuses, and what a repeat of it answers."""

import asyncio
from typing import Any

import grpc
import pytest
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.errors import (
    AlreadyExistsError,
    InvalidInputError,
    NotFoundError,
    UnauthenticatedError,
)
from chassis.status import error_from_rpc, rpc_errors
from tests.integration.orchestrator_svc.conftest import PROMPT, Client
from tests.integration.orchestrator_svc.fake_generator import REFUSED, FakeGenerator


@pytest.mark.parametrize(
    ("request_fields", "field"),
    [
        ({"prompt": "too short"}, "prompt"),
        ({"prompt": "A" * 5001}, "prompt"),
        ({"prompt": PROMPT + "\x00"}, "prompt"),
        ({"prompt": PROMPT, "project_name": "n" * 101}, "project_name"),
        ({"prompt": PROMPT, "engine": "steam"}, "engine"),
        ({"prompt": PROMPT, "request_id": "k" * 256}, "request_id"),
        ({"prompt": PROMPT, "context": {"blob": "x" * 70_000}}, "context"),
        ({"prompt": REFUSED}, "prompt"),
    ],
)
async def test_refuses_bad_input_by_field_and_keeps_nothing(
    client: Client, request_fields: dict[str, Any], field: str
) -> None:
    """Names the field at fault, and stores nothing."""
    with pytest.raises(InvalidInputError) as refused, rpc_errors():
        await client.start(**request_fields)

    assert [violation.field for violation in refused.value.violations] == [field]
    assert await listed(client) == []


async def test_refuses_a_project_that_is_unknown_or_somebody_elses(client: Client) -> None:
    """Answers the same for a project that is not there and for one of another user."""
    theirs = await client.start(user_id="eve")
    for project_id in ("prj_unknown", theirs.project_id):
        with pytest.raises(NotFoundError), rpc_errors():
            await client.start(project_id=project_id)
    assert await listed(client) == []


async def test_a_service_that_acts_for_nobody_cannot_start(client: Client) -> None:
    """Refuses a call that is made for no user."""
    stub = await client.stub("", service="bridge")
    with pytest.raises(UnauthenticatedError), rpc_errors():
        await stub.StartGeneration(pb.StartGenerationRequest(prompt=PROMPT))


async def test_a_repeat_with_the_same_key_returns_the_first_answer(client: Client) -> None:
    """Answers as the first time, also when the generation has ended meanwhile."""
    first = await client.start(request_id="key-1")
    await client.story(first.generation_id)

    again = await client.start(request_id="key-1")

    assert again == first
    assert len(await listed(client)) == 1


async def test_the_same_key_with_another_request_is_refused(client: Client) -> None:
    """Answers ALREADY_EXISTS when the key was used otherwise, and keeps one generation."""
    await client.start(request_id="key-1")
    with pytest.raises(AlreadyExistsError), rpc_errors():
        await client.start("another prompt about a Car", request_id="key-1")
    assert len(await listed(client)) == 1


async def test_the_same_key_of_another_user_is_another_key(client: Client) -> None:
    """Keeps users' keys apart."""
    mine = await client.start(request_id="key-1")
    theirs = await client.start(request_id="key-1", user_id="eve")
    assert mine.generation_id != theirs.generation_id


async def test_concurrent_repeats_get_one_answer(client: Client, generator: FakeGenerator) -> None:
    """Starts once however many repeats come at the same time."""
    answers = await asyncio.gather(*(client.start(request_id="key-1") for _ in range(20)))

    assert len({answer.generation_id for answer in answers}) == 1
    await client.story(answers[0].generation_id)
    assert generator.rendered[1] == 1


async def test_plans_without_storing(client: Client) -> None:
    """Answers the plan of a prompt and stores nothing."""
    stub = await client.stub()
    answer = await stub.PlanGeneration(pb.PlanGenerationRequest(plan={"prompt": PROMPT}))
    assert [entity.name for entity in answer.plan.spec.entities] == ["User", "Post", "Comment"]
    assert await listed(client) == []


async def test_what_is_somebody_elses_is_not_found(client: Client) -> None:
    """Tells nobody else that a generation exists, whatever they ask."""
    started = await client.start()
    stub = await client.stub("eve")
    key = started.generation_id
    calls = [
        stub.GetGeneration(pb.GetGenerationRequest(generation_id=key)),
        stub.CancelGeneration(pb.CancelGenerationRequest(generation_id=key)),
        stub.RetryGeneration(pb.RetryGenerationRequest(generation_id=key)),
        stub.DeleteGeneration(pb.DeleteGenerationRequest(generation_id=key, force=True)),
        stub.UpdateGeneration(pb.UpdateGenerationRequest(generation_id=key, title="mine")),
        stub.GetReview(pb.GetReviewRequest(generation_id=key)),
        stub.GetProject(pb.GetProjectRequest(project_id=started.project_id)),
        stub.DeleteProject(pb.DeleteProjectRequest(project_id=started.project_id)),
        stub.WatchGeneration(pb.WatchGenerationRequest(generation_id=key)).read(),
    ]
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call
        assert isinstance(error_from_rpc(refused.value), NotFoundError)
    assert (await client.story(key))[-1].stage == "completed"


async def listed(client: Client) -> list[Any]:
    """Return what is stored for the user."""
    stub = await client.stub()
    return list((await stub.ListGenerations(pb.ListGenerationsRequest())).generations)
