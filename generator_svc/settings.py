"""The generator's settings."""

from dataclasses import dataclass
from typing import ClassVar

from chassis.auth import AuthSettings
from chassis.server import ServerSettings
from generator_svc.assessment import AssessmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratorSettings:
    """How the generator runs."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_GENERATOR"

    server: ServerSettings
    """How it serves."""

    auth: AuthSettings
    """How its callers are verified."""

    default_engine: str = "template"
    """The engine for requests that name none."""

    assessment: AssessmentSettings
    """How far projects are assessed, and under which limits."""
