"""Values of the domain to messages and back."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from backsmith.orchestrator.v1 import (
    channel_pb2,
    generation_pb2,
    orchestrator_service_pb2,
    project_pb2,
)
from backsmith.progress.v1 import progress_pb2
from backsmith.spec.v1 import spec_pb2
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from orchestrator_svc.domain.model import Details, Generation, Mode, Project
from orchestrator_svc.domain.modes import features_of
from orchestrator_svc.domain.stages import Announcement, PhaseInfo
from orchestrator_svc.domain.status import Status
from orchestrator_svc.store.values import Filter, Statistics

_STATUSES = {
    Status.PENDING: progress_pb2.GENERATION_STATUS_PENDING,
    Status.PROCESSING: progress_pb2.GENERATION_STATUS_PROCESSING,
    Status.COMPLETED: progress_pb2.GENERATION_STATUS_COMPLETED,
    Status.FAILED: progress_pb2.GENERATION_STATUS_FAILED,
    Status.CANCELLED: progress_pb2.GENERATION_STATUS_CANCELLED,
}
_STATUSES_BACK = {value: status for status, value in _STATUSES.items()}
_MODES = {
    Mode.CLASSIC: generation_pb2.GENERATION_MODE_CLASSIC,
    Mode.ENHANCED: generation_pb2.GENERATION_MODE_ENHANCED,
    Mode.AUTO: generation_pb2.GENERATION_MODE_AUTO,
}
_MODES_BACK = {value: mode for mode, value in _MODES.items()}


def status_to_proto(status: Status) -> "progress_pb2.GenerationStatus.ValueType":
    """Write a status."""
    return _STATUSES[status]


def status_from_proto(value: "progress_pb2.GenerationStatus.ValueType") -> Status:
    """Read a status; PENDING when it is not set."""
    return _STATUSES_BACK.get(value, Status.PENDING)


def mode_from_proto(value: "generation_pb2.GenerationMode.ValueType") -> Mode:
    """Read a mode; AUTO when it is not set."""
    return _MODES_BACK.get(value, Mode.AUTO)


def timestamp(instant: datetime) -> Timestamp:
    """Write an instant."""
    written = Timestamp()
    written.FromDatetime(instant)
    return written


def generation_to_proto(
    generation: Generation, details: Details | None = None
) -> generation_pb2.Generation:
    """Write a generation, with its bulky parts if they are given."""
    written = generation_pb2.Generation(
        generation_id=generation.generation_id,
        user_id=generation.user_id,
        project_id=generation.project_id,
        project_name=generation.project_name,
        auto_created_project=generation.auto_created_project,
        version=generation.version,
        status=status_to_proto(generation.status),
        progress=generation.progress,
        prompt=generation.prompt,
        generation_mode=_MODES[generation.mode],
        ab_group=generation.ab_group,
        enhanced_features=features_of(generation.mode),
        engine=generation.engine,
        is_iteration=bool(generation.parent_generation_id),
        parent_generation_id=generation.parent_generation_id,
        snapshot_id=generation.snapshot_id,
        generated_snapshot_id=generation.generated_snapshot_id,
        phases_completed=generation.phases_completed,
        file_count=generation.file_count,
        conflict_count=generation.conflict_count,
        quality_score=generation.quality_score,
        error=generation.error,
        attempt=generation.attempt,
        title=generation.title,
        description=generation.description,
        tags=generation.tags,
        create_time=timestamp(generation.create_time),
        update_time=timestamp(generation.update_time),
    )
    if generation.end_time:
        written.end_time.CopyFrom(timestamp(generation.end_time))
    if generation.cancel_after is not None:
        written.cancel_after.FromTimedelta(generation.cancel_after)
    if details:
        written.spec.CopyFrom(spec_pb2.ProjectSpec.FromString(details.spec))
        json_format.ParseDict(dict(details.context), written.context)
    return written


def project_to_proto(project: Project) -> project_pb2.Project:
    """Write a project."""
    return project_pb2.Project(
        project_id=project.project_id,
        user_id=project.user_id,
        name=project.name,
        description=project.description,
        latest_version=project.latest_version,
        active_generation_id=project.active_generation_id,
        create_time=timestamp(project.create_time),
        update_time=timestamp(project.update_time),
    )


def context_from_proto(context: Struct) -> Mapping[str, Any]:
    """Read what a caller sent along."""
    read: Mapping[str, Any] = json.loads(json_format.MessageToJson(context))
    return read


def cancel_after_from_proto(
    request: orchestrator_service_pb2.StartGenerationRequest
    | orchestrator_service_pb2.StartIterationRequest
    | orchestrator_service_pb2.SetCancelAfterRequest,
) -> timedelta | None:
    """Read how long a generation goes on without viewers; None: for as long as it takes."""
    return request.cancel_after.ToTimedelta() if request.HasField("cancel_after") else None


def filter_from_proto(
    request: orchestrator_service_pb2.ListGenerationsRequest
    | orchestrator_service_pb2.GetStatisticsRequest,
) -> Filter:
    """Read which generations to list or to count."""
    return Filter(
        statuses=tuple(status_from_proto(status) for status in request.statuses),
        project_id=request.project_id,
        parent_generation_id=request.parent_generation_id,
        is_iteration=request.is_iteration if request.HasField("is_iteration") else None,
        min_quality_score=(
            request.min_quality_score if request.HasField("min_quality_score") else None
        ),
    )


def statistics_to_proto(
    statistics: Statistics,
) -> orchestrator_service_pb2.GetStatisticsResponse:
    """Write counts."""
    written = orchestrator_service_pb2.GetStatisticsResponse(
        total=sum(statistics.by_status.values()),
        by_status=[
            orchestrator_service_pb2.StatusCount(status=status_to_proto(status), count=count)
            for status, count in sorted(statistics.by_status.items())
        ],
        iterations=statistics.iterations,
        mean_quality_score=statistics.mean_quality_score,
    )
    if statistics.mean_duration is not None:
        written.mean_duration_seconds = statistics.mean_duration.total_seconds()
    return written


def event_to_proto(
    generation: Generation, announcement: Announcement, *, progress: float, now: datetime
) -> progress_pb2.ProgressEvent:
    """Write an announcement of a generation.

    Args:
        generation: What it is about.
        announcement: What is told.
        progress: How much is done, which may be more than the announcement knows of.
        now: When it is told.
    """
    return progress_pb2.ProgressEvent(
        generation_id=generation.generation_id,
        status=status_to_proto(announcement.status),
        stage=announcement.stage,
        progress=progress,
        message=announcement.message,
        event_time=timestamp(now),
        project_id=generation.project_id,
        version=generation.version,
        generation_mode=generation.mode.value,
        ab_group=generation.ab_group or None,
        enhanced_features=features_of(generation.mode),
        current_file=announcement.current_file or None,
        phase_info=_phase_info(announcement.phase) if announcement.phase else None,
        error=announcement.error or None,
        warning_type=announcement.warning_type or None,
        parent_file_count=announcement.parent_file_count,
        new_file_count=announcement.new_file_count,
        attempt=generation.attempt,
    )


def _phase_info(info: PhaseInfo) -> progress_pb2.PhaseInfo:
    return progress_pb2.PhaseInfo(
        total_phases=info.total_phases,
        current_phase=info.current_phase,
        entities_count=info.entities_count,
        phase=info.phase,
        name=info.name,
        files_generated=info.files_generated,
        total_files=info.total_files,
    )


def progress_record(events: Sequence[progress_pb2.ProgressEvent]) -> bytes:
    """Write progress as the event log keeps it."""
    return _record([channel_pb2.ChannelEvent(generation=event) for event in events])


def files_record(events: Sequence[channel_pb2.FileEvent]) -> bytes:
    """Write changes of files as the event log keeps them."""
    return _record([channel_pb2.ChannelEvent(file=event) for event in events])


def project_record(project: Project) -> bytes:
    """Write a change of a project as the event log keeps it."""
    return _record([channel_pb2.ChannelEvent(project=project_to_proto(project))])


def _record(events: Sequence[channel_pb2.ChannelEvent]) -> bytes:
    return channel_pb2.EventRecord(events=events).SerializeToString()


def events_of(data: bytes) -> Sequence[channel_pb2.ChannelEvent]:
    """Read what one message of the event log holds."""
    return channel_pb2.EventRecord.FromString(data).events


def progress_of(data: bytes) -> Sequence[progress_pb2.ProgressEvent]:
    """Read the progress that one message of the event log holds."""
    return [event.generation for event in events_of(data)]
