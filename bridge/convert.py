"""Protobuf messages and wire models, each into the other."""

import json
from datetime import UTC, datetime
from typing import Any, Literal, cast

from backsmith.files.v1 import snapshot_pb2
from backsmith.generator.v1 import generator_service_pb2 as generator_pb
from backsmith.generator.v1.generator_service_pb2 import (
    PlanRequest,
    PlanResponse,
    ProofReport,
    TextSpan,
)
from backsmith.orchestrator.v1 import generation_pb2, project_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from backsmith.progress.v1 import progress_pb2
from backsmith.spec.v1 import spec_pb2
from google.protobuf import duration_pb2, json_format, struct_pb2

from bridge.schemas.file import FileOut
from bridge.schemas.generation import GenerationDetailOut, GenerationOut, Status
from bridge.schemas.plan import LossOut, PlanOut, SourceOut, SpanOut
from bridge.schemas.project import ProjectOut
from bridge.schemas.review import GateOut, ReviewOut
from bridge.schemas.start import GenerateBody, IterateBody, PlanBody
from bridge.schemas.statistics import StatisticsOut
from bridge.spec_document import (
    patch_document_from_proto,
    spec_document_from_proto,
    whole,
)
from bridge.sse.event import Standing
from chassis.errors import FieldViolation, InvalidInputError

MODES = {
    "classic": generation_pb2.GENERATION_MODE_CLASSIC,
    "enhanced": generation_pb2.GENERATION_MODE_ENHANCED,
    "auto": generation_pb2.GENERATION_MODE_AUTO,
}
STACKS = {
    "fastapi_sqlite": spec_pb2.TECH_STACK_FASTAPI_SQLITE,
    "fastapi_postgres": spec_pb2.TECH_STACK_FASTAPI_POSTGRES,
    None: spec_pb2.TECH_STACK_UNSPECIFIED,
}
STATUS_WORDS: dict[int, Status] = {
    progress_pb2.GENERATION_STATUS_PENDING: "pending",
    progress_pb2.GENERATION_STATUS_PROCESSING: "processing",
    progress_pb2.GENERATION_STATUS_COMPLETED: "completed",
    progress_pb2.GENERATION_STATUS_FAILED: "failed",
    progress_pb2.GENERATION_STATUS_CANCELLED: "cancelled",
}
OUTCOMES: dict[int, Literal["passed", "failed", "skipped"]] = {
    generator_pb.GATE_OUTCOME_PASSED: "passed",
    generator_pb.GATE_OUTCOME_FAILED: "failed",
    generator_pb.GATE_OUTCOME_SKIPPED: "skipped",
}
STATUSES: dict[str, Any] = {word: number for number, word in STATUS_WORDS.items()}


def start_request_from_body(
    body: GenerateBody, *, request_id: str
) -> orchestrator_pb.StartGenerationRequest:
    """Return the request that a body stands for; the spec goes on as its user wrote it."""
    request = orchestrator_pb.StartGenerationRequest(
        prompt=body.prompt or "",
        project_id=body.project_id or "",
        project_name=body.project_name or "",
        context=struct_from_json(body.context, field="context"),
        tech_stack=STACKS[body.tech_stack],
        domain=body.domain or "",
        constraints=body.constraints,
        engine=body.engine or "",
        generation_mode=MODES[body.generation_mode],
        request_id=request_id,
        cancel_after=duration_from_seconds(body.cancel_after),
    )
    if body.spec is not None:
        request.spec_document.CopyFrom(spec_document_from_json(body.spec))
    return request


def iteration_request_from_body(
    body: IterateBody, *, request_id: str
) -> orchestrator_pb.StartIterationRequest:
    """Return the request that a body stands for; the patch goes on as its user wrote it."""
    request = orchestrator_pb.StartIterationRequest(
        parent_generation_id=body.parent_generation_id,
        modification_prompt=body.modification_prompt or "",
        context=struct_from_json(body.context, field="context"),
        confirm_destructive=body.confirm_destructive,
        generation_mode=MODES[body.generation_mode],
        request_id=request_id,
        cancel_after=duration_from_seconds(body.cancel_after),
    )
    if body.spec_patch is not None:
        request.patch_document.CopyFrom(spec_document_from_json(body.spec_patch))
    return request


def duration_from_seconds(seconds: int | None) -> duration_pb2.Duration | None:
    """Return so many seconds as a message, or None for none."""
    return None if seconds is None else duration_pb2.Duration(seconds=seconds)


def plan_request_from_body(body: PlanBody) -> orchestrator_pb.PlanGenerationRequest:
    """Return the request that a body stands for."""
    request = PlanRequest(
        prompt=body.modification_prompt or body.prompt or "",
        project_name=body.project_name or "",
        tech_stack=STACKS[body.tech_stack],
        domain=body.domain or "",
        constraints=body.constraints,
    )
    if body.spec is not None:
        request.spec_document.CopyFrom(spec_document_from_json(body.spec))
    if body.spec_patch is not None:
        request.patch_document.CopyFrom(spec_document_from_json(body.spec_patch))
    return orchestrator_pb.PlanGenerationRequest(
        plan=request, parent_generation_id=body.parent_generation_id or ""
    )


def plan_to_out(plan: PlanResponse) -> PlanOut:
    """Return a plan as callers see it."""
    sources = [
        SourceOut(
            path=source.path,
            rule=source.rule,
            span=_span(source.span) if source.HasField("span") else None,
        )
        for source in plan.sources
    ]
    return PlanOut(
        spec=spec_document_from_proto(plan.spec),
        sources=sources,
        unresolved=[_span(span) for span in plan.unresolved],
        patch=patch_document_from_proto(plan.patch) if plan.HasField("patch") else None,
        losses=[
            LossOut(target=loss.target, reason=loss.reason, message=loss.message)
            for loss in plan.losses
        ],
    )


