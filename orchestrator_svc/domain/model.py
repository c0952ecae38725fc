"""Generations and projects as values."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from orchestrator_svc.domain.status import Status


class Mode(StrEnum):
    """How much a generation does besides its six phases."""

    CLASSIC = "classic"
    ENHANCED = "enhanced"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One run that makes one version of a project, without its bulky parts.

    The defaults are those of one that is about to be stored.
    """

    generation_id: str
    user_id: str
    project_id: str
    project_name: str
    auto_created_project: bool
    version: int = 0
    """Counted within its project, when it is stored."""
    status: Status = Status.PENDING
    attempt: int = 1
    epoch: int = 0
    progress: float = 0.0
    prompt: str
    mode: Mode
    ab_group: str = ""
    engine: str
    entities_count: int
    entity_name: str
    """`User` when there is such an entity, else the first one's name."""
    parent_generation_id: str = ""
    snapshot_id: str = ""
    generated_snapshot_id: str = ""
    phase_files: tuple[int, ...] = ()
    """How many files each finished phase has."""
    file_count: int = 0
    conflict_count: int = 0
    quality_score: float | None = None
    error: str = ""
    title: str = ""
    description: str = ""
    tags: tuple[str, ...] = ()
    create_time: datetime
    update_time: datetime
    end_time: datetime | None = None
    kept_phases: frozenset[int] = frozenset()
    """With an iteration: the phases that its change does not touch."""
    cancel_after: timedelta | None = None
    """How long it goes on after its last viewer has left; None: for as long as it takes."""

    @property
    def phases_completed(self) -> int:
        """How many phases are finished and saved."""
        return len(self.phase_files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """What an iteration starts from."""

    patch: bytes
    """What it changes of its parent's spec, as a serialized `SpecPatch`."""
    base_spec: bytes
    """Its parent's spec, as a serialized `ProjectSpec`."""
    base_snapshot_id: str
    """What the parent's spec rendered to."""
    ours_snapshot_id: str
    """The parent as it stood when the iteration was started, with its user's edits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """The bulky parts of a generation."""

    spec: bytes
    """The checked spec, as a serialized `ProjectSpec`."""

    context: Mapping[str, Any]
    """What the caller sent along."""

    origin: Origin | None = None
    """With an iteration: what it starts from."""

    conflicts: bytes | None = None
    """The conflicts that are open, as the caller writes them; a rollback starts with those of
    the version that it returns to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """What a user builds."""

    project_id: str
    user_id: str
    name: str
    description: str
    latest_version: int
    active_generation_id: str
    create_time: datetime
    update_time: datetime
