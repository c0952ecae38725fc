"""Turns a prompt, or a spec as written, into a checked plan, without a model."""

from generator_svc.planner.plan import plan
from generator_svc.planner.request import (
    Plan,
    PlanRequest,
    Source,
    Span,
    SpecDocument,
    SpecFormat,
)

__all__ = ["Plan", "PlanRequest", "Source", "Span", "SpecDocument", "SpecFormat", "plan"]
