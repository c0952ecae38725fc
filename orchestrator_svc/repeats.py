"""What a repeat of a creating call is answered: what its first call was (contract, section 2)."""

import hashlib
from dataclasses import replace
from datetime import timedelta

from google.protobuf.message import Message

from orchestrator_svc.domain.model import Generation, Project
from orchestrator_svc.domain.status import Status
from orchestrator_svc.store.values import Idempotency


def as_started(generation: Generation, *, cancel_after: timedelta | None) -> Generation:
    """Return a generation as its start was answered, whatever has become of it since.

    Args:
        generation: As it is now.
        cancel_after: What its start asked for.
    """
    return replace(
        generation,
        status=Status.PENDING,
        attempt=1,
        progress=0.0,
        snapshot_id="",
        generated_snapshot_id="",
        phase_files=(),
        kept_phases=frozenset(),
        file_count=0,
        conflict_count=0,
        quality_score=None,
        error="",
        title="",
        description="",
        tags=(),
        update_time=generation.create_time,
        end_time=None,
        cancel_after=cancel_after,
    )


def idempotency_of(request: Message) -> Idempotency | None:
    """Return what makes a repeat of a request known; None without a key."""
    key: str = request.request_id  # type: ignore[attr-defined]
    if not key:
        return None
    body = type(request)()
    body.CopyFrom(request)
    body.ClearField("request_id")
    name = type(request).__name__.encode()
    digest = hashlib.sha256(name + body.SerializeToString(deterministic=True)).hexdigest()
    return Idempotency(key=key, request_hash=digest)


def as_created(project: Project, new: Project) -> Project:
    """Return a project as its creation was answered, whatever has become of it since.

    Args:
        project: As it is now.
        new: As the repeat would make it.
    """
    return replace(
        new,
        project_id=project.project_id,
        create_time=project.create_time,
        update_time=project.create_time,
    )
