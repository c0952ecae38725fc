"""The generator as its callers see it: over gRPC, with internal credentials."""

import ast
import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest
from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.generator.v1.generator_service_pb2_grpc import GeneratorServiceStub
from backsmith.spec.v1 import spec_pb2

from chassis.auth import AuthSettings, TokenIssuer
from chassis.channel import ChannelSettings, dial
from chassis.errors import InvalidInputError, LimitExceededError, PermissionDeniedError
from chassis.server import ServerSettings
from chassis.status import rpc_errors
from generator_svc.app import application
from generator_svc.assessment import AssessmentSettings
from generator_svc.settings import GeneratorSettings

AUTH = AuthSettings(secret="a-secret-of-at-least-thirty-two-bytes", mode="development")
SETTINGS = GeneratorSettings(
    server=ServerSettings(),
    auth=AUTH,
    assessment=AssessmentSettings(tiers=("t0",), max_files=200),
)
PROMPT = "A library with authors and books. A book has a title and belongs to an author."


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """The address of a generator of the test's own."""
    async with application(SETTINGS, asyncio.Event()) as served:
        yield served


@pytest.fixture
async def generator(address: str) -> AsyncIterator[GeneratorServiceStub]:
    """A generator, called as the orchestrator calls it."""
    issuer = TokenIssuer(AUTH)
    credentials = lambda: issuer.internal_token("orchestrator")  # noqa: E731 - as dial takes it
    async with dial(address, ChannelSettings(), credentials) as channel:
        yield GeneratorServiceStub(channel)


async def planned(generator: GeneratorServiceStub) -> spec_pb2.ProjectSpec:
    """Return the spec of the library."""
    return (await generator.Plan(pb.PlanRequest(prompt=PROMPT))).spec


async def steps_of(
    generator: GeneratorServiceStub, spec: spec_pb2.ProjectSpec, phase: int
) -> list[pb.GeneratePhaseResponse]:
    """Return every step of a phase."""
    call = generator.GeneratePhase(pb.GeneratePhaseRequest(spec=spec, phase=phase))
    return [step async for step in call]


async def rendered(generator: GeneratorServiceStub, spec: spec_pb2.ProjectSpec) -> dict[str, bytes]:
    """Return the files of all six phases."""
    files: dict[str, bytes] = {}
    for phase in range(1, 7):
        steps = await steps_of(generator, spec, phase)
        files |= {step.file.path: step.file.content for step in steps if step.HasField("file")}
    return files


async def test_plans_from_words(generator: GeneratorServiceStub) -> None:
    """Entities, fields and relations come from what the prompt says."""
    spec = await planned(generator)
    assert [entity.name for entity in spec.entities] == ["Author", "Book"]
    assert [relation.target for relation in spec.entities[1].relations] == ["Author"]


async def test_refuses_a_plan_naming_the_field(generator: GeneratorServiceStub) -> None:
    """A relation to nowhere is refused at its path, with a way out."""
    document = b'{"name": "x", "entities": [{"name": "A", "relations": [{"name": "b",'
    document += b' "kind": "many_to_one", "target": "Nowhere"}]}]}'
    request = pb.PlanRequest(
        spec_document=spec_pb2.SpecDocument(format=spec_pb2.SPEC_FORMAT_JSON, content=document)
    )
    with pytest.raises(InvalidInputError) as caught, rpc_errors():
        await generator.Plan(request)
    assert "entities[0].relations[0].target" in {
        violation.field for violation in caught.value.violations
    }


async def test_phase_streams_entities_then_files_then_its_end(
    generator: GeneratorServiceStub,
) -> None:
    """The second phase frames each entity's four core files, and counts what it made."""
    steps = await steps_of(generator, await planned(generator), 2)
    kinds = [str(step.WhichOneof("step")) for step in steps]
    assert kinds[0] == "entity_started"
    assert kinds[-1] == "phase_completed"
    assert kinds.count("entity_started") == kinds.count("entity_completed") == 2
    ended = [step.entity_completed for step in steps if step.HasField("entity_completed")]
    assert [(each.name, each.index, each.count, each.files_generated) for each in ended] == [
        ("Author", 1, 2, 4),
        ("Book", 2, 2, 4),
    ]
    assert steps[-1].phase_completed.files_generated == kinds.count("file")


async def test_same_request_gives_the_same_bytes(generator: GeneratorServiceStub) -> None:
    """Two renderings of one spec agree to the byte, and all of it is Python that parses."""
    spec = await planned(generator)
    first, second = await rendered(generator, spec), await rendered(generator, spec)
    assert first == second
    for path, content in first.items():
        if path.endswith(".py"):
            ast.parse(content, filename=path)


async def test_assesses_what_it_rendered(generator: GeneratorServiceStub) -> None:
    """Each gate is told as it starts and ends, and the report closes the stream."""
    spec = await planned(generator)
    files = await rendered(generator, spec)
    requests = [pb.AssessProjectRequest(options=pb.AssessOptions(spec=spec))]
    requests += [
        pb.AssessProjectRequest(file=pb.GeneratedFile(path=path, content=content))
        for path, content in files.items()
    ]
    steps = [step async for step in generator.AssessProject(iter(requests))]
    report = steps[-1].report
    assert [gate for gate in report.gates if gate.outcome == pb.GATE_OUTCOME_FAILED] == []
    assert report.score == 1.0
    assert {gate.tier for gate in report.gates} == {"t0"}
    assert len(steps) == 2 * len(report.gates) + 1


