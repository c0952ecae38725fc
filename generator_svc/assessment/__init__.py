"""The assessment: gates over a generated project, and the proof report they make."""

from generator_svc.assessment.assess import GateStarted, Step, assess, assessed
from generator_svc.assessment.report import GateResult, Outcome, Report, Tier
from generator_svc.assessment.settings import AssessmentSettings, SandboxSettings
from generator_svc.assessment.text import render

__all__ = [
    "AssessmentSettings",
    "GateResult",
    "GateStarted",
    "Outcome",
    "Report",
    "SandboxSettings",
    "Step",
    "Tier",
    "assess",
    "assessed",
    "render",
]