def _span(span: TextSpan) -> SpanOut:
    return SpanOut(start=span.start, end=span.end, text=span.text)


def review_to_out(generation_id: str, report: ProofReport) -> ReviewOut:
    """Return a proof report as callers see it."""
    gates = [
        GateOut(
            name=gate.name,
            tier=gate.tier,
            outcome=OUTCOMES[gate.outcome],
            reason=gate.reason,
            findings=list(gate.findings),
        )
        for gate in report.gates
    ]
    return ReviewOut(generation_id=generation_id, score=report.score, gates=gates)


def statistics_to_out(counted: orchestrator_pb.GetStatisticsResponse) -> StatisticsOut:
    """Return counts as callers see them: every status, also one that has none."""
    by_status: dict[str, int] = dict.fromkeys(STATUSES, 0)
    by_status |= {STATUS_WORDS[each.status]: each.count for each in counted.by_status}
    return StatisticsOut(
        total=counted.total,
        by_status=by_status,
        iterations=counted.iterations,
        mean_quality_score=optional(counted, "mean_quality_score"),
        mean_duration_seconds=optional(counted, "mean_duration_seconds"),
    )


def spec_document_from_json(spec: dict[str, Any]) -> spec_pb2.SpecDocument:
    """Return a spec as a document, its keys in the order they were written."""
    return spec_pb2.SpecDocument(
        format=spec_pb2.SPEC_FORMAT_JSON, content=json.dumps(spec, ensure_ascii=False).encode()
    )


def struct_from_json(value: dict[str, Any], *, field: str) -> struct_pb2.Struct:
    """Return a JSON object as a message.

    Raises:
        InvalidInputError: It holds a number that a 64-bit float cannot hold.
    """
    struct = struct_pb2.Struct()
    try:
        json_format.ParseDict(value, struct)
    except (json_format.ParseError, OverflowError, RecursionError):
        violation = FieldViolation(
            field=field, message="holds a value that is too large or too deep", reason="UNHOLDABLE"
        )
        raise InvalidInputError(
            f"The request is not valid: {field}.", violations=[violation]
        ) from None
    return struct


def generation_to_out(generation: generation_pb2.Generation) -> GenerationOut:
    """Return a generation as callers see it."""
    return GenerationOut(**_fields(generation))


def generation_to_detail(generation: generation_pb2.Generation) -> GenerationDetailOut:
    """Return a generation as callers see it, with its spec."""
    return GenerationDetailOut(
        **_fields(generation),
        context=json_from_struct(generation.context),
        spec=spec_document_from_proto(generation.spec),
    )


def _fields(generation: generation_pb2.Generation) -> dict[str, Any]:
    mode: Literal["classic", "enhanced"] = (
        "enhanced"
        if generation.generation_mode == generation_pb2.GENERATION_MODE_ENHANCED
        else "classic"
    )
    return {
        "generation_id": generation.generation_id,
        "status": STATUS_WORDS[generation.status],
        "progress": generation.progress,
        "user_id": generation.user_id,
        "project_id": generation.project_id,
        "project_name": generation.project_name,
        "auto_created_project": generation.auto_created_project,
        "version": generation.version,
        "title": generation.title,
        "description": generation.description,
        "tags": list(generation.tags),
        "prompt": generation.prompt,
        "generation_mode": mode,
        "ab_group": generation.ab_group or None,
        "enhanced_features": list(generation.enhanced_features),
        "engine": generation.engine,
        "is_iteration": generation.is_iteration,
        "parent_generation_id": generation.parent_generation_id or None,
        "attempt": generation.attempt,
        "phases_completed": generation.phases_completed,
        "file_count": generation.file_count,
        "conflict_count": generation.conflict_count,
        "quality_score": optional(generation, "quality_score"),
        "error": generation.error or None,
        "cancel_after": (
            generation.cancel_after.seconds if generation.HasField("cancel_after") else None
        ),
        "created_at": generation.create_time.ToDatetime(UTC),
        "updated_at": generation.update_time.ToDatetime(UTC),
        "ended_at": time_from_proto(generation, "end_time"),
    }


def json_from_struct(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Return a message as a JSON object; whole numbers come back as such."""
    return cast("dict[str, Any]", whole(json_format.MessageToDict(struct)))


def optional(message: Any, field: str) -> Any:
    """Return a field, or None when it is absent."""
    return getattr(message, field) if message.HasField(field) else None


def time_from_proto(message: Any, field: str) -> datetime | None:
    """Return an instant, or None when it is absent."""
    return getattr(message, field).ToDatetime(UTC) if message.HasField(field) else None


def project_to_out(project: project_pb2.Project) -> ProjectOut:
    """Return a project as callers see it."""
    return ProjectOut(
        project_id=project.project_id,
        user_id=project.user_id,
        name=project.name,
        description=project.description,
        latest_version=project.latest_version,
        active_generation_id=project.active_generation_id or None,
        created_at=project.create_time.ToDatetime(UTC),
        updated_at=project.update_time.ToDatetime(UTC),
    )


def file_to_out(entry: snapshot_pb2.FileEntry) -> FileOut:
    """Return a file as callers see it."""
    return FileOut(path=entry.path, size_bytes=entry.digest.size_bytes, digest=entry.digest.sha256)


def generation_to_standing(generation: generation_pb2.Generation) -> Standing:
    """Return how far a generation is."""
    return Standing(
        status=STATUS_WORDS[generation.status],
        progress=generation.progress,
        phases_completed=generation.phases_completed,
        files=generation.file_count,
        project_id=generation.project_id,
        version=generation.version,
    )
