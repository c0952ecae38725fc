"""Progress events as the JSON of contract 3.3."""

from typing import Any

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from backsmith.progress.v1 import progress_pb2
from google.protobuf.message import Message

from bridge.convert import STATUS_WORDS
from bridge.sse.event import Event, Standing
from bridge.sse.frames import json_line

TERMINAL = {"completed", "failed", "cancelled"}
OPTIONAL = (
    "generation_mode",
    "ab_group",
    "estimated_time_remaining",
    "current_file",
    "partial_output",
    "error",
    "warning_type",
    "parent_file_count",
    "new_file_count",
)


def event_from_watched(watched: orchestrator_pb.WatchedEvent) -> Event:
    """Return an event, encoded."""
    event = watched.event
    status = STATUS_WORDS[event.status]
    return Event(
        cursor=watched.cursor,
        data=json_line(progress_to_json(event)),
        standing=_standing(event, status),
        terminal=status in TERMINAL,
    )


def progress_to_json(event: progress_pb2.ProgressEvent) -> dict[str, Any]:
    """Return a progress event's JSON object; absent optionals are left out."""
    body: dict[str, Any] = {
        "generation_id": event.generation_id,
        "status": STATUS_WORDS[event.status],
        "stage": event.stage,
        "progress": event.progress,
        "message": event.message,
        "timestamp": event.event_time.seconds + event.event_time.nanos / 1e9,
        "project_id": event.project_id,
        "version": event.version,
    }
    body.update((name, getattr(event, name)) for name in OPTIONAL if _has(event, name))
    if event.enhanced_features:
        body["enhanced_features"] = list(event.enhanced_features)
    if event.HasField("phase_info"):
        body["phase_info"] = _phase(event.phase_info)
    if event.attempt > 1:
        body["attempt"] = event.attempt
    return body


def _has(event: Message, name: str) -> bool:
    return event.HasField(name)


def _phase(phase: progress_pb2.PhaseInfo) -> dict[str, Any]:
    return {
        "total_phases": phase.total_phases,
        "current_phase": phase.current_phase,
        "entities_count": phase.entities_count,
        "phase": phase.phase,
        "name": phase.name,
        "files_generated": phase.files_generated,
        "total_files": phase.total_files,
    }


def _standing(event: progress_pb2.ProgressEvent, status: str) -> Standing:
    phase = event.phase_info
    done = event.stage == f"{phase.phase}_complete" or status == "completed"
    return Standing(
        status=status,
        progress=event.progress,
        phases_completed=phase.current_phase if done else max(0, phase.current_phase - 1),
        files=phase.total_files,
        project_id=event.project_id,
        version=event.version,
    )
