"""One phase: what the generator streams is announced, collected, and checked for wholeness."""

from collections.abc import Sequence
from dataclasses import dataclass

from backsmith.files.v1.snapshot_pb2 import FileEntry
from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.spec.v1.spec_pb2 import ProjectSpec

from chassis.errors import InternalError, LimitExceededError
from orchestrator_svc.clients.files import File
from orchestrator_svc.clients.generator import Generator
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.domain.progress import Place
from orchestrator_svc.domain.stages import PhaseInfo
from orchestrator_svc.domain.subjects import file_id
from orchestrator_svc.runner.announcer import Announcer
from orchestrator_svc.settings import RunnerSettings

GENERATING_FILE = "generating_file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What came out of a phase."""

    files: Sequence[File]
    kept_paths: Sequence[str]
    """The files of a phase that an iteration does not touch: all as its parent has them."""


class PhaseRendering:
    """One rendering of a phase; a repeat of the phase makes a new one."""

    def __init__(self, generation: Generation, number: int, announcer: Announcer) -> None:
        self._generation = generation
        self._number = number
        self._announcer = announcer
        self._files: list[File] = []
        self._bytes = 0
        self._entity = 0
        self._entity_files = 0
        self._completed: pb.PhaseCompleted | None = None

    async def render(
        self,
        generator: Generator,
        settings: RunnerSettings,
        *,
        spec: ProjectSpec,
        base: pb.IterationBase | None,
    ) -> Rendered:
        """Render the phase and return its files.

        Raises:
            InternalError: The generator ended early, or counts other files than it sent.
            LimitExceededError: The files are too big together.
        """
        request = pb.GeneratePhaseRequest(
            spec=spec, phase=self._number, engine=self._generation.engine, base=base
        )
        # The caller ends it in time; this is for a generator that does not hear of it.
        deadline = 2 * settings.phase_deadline
        async with generator.phase(request, deadline=deadline) as steps:
            async for step in steps:
                await self._take(step, settings.max_phase_bytes)
        if self._completed is None or self._completed.files_generated != len(self._files):
            raise InternalError(f"Phase {self._number} ended before it was complete.")
        return Rendered(files=self._files, kept_paths=self._completed.kept_paths)

    async def _take(self, step: pb.GeneratePhaseResponse, max_bytes: int) -> None:
        match step.WhichOneof("step"):
            case "entity_started":
                await self._begin_entity(step.entity_started)
            case "entity_completed":
                await self._end_entity(step.entity_completed)
            case "file":
                await self._add(step.file, max_bytes)
            case "phase_completed":
                self._completed = step.phase_completed
            case _:
                raise InternalError("The generator sent a step that this version does not know.")

    async def _begin_entity(self, entity: pb.EntityStarted) -> None:
        self._entity, self._entity_files = entity.index, 0
        await self._announcer.tell(
            stages.entity_processing(entity.name, entity.index, entity.count, self._info())
        )

    async def _end_entity(self, entity: pb.EntityCompleted) -> None:
        await self._announcer.tell(
            stages.entity_complete(
                entity.name,
                entity.index,
                entity.count,
                files=entity.files_generated,
                info=self._info(),
            )
        )

    async def _add(self, file: pb.GeneratedFile, max_bytes: int) -> None:
        self._bytes += len(file.content)
        if self._bytes > max_bytes:
            raise LimitExceededError(
                f"Phase {self._number} makes more than {max_bytes} bytes of files.",
                reason="PHASE_TOO_BIG",
            )
        self._files.append(File(path=file.path, content=file.content))
        self._entity_files += 1
        await self._announcer.tell(stages.generating_file(file.path, self._place(), self._info()))

    def _place(self) -> Place:
        of_entities = self._number == stages.ENTITY_PHASE
        return Place(
            stage=GENERATING_FILE,
            phase=self._number,
            entity=self._entity,
            entities=self._generation.entities_count if of_entities else 0,
            files=self._entity_files if of_entities else len(self._files),
        )

    def _info(self) -> PhaseInfo:
        before = sum(self._generation.phase_files[: self._number - 1])
        return stages.phase_info(
            self._generation,
            self._number,
            in_phase=len(self._files),
            total=before + len(self._files),
        )


def generated_event(generation: Generation, entry: FileEntry) -> channel_pb2.FileEvent:
    """Return what channels hear of a file that a phase has made."""
    return channel_pb2.FileEvent(
        id=file_id(generation.project_id, entry.path),
        generation_id=generation.generation_id,
        project_id=generation.project_id,
        path=entry.path,
        digest=entry.digest.sha256,
        size_bytes=entry.digest.size_bytes,
        action=channel_pb2.FILE_ACTION_GENERATED,
    )
