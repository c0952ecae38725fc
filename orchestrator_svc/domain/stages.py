"""What a generation tells at each of its stages (contract 4): keys, words and progress."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator_svc.domain.model import Generation, Mode
from orchestrator_svc.domain.progress import PHASES, PHASES_TOTAL, Place, progress_at
from orchestrator_svc.domain.status import Status

ENTITY_PHASE = 2
USER_ENTITY = "User"
"""The entity that the second phase is named after, where there is one (contract 4)."""
TERMINAL_STAGES = {
    Status.COMPLETED: "completed",
    Status.FAILED: "error",
    Status.CANCELLED: "cancelled",
}
ATTEMPT_FAILED = "attempt_failed"
"""How the failure of an attempt that was retried is shown to later watchers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseInfo:
    """What is known of the phase an announcement belongs to."""

    current_phase: int
    entities_count: int
    name: str
    files_generated: int
    total_files: int
    total_phases: int = PHASES_TOTAL

    @property
    def phase(self) -> str:
        """The phase's key."""
        return f"phase_{self.current_phase}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """One thing to tell the watchers of a generation."""

    stage: str
    progress: float
    message: str
    status: Status = Status.PROCESSING
    phase: PhaseInfo | None = None
    current_file: str = ""
    error: str = ""
    warning_type: str = ""
    parent_file_count: int | None = None
    new_file_count: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What makes two announcements of one generation the same."""
        return self.stage, self.current_file


def naming_entity(names: Sequence[str]) -> str:
    """Return the entity that stands for all: `User` when there is one, else the first."""
    return USER_ENTITY if USER_ENTITY in names else next(iter(names), "")


def queued(generation: Generation) -> Announcement:
    """Tell that the generation waits."""
    return Announcement(
        stage="queued",
        status=Status.PENDING,
        progress=progress_at(Place(stage="queued")),
        message=(
            "Waiting for a runner"
            if generation.attempt == 1
            else f"Waiting for a runner, attempt {generation.attempt}"
        ),
    )


def opening(generation: Generation) -> Sequence[Announcement]:
    """Tell what comes before the phases, in order."""
    words = {"initializing": f"Starting {generation.mode} generation..."}
    if generation.mode is Mode.ENHANCED:
        words["context_analysis"] = "Analyzing the context of the request..."
    if generation.parent_generation_id:
        words["intent_detection"] = "Detecting what the change asks for..."
    count = generation.entities_count
    noun = "entity" if count == 1 else "entities"
    words |= {
        "schema_extraction": "Extracting project schema and entities...",
        "code_generation": f"Generating code using {generation.engine} engine...",
        "phased_generation_started": f"Starting phased generation for {count} {noun}",
    }
    return [
        Announcement(stage=stage, progress=progress_at(Place(stage=stage)), message=message)
        for stage, message in words.items()
    ]


def phase_complete(generation: Generation, number: int, files: Sequence[int]) -> Announcement:
    """Tell that a phase is finished and saved.

    Args:
        generation: Whose phase.
        number: Which phase.
        files: How many files each phase has, this one included.
    """
    phase = PHASES[number - 1]
    noun = phase.noun
    if number == ENTITY_PHASE and generation.entities_count == 1:
        noun = f"{generation.entity_name} {noun}"
    stage = f"phase_{number}_complete"
    count = files[number - 1]
    kept = number in generation.kept_phases
    did = f"Kept {count} {noun} files, which the change does not touch"
    return Announcement(
        stage=stage,
        progress=progress_at(Place(stage=stage, phase=number)),
        message=f"Phase {number} complete: {did if kept else f'Generated {count} {noun} files'}",
        phase=phase_info(
            generation, number, in_phase=0 if kept else count, total=sum(files[:number])
        ),
    )


def phase_info(generation: Generation, number: int, *, in_phase: int, total: int) -> PhaseInfo:
    """Describe a phase at work."""
    name = PHASES[number - 1].name
    if number == ENTITY_PHASE and generation.entity_name == USER_ENTITY:
        name = f"{USER_ENTITY} Entity"
    return PhaseInfo(
        current_phase=number,
        entities_count=generation.entities_count,
        name=name,
        files_generated=in_phase,
        total_files=total,
    )


