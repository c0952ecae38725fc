"""Idempotency keys through two replicas at once, over one database and one real nats-server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backsmith.orchestrator.v1 import generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.bus import jetstream
from chassis.errors import AlreadyExistsError
from chassis.status import error_from_rpc, rpc_errors
from chassis.testing.nats import NatsServer, running
from orchestrator_svc.backbone import QUEUE
from orchestrator_svc.store.settings import StoreSettings
from tests.databases import SQL, new_database
from tests.integration.orchestrator_svc.conftest import PROMPT, QUICK, Client, System

ROUNDS = 12
BODIES = ("one", "two")
UNHURRIED = replace(QUICK, lease=timedelta(seconds=60))
"""No lease ends while these tests run: whatever lies on the queue was put there by a start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicas:
    """Two orchestrators that share everything, and a completed generation they know."""

    clients: tuple[Client, Client]
    nats: NatsServer
    parent: generation_pb2.Generation

    async def generations(self) -> int:
        """Count what is stored, the parent left out."""
        stub = await self.clients[0].stub()
        request = pb.ListGenerationsRequest(page_size=100)
        return len((await stub.ListGenerations(request)).generations) - 1

    async def projects(self) -> int:
        """Count the projects, the parent's left out."""
        stub = await self.clients[1].stub()
        return len((await stub.ListProjects(pb.ListProjectsRequest(page_size=100))).projects) - 1

    async def jobs(self) -> int:
        """Count the jobs that were ever put on the queue, the parent's left out."""
        return await asyncio.to_thread(self.nats.last_sequence_of, QUEUE) - 1


@pytest.fixture(params=SQL)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database of each kind."""
    return await new_database(request, tmp_path)


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A nats-server of a test's own: its messages are counted."""
    with running(tmp_path / "nats") as server:
        yield server


@pytest.fixture
async def replicas(system: System, database_url: str, nats: NatsServer) -> AsyncIterator[Replicas]:
    """Two orchestrators over one database and one nats-server, each with its own connections."""
    settings = replace(system.settings.bus, url=nats.url)
    store = StoreSettings(url=database_url)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        first, second = [
            await enter(
                system.orchestrator(
                    bus=await enter(jetstream.connect(settings)), store=store, runner=UNHURRIED
                )
            )
            for _ in range(2)
        ]
        started = await first.start()
        await second.story(started.generation_id)
        parent = await second.get(started.generation_id)
        yield Replicas(clients=(first, second), nats=nats, parent=parent)


Create = Callable[[Any, generation_pb2.Generation, str, str], Awaitable[Any]]


async def generate(stub: Any, parent: Any, key: str, body: str) -> Any:
    """Start a generation."""
    del parent
    request = pb.StartGenerationRequest(prompt=PROMPT, context={"body": body}, request_id=key)
    return (await stub.StartGeneration(request)).generation


async def iterate(stub: Any, parent: Any, key: str, body: str) -> Any:
    """Start an iteration."""
    request = pb.StartIterationRequest(
        parent_generation_id=parent.generation_id,
        modification_prompt=f"please add the entity Invoice{body.title()}",
        request_id=key,
    )
    return (await stub.StartIteration(request)).generation


async def roll_back(stub: Any, parent: Any, key: str, body: str) -> Any:
    """Return to a version; only one of the two bodies names one that is there."""
    request = pb.RollBackVersionRequest(
        project_id=parent.project_id if body == BODIES[0] else "prj_other",
        generation_id=parent.generation_id,
        request_id=key,
    )
    return (await stub.RollBackVersion(request)).generation


async def create_project(stub: Any, parent: Any, key: str, body: str) -> Any:
    """Make a project."""
    del parent
    request = pb.CreateProjectRequest(name=f"Shop {body}", request_id=key)
    return (await stub.CreateProject(request)).project


STARTS = (generate, iterate, roll_back)
CREATING = (*STARTS, create_project)


async def everywhere(replicas: Replicas, create: Create, key: str, *bodies: str) -> list[Any]:
    """Send each body through each replica, twice, all at the same time; return what came back."""
    stubs = [await client.stub() for client in replicas.clients] * 2
    calls = [create(stub, replicas.parent, key, body) for stub in stubs for body in bodies]
    return await asyncio.gather(*calls, return_exceptions=True)


