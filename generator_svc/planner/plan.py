"""The planner's one entry: a request in, a checked plan out."""

from generator_svc.planner.document import read_document
from generator_svc.planner.request import Plan, PlanRequest


def plan(request: PlanRequest) -> Plan:
    """Plan."""
    spec = request.spec or read_document(request.document)  # type: ignore[arg-type]
    return Plan(spec=spec)
