"""Renders specs of the corpus as the service does."""

from generator_svc.domain.spec import ProjectSpec
from generator_svc.engines.interface import GeneratedFile
from generator_svc.engines.template import TemplateEngine
from generator_svc.phases.registry import PHASES


def render(spec: ProjectSpec) -> dict[str, bytes]:
    """Return every file of a project, by path."""
    engine = TemplateEngine()
    return {
        step.path: step.content
        for phase in PHASES
        for step in engine.generate(spec, phase.number)
        if isinstance(step, GeneratedFile)
    }