def entity_processing(name: str, index: int, count: int, info: PhaseInfo) -> Announcement:
    """Tell that work on an entity begins."""
    stage = f"entity_processing_{index}"
    place = Place(stage=stage, phase=info.current_phase, entity=index, entities=count)
    return Announcement(
        stage=stage,
        progress=progress_at(place),
        message=f"Processing entity {index}/{count}: {name}",
        phase=info,
    )


def entity_complete(
    name: str, index: int, count: int, *, files: int, info: PhaseInfo
) -> Announcement:
    """Tell that work on an entity is done."""
    stage = f"entity_complete_{index}"
    place = Place(stage=stage, phase=info.current_phase, entity=index, entities=count)
    return Announcement(
        stage=stage,
        progress=progress_at(place),
        message=f"Entity {index}/{count} complete: Generated {files} {name} entity files",
        phase=info,
    )


def generating_file(path: str, place: Place, info: PhaseInfo) -> Announcement:
    """Tell that a file was written."""
    return Announcement(
        stage=place.stage,
        progress=progress_at(place),
        message=f"Generated {path}",
        phase=info,
        current_file=path,
    )


def merging_files(info: PhaseInfo) -> Announcement:
    """Tell that an iteration's files are merged with its user's edits."""
    stage = "merging_files"
    return Announcement(
        stage=stage,
        progress=progress_at(Place(stage=stage)),
        message="Merging with your own edits...",
        phase=info,
    )


def vanished(info: PhaseInfo, *, gone: int, before: int, after: int) -> Announcement:
    """Warn that files are gone that nobody asked to remove."""
    stage = "validation"
    return Announcement(
        stage=stage,
        progress=progress_at(Place(stage=stage)),
        message=f"{gone} files of the parent are not there any more",
        phase=info,
        warning_type="data_loss_detection",
        parent_file_count=before,
        new_file_count=after,
    )


def file_management(info: PhaseInfo) -> Announcement:
    """Tell that the files are put in order."""
    stage = "file_management"
    return Announcement(
        stage=stage,
        progress=progress_at(Place(stage=stage)),
        message="Organizing and saving files...",
        phase=info,
    )


def quality_assessment(info: PhaseInfo) -> Announcement:
    """Tell that the gates run."""
    stage = "quality_assessment"
    return Announcement(
        stage=stage,
        progress=progress_at(Place(stage=stage)),
        message="Running quality assessment...",
        phase=info,
    )


def quality_gate(name: str, index: int, count: int, info: PhaseInfo) -> Announcement:
    """Tell that a gate begins."""
    return Announcement(
        stage=f"quality_gate_{index}",
        progress=progress_at(Place(stage="quality_assessment")),
        message=f"Gate {index}/{count}: {name}",
        phase=info,
    )


def quality_gate_at_work(begun: Announcement, seconds: int) -> Announcement:
    """Tell that a gate is still at work after so many seconds."""
    return replace(
        begun,
        stage=f"{begun.stage}_after_{seconds}_s",
        message=f"{begun.message}, at work for {seconds} s",
    )


def of_parent(announcement: Announcement) -> Announcement:
    """Tell of a gate that it runs over the parent, to compare."""
    return replace(
        announcement,
        stage=f"{announcement.stage}_of_parent",
        message=f"{announcement.message}, over the parent, to compare",
    )


def ending(generation: Generation) -> Announcement:
    """Tell how a generation that has ended did so."""
    stage = TERMINAL_STAGES[generation.status]
    info = None
    if generation.phase_files:
        files = generation.phase_files
        info = phase_info(generation, len(files), in_phase=files[-1], total=sum(files))
    return Announcement(
        stage=stage,
        status=generation.status,
        progress=generation.progress,
        message=_last_words(generation),
        phase=info,
        error=generation.error,
    )


def snapshot(generation: Generation) -> Announcement:
    """Tell where a generation stands when its own events are no longer kept."""
    info = None
    if generation.phase_files:
        files = generation.phase_files
        info = phase_info(generation, len(files), in_phase=files[-1], total=sum(files))
    return Announcement(
        stage="snapshot",
        progress=generation.progress,
        message=f"{generation.phases_completed} of {PHASES_TOTAL} phases were finished",
        phase=info,
    )


def _last_words(generation: Generation) -> str:
    kind = "Iteration" if generation.parent_generation_id else "Generation"
    if generation.status is Status.COMPLETED:
        return f"{kind} completed successfully with {generation.file_count} files"
    if generation.status is Status.CANCELLED:
        return f"{kind} cancelled"
    return f"{generation.mode.capitalize()} generation failed: {generation.error}"
