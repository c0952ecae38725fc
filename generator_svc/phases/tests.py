"""Phase 4: the project's own tests."""

from collections.abc import Iterator

from generator_svc.phases.drafts import Draft
from generator_svc.phases.model.project import ProjectModel


def drafts(project: ProjectModel) -> Iterator[Draft]:
    """Draft the tests, where the project has some."""
    return iter(())
