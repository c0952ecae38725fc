"""Messages of the generator's contract to plain values, and back."""

from collections.abc import Mapping
from types import MappingProxyType

from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.spec.v1 import spec_pb2

from generator_svc.convert_patch import loss_to_proto, patch_to_proto
from generator_svc.convert_spec import spec_from_proto, spec_to_proto, word
from generator_svc.domain.spec import TechStack
from generator_svc.planner import Plan, PlanRequest, Source, Span, SpecDocument, SpecFormat

__all__ = ["plan_request_from_proto", "plan_to_proto", "spec_from_proto", "spec_to_proto"]

_FORMATS: Mapping[int, SpecFormat] = MappingProxyType(
    {spec_pb2.SPEC_FORMAT_JSON: SpecFormat.JSON, spec_pb2.SPEC_FORMAT_YAML: SpecFormat.YAML}
)


def plan_request_from_proto(message: pb.PlanRequest) -> PlanRequest:
    """Return what to plan."""
    source = message.WhichOneof("source")
    return PlanRequest(
        prompt=message.prompt,
        spec=spec_from_proto(message.spec) if source == "spec" else None,
        document=_document_from_proto(message.spec_document) if source == "spec_document" else None,
        project_name=message.project_name,
        tech_stack=word(spec_pb2.TechStack, TechStack, message.tech_stack),
        domain=message.domain,
        constraints=tuple(message.constraints),
        base=spec_from_proto(message.base) if message.HasField("base") else None,
        patch=_patch_from_proto(message),
    )


def plan_to_proto(plan: Plan) -> pb.PlanResponse:
    """Return a plan as a message."""
    return pb.PlanResponse(
        spec=spec_to_proto(plan.spec),
        sources=[_source_to_proto(source) for source in plan.sources],
        unresolved=[_span_to_proto(span) for span in plan.unresolved],
        patch=patch_to_proto(plan.patch) if plan.patch is not None else None,
        losses=[loss_to_proto(loss) for loss in plan.losses],
    )


def _patch_from_proto(message: pb.PlanRequest) -> SpecDocument | None:
    written = message.HasField("patch_document")
    return _document_from_proto(message.patch_document) if written else None


def _document_from_proto(message: spec_pb2.SpecDocument) -> SpecDocument:
    return SpecDocument(
        content=message.content, format=_FORMATS.get(message.format, SpecFormat.YAML)
    )


def _source_to_proto(source: Source) -> pb.PlanSource:
    span = _span_to_proto(source.span) if source.span else None
    return pb.PlanSource(path=source.path, rule=source.rule, span=span)


def _span_to_proto(span: Span) -> pb.TextSpan:
    return pb.TextSpan(start=span.start, end=span.end, text=span.text)
