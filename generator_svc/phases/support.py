"""Phase 5: what surrounds the code: packaging, configuration, containers, continuous integration."""

from collections.abc import Iterator

from generator_svc.phases.drafts import Draft
from generator_svc.phases.model.project import ProjectModel


def drafts(project: ProjectModel) -> Iterator[Draft]:
    """Draft the support files."""
    return iter(())
