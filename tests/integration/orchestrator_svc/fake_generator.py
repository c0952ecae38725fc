"""A generator that speaks the real RPCs and does what a test tells it."""
# ruff: noqa: ARG002, N802 - the methods are the RPCs'

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.generator.v1.generator_service_pb2_grpc import GeneratorServiceServicer
from backsmith.spec.v1.spec_pb2 import DataLoss, Entity, ProjectSpec, SpecChange, SpecPatch

from chassis.errors import FieldViolation, InvalidInputError, ServiceError

FILES_PER_STEP = 4
REFUSED = "Refuse this prompt, please"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A phase that waits."""

    reached: asyncio.Event
    """Set once it waits."""
    release: asyncio.Event
    """To be set for it to go on."""


@dataclass(slots=True)
class FakeGenerator(GeneratorServiceServicer):
    """Renders a few small files in each phase; a prompt's capitalised words are its entities."""

    rendered: Counter[int] = field(default_factory=Counter)
    """How often each phase was begun."""
    cancelled: Counter[int] = field(default_factory=Counter)
    """How often each phase was cut off."""
    failures: dict[int, list[ServiceError]] = field(default_factory=dict)
    """What the next renderings of a phase fail with, after their first file."""
    holds: dict[int, asyncio.Event] = field(default_factory=dict)
    """What the next rendering of a phase waits for, after its first file."""
    reached: dict[int, asyncio.Event] = field(default_factory=dict)
    """What a phase sets when it waits."""
    short: set[int] = field(default_factory=set)
    """Phases that end without telling so."""
    gate: int = pb.GATE_OUTCOME_PASSED
    """How the gate ends."""
    red: str = ""
    """A file that fails the gate `types` of every project that has it."""
    tiers: list[list[str]] = field(default_factory=list)
    """The tiers that each assessment was asked for."""
    flavour: str = ""
    """What every file it makes from now on says besides."""
    untouched: set[int] = field(default_factory=set)
    """Phases that an iteration does not touch."""
    running: Counter[str] = field(default_factory=Counter)
    """How many phases are rendered now, by project."""

    def hold(self, phase: int) -> "Hold":
        """Make the next rendering of a phase wait."""
        self.holds[phase] = asyncio.Event()
        self.reached[phase] = asyncio.Event()
        return Hold(reached=self.reached[phase], release=self.holds[phase])

    async def Plan(self, request: pb.PlanRequest, context: object) -> pb.PlanResponse:
        """Plan one entity for each capitalised word."""
        if request.prompt == REFUSED:
            raise InvalidInputError(
                "The plan is refused.",
                reason="PLAN_REFUSED",
                violations=[FieldViolation(field="prompt", message="no entity", reason="EMPTY")],
            )
        if request.HasField("base"):
            return _iteration(request)
        names = [word.strip(",.") for word in request.prompt.split() if word[0].isupper()]
        spec = ProjectSpec(
            name=request.project_name or f"{names[0].lower()}s",
            entities=[Entity(name=name) for name in names],
        )
        return pb.PlanResponse(spec=spec)

    async def GeneratePhase(
        self, request: pb.GeneratePhaseRequest, context: object
    ) -> AsyncIterator[pb.GeneratePhaseResponse]:
        """Render a phase."""
        phase = request.phase
        if request.HasField("base") and phase in self.untouched:
            steps = [step async for step in self._steps(request.base.spec, phase)]
            kept = [step.file.path for step in steps if step.HasField("file")]
            yield pb.GeneratePhaseResponse(phase_completed=pb.PhaseCompleted(kept_paths=kept))
            return
        self.rendered[phase] += 1
        self.running[request.spec.name] += 1
        count = 0
        try:
            async for step in self._steps(request.spec, phase):
                count += step.HasField("file")
                if step.HasField("file"):
                    step.file.content += self.flavour.encode()
                yield step
                if count == 1 and step.HasField("file"):
                    await self._interfere(phase)
        except asyncio.CancelledError:
            self.cancelled[phase] += 1
            raise
        finally:
            self.running[request.spec.name] -= 1
        if phase not in self.short:
            completed = pb.PhaseCompleted(files_generated=count)
            yield pb.GeneratePhaseResponse(phase_completed=completed)

    async def AssessProject(
        self, request_iterator: AsyncIterator[pb.AssessProjectRequest], context: object
    ) -> AsyncIterator[pb.AssessProjectResponse]:
        """Pass the one gate, unless told otherwise."""
        files = []
        async for request in request_iterator:
            if request.HasField("options"):
                self.tiers.append(list(request.options.tiers))
            elif request.file.path:
                files.append(request.file.path)
        started = pb.GateStarted(name="compiles", index=1, count=1)
        yield pb.AssessProjectResponse(gate_started=started)
        gates = [
            pb.Gate(name="compiles", tier="t0", outcome=self.gate, reason=f"{len(files)} files"),
            pb.Gate(name="types", tier="t1", outcome=pb.GATE_OUTCOME_PASSED),
        ]
        if self.red in files:
            gates[1].outcome = pb.GATE_OUTCOME_FAILED
            gates[1].findings.append(f"{self.red}:1: error")
        yield pb.AssessProjectResponse(report=pb.ProofReport(score=0.9, gates=gates))

    async def _interfere(self, phase: int) -> None:
        if failures := self.failures.get(phase):
            raise failures.pop(0)
        if hold := self.holds.pop(phase, None):
            self.reached[phase].set()
            await hold.wait()

    async def _steps(
        self, spec: ProjectSpec, phase: int
    ) -> AsyncIterator[pb.GeneratePhaseResponse]:
        if phase != 2:
            for number in range(FILES_PER_STEP):
                yield _file(spec.name, f"phase_{phase}/file_{number}.py")
            return
        count = len(spec.entities)
        for index, entity in enumerate(spec.entities, start=1):
            started = pb.EntityStarted(name=entity.name, index=index, count=count)
            yield pb.GeneratePhaseResponse(entity_started=started)
            for number in range(FILES_PER_STEP):
                yield _file(spec.name, f"entities/{entity.name.lower()}_{number}.py")
            completed = pb.EntityCompleted(
                name=entity.name, index=index, count=count, files_generated=FILES_PER_STEP
            )
            yield pb.GeneratePhaseResponse(entity_completed=completed)


def _iteration(request: pb.PlanRequest) -> pb.PlanResponse:
    """Add or drop the last word of the prompt."""
    name = request.prompt.split()[-1]
    spec = ProjectSpec()
    spec.CopyFrom(request.base)
    if "drop" not in request.prompt:
        spec.entities.add(name=name)
        return pb.PlanResponse(spec=spec, patch=SpecPatch(add=[SpecChange(target=name)]))
    kept = [entity for entity in spec.entities if entity.name != name]
    del spec.entities[:]
    spec.entities.extend(kept)
    loss = DataLoss(target=name, reason="DROPPED", message=f"All rows of {name} would go.")
    return pb.PlanResponse(spec=spec, patch=SpecPatch(drop=[name]), losses=[loss])


def _file(project: str, path: str) -> pb.GeneratePhaseResponse:
    content = f"# {project}: {path}\n".encode()
    return pb.GeneratePhaseResponse(file=pb.GeneratedFile(path=path, content=content))
