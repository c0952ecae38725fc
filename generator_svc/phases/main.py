"""Phase 6: the application, and what makes the packages whole."""

from collections.abc import Iterator

from generator_svc.phases.drafts import Draft, package
from generator_svc.phases.model.project import ProjectModel


def drafts(project: ProjectModel) -> Iterator[Draft]:
    """Draft the application and the packages of the entities."""
    yield Draft(path="app/main.py", template="app/main.py")
    yield Draft(path="app/openapi.py", template="support/openapi.py")
    yield Draft(
        path="app/models/__init__.py",
        template="app/models_init.py",
        context={"all_models": _models(project)},
    )
    yield package("app/repositories", "What stores and finds the rows of each entity.")
    yield Draft(path="app/routers/__init__.py", template="app/routers_init.py")
    yield package("app/schemas", "What each entity looks like on the wire.")
    yield package("app/services", "Your own rules for each entity.")


def _models(project: ProjectModel) -> list[str]:
    classes = [each.class_name for each in project.entities]
    links = [link.class_name for link in project.links]
    return [*(["auth_models"] if project.auth else []), *sorted([*classes, *links])]
