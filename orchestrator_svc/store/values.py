"""What goes into the store and comes out of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from orchestrator_svc.domain.model import Details, Generation
from orchestrator_svc.domain.status import Status


class OutboxKind(StrEnum):
    """What is to be done with what lies in the outbox."""

    JOB = "job"
    """Put it on the work queue."""
    EVENT = "event"
    """Append it to the subject it names."""
    QUEUED = "queued"
    """Append it, unless the attempt it opens has been opened."""
    ENDED = "ended"
    """Append it, unless the attempt it ends has been ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What the bus is to be told once the transaction is committed."""

    kind: OutboxKind
    message_id: str
    data: bytes
    subject: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Something in the outbox."""

    outbox_id: int
    outgoing: Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """What makes a repeat of a call known."""

    key: str
    """The caller's own key."""
    request_hash: str
    """A digest of the request: the same key with another one is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which generations of a user to list."""

    statuses: Collection[Status] = ()
    project_id: str = ""
    parent_generation_id: str = ""
    is_iteration: bool | None = None
    min_quality_score: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
    """Counts of a user's generations."""

    by_status: dict[Status, int]
    iterations: int
    mean_quality_score: float | None
    mean_duration: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A generation in a runner's hands, until its lease ends or somebody claims it anew."""

    generation: Generation
    details: Details
    claims: int
    """How often it was claimed since it last made progress, this time included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A phase that is finished and saved."""

    number: int
    snapshot_id: str
    phase_files: int
    file_count: int
    progress: float
    kept: bool = False
    """Whether the phase is as the parent has it, because the change does not touch it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What an assessment leaves behind."""

    score: float
    """The quality, 0.0 to 1.0."""

    report: bytes
    """The proof report, serialized."""

    snapshot_id: str
    """The files, with the report among them."""

    file_count: int
    """How many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """What an iteration's files were merged to."""

    snapshot_id: str
    generated_snapshot_id: str
    """The files as they were generated, unmerged."""
    file_count: int
    conflict_count: int
    conflicts: bytes
    """What could not be merged, as the caller writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """A change of a generation's files by its user."""

    expected: str
    """The snapshot it started from."""
    snapshot_id: str
    file_count: int
    conflict_count: int
    conflicts: bytes | None = None
    """The conflicts that are left, as the caller writes them; None leaves them as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grasp:
    """What a runner's hold on a generation is worth now."""

    epoch: int
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """The snapshots that a generation needs."""

    generation_id: str
    snapshot_ids: tuple[str, ...]
    conflicts: bytes | None
    """What could not be merged, as it was written; names one more snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwatched:
    """A running generation that nobody has watched for too long."""

    generation_id: str
    user_id: str