@pytest.mark.parametrize("create", CREATING)
async def test_the_same_key_and_body_is_one_through_two_replicas(
    replicas: Replicas, create: Create
) -> None:
    """Gives every repeat the same answer, and makes one row, one version and one job of them."""
    made = []
    for number in range(ROUNDS):
        first, *others = await everywhere(replicas, create, f"key-{number}", BODIES[0])
        assert not isinstance(first, BaseException), first
        assert others == [first] * 3
        made.append(first)

    if create is create_project:
        assert await replicas.projects() == ROUNDS
        return
    assert await replicas.generations() == ROUNDS
    if create is not generate:
        assert [each.version for each in made] == list(range(2, 2 + ROUNDS))
    for each in made:
        await replicas.clients[0].story(each.generation_id)
    assert await replicas.jobs() == ROUNDS


@pytest.mark.parametrize("create", [generate, iterate, create_project])
async def test_the_same_key_with_two_bodies_is_one_through_two_replicas(
    replicas: Replicas, create: Create
) -> None:
    """Lets one of two bodies win, and tells whoever sent the other that the key was used."""
    for number in range(ROUNDS):
        outcomes = await everywhere(replicas, create, f"key-{number}", *BODIES)
        by_body = [outcomes[0::2], outcomes[1::2]]
        (won,) = [each for each in by_body if not isinstance(each[0], BaseException)]
        (lost,) = [each for each in by_body if each is not won]
        assert won == [won[0]] * 4
        for refusal in lost:
            error = error_from_rpc(refusal)
            assert isinstance(error, AlreadyExistsError)
            assert error.reason == "IDEMPOTENCY_KEY_REUSED"
    count = replicas.projects if create is create_project else replicas.generations
    assert await count() == ROUNDS


async def test_a_used_key_rolls_nothing_else_back(replicas: Replicas) -> None:
    """Refuses a rollback of something else with a key that another replica has seen."""
    first, second = [await client.stub() for client in replicas.clients]
    await roll_back(first, replicas.parent, "key", BODIES[0])
    with pytest.raises(AlreadyExistsError) as refused, rpc_errors():
        await roll_back(second, replicas.parent, "key", BODIES[1])
    assert refused.value.reason == "IDEMPOTENCY_KEY_REUSED"


async def test_a_key_of_one_call_is_not_taken_by_another(replicas: Replicas) -> None:
    """Refuses a key that another kind of call has used, also if its words were the same."""
    first, second = [await client.stub() for client in replicas.clients]
    await first.StartGeneration(pb.StartGenerationRequest(prompt=PROMPT, request_id="key"))
    with pytest.raises(AlreadyExistsError), rpc_errors():
        await second.CreateProject(pb.CreateProjectRequest(name=PROMPT, request_id="key"))
    for create in (iterate, roll_back):
        with pytest.raises(AlreadyExistsError), rpc_errors():
            await create(second, replicas.parent, "key", BODIES[0])


async def test_a_repeat_is_answered_as_the_first_call_was(replicas: Replicas) -> None:
    """Tells nothing of what was changed since, by whichever replica it is answered."""
    first, second = [await client.stub() for client in replicas.clients]
    answers = {
        create: await create(first, replicas.parent, f"key-{create.__name__}", BODIES[0])
        for create in CREATING
    }
    project = answers.pop(create_project)
    await second.UpdateProject(
        pb.UpdateProjectRequest(project_id=project.project_id, name="New", description="New")
    )
    await replicas.clients[1].start(project_id=project.project_id)
    for answer in answers.values():
        key = answer.generation_id
        await second.SetCancelAfter(
            pb.SetCancelAfterRequest(generation_id=key, cancel_after={"seconds": 80_000})
        )
        await replicas.clients[1].story(key)
        await second.UpdateGeneration(
            pb.UpdateGenerationRequest(generation_id=key, title="New", tags={"values": ["new"]})
        )
    for create, answer in {**answers, create_project: project}.items():
        key = f"key-{create.__name__}"
        assert await create(second, replicas.parent, key, BODIES[0]) == answer