async def test_assessment_refuses_a_broken_stream(generator: GeneratorServiceStub) -> None:
    """Files before options, options twice, a file twice and nothing at all are told apart."""
    options = pb.AssessProjectRequest(options=pb.AssessOptions())
    file = pb.AssessProjectRequest(file=pb.GeneratedFile(path="a.py", content=b""))
    for requests in ([file], [options, options], [options, file, file], []):
        with pytest.raises(InvalidInputError), rpc_errors():
            await anext(aiter(generator.AssessProject(iter(requests))))


async def test_assessment_bounds_the_project(generator: GeneratorServiceStub) -> None:
    """A project of more files than the settings allow is refused while it arrives."""
    files = [pb.GeneratedFile(path=f"f{number}.txt", content=b"x") for number in range(201)]
    requests = [pb.AssessProjectRequest(options=pb.AssessOptions())]
    requests += [pb.AssessProjectRequest(file=file) for file in files]
    with pytest.raises(LimitExceededError, match="200 files"), rpc_errors():
        await anext(aiter(generator.AssessProject(iter(requests))))


@pytest.mark.parametrize("phase", [0, 7, -1])
async def test_refuses_an_unknown_phase(generator: GeneratorServiceStub, phase: int) -> None:
    """Only the phases 1 to 6 exist."""
    spec = await planned(generator)
    with pytest.raises(InvalidInputError, match="1 to 6"), rpc_errors():
        await steps_of(generator, spec, phase)


async def test_refuses_an_unknown_engine(generator: GeneratorServiceStub) -> None:
    """An engine that is not configured is refused, naming those that are."""
    request = pb.GeneratePhaseRequest(spec=await planned(generator), phase=1, engine="magic")
    with pytest.raises(InvalidInputError, match="template"), rpc_errors():
        await anext(aiter(generator.GeneratePhase(request)))


async def test_refuses_an_unchecked_spec(generator: GeneratorServiceStub) -> None:
    """A spec that Plan would refuse is not rendered either."""
    request = pb.GeneratePhaseRequest(spec=spec_pb2.ProjectSpec(name="empty"), phase=1)
    with pytest.raises(InvalidInputError), rpc_errors():
        await anext(aiter(generator.GeneratePhase(request)))


async def test_takes_no_calls_from_users(address: str) -> None:
    """A user's own token does not open the generator."""
    token = TokenIssuer(AUTH).user_token("eve")
    async with dial(address, ChannelSettings(), lambda: token) as channel:
        with pytest.raises(PermissionDeniedError), rpc_errors():
            await GeneratorServiceStub(channel).Plan(pb.PlanRequest(prompt=PROMPT))


async def test_cancelled_phase_stops(generator: GeneratorServiceStub) -> None:
    """A caller that leaves gets no more steps, and the generator goes on serving."""
    spec = await planned(generator)
    call = generator.GeneratePhase(pb.GeneratePhaseRequest(spec=spec, phase=2))
    await anext(aiter(call))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call.read()
    assert await call.code() is grpc.StatusCode.CANCELLED
    assert await planned(generator) == spec


async def test_an_iteration_gets_one_new_migration(generator: GeneratorServiceStub) -> None:
    """With a base, phase 3 leads from the parent's tables to the new ones."""
    parent = await planned(generator)
    first = (await steps_of(generator, parent, 3))[-2].file
    request = pb.PlanRequest(prompt="Rename Book to Novel.", base=parent)
    change = await generator.Plan(request)
    base = pb.IterationBase(spec=parent, renames=change.patch.rename, version=2, migrations=[first])
    call = generator.GeneratePhase(pb.GeneratePhaseRequest(spec=change.spec, phase=3, base=base))
    files = {step.file.path: step.file.content async for step in call if step.HasField("file")}
    assert first.path not in files
    (made,) = (content for path, content in files.items() if "versions/0002" in path)
    assert b'op.rename_table("books", "novels")' in made


async def test_refuses_a_base_that_no_version_has(generator: GeneratorServiceStub) -> None:
    """The first version has no base, and migrations in two lines have no end to follow."""
    spec = await planned(generator)
    heads = [
        pb.GeneratedFile(
            path=f"migrations/versions/{name}.py", content=f"revision = {name!r}".encode()
        )
        for name in ("a", "b")
    ]
    other = spec_pb2.ProjectSpec()
    other.CopyFrom(spec)
    del other.entities[1:]
    for base in (
        pb.IterationBase(spec=spec, version=1),
        pb.IterationBase(spec=spec_pb2.ProjectSpec(name="empty"), version=2),
        pb.IterationBase(spec=other, version=2, migrations=heads),
    ):
        request = pb.GeneratePhaseRequest(spec=spec, phase=3, base=base)
        with pytest.raises(InvalidInputError), rpc_errors():
            await anext(aiter(generator.GeneratePhase(request)))
