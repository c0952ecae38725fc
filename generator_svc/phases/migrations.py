"""Phase 3: the first migration, rendered from the spec, and what runs migrations."""

from collections.abc import Iterator

from generator_svc.phases.drafts import Draft
from generator_svc.phases.model import auth
from generator_svc.phases.model.project import ProjectModel
from generator_svc.phases.model.tables import Table


def drafts(project: ProjectModel) -> Iterator[Draft]:
    """Draft the migrations."""
    yield Draft(path="alembic.ini", template="migrations/alembic.ini")
    yield Draft(path="migrations/env.py", template="migrations/env.py")
    yield Draft(path="migrations/script.py.mako", template="migrations/script.py.mako")
    yield Draft(
        path="migrations/versions/0001_initial.py",
        template="migrations/0001_initial.py",
        context={"tables": tables(project)},
    )


def tables(project: ProjectModel) -> list[Table]:
    """Return every table, in an order in which they can be created."""
    own = [each.model_table for each in project.creation_order]
    links = [link.table for link in project.links]
    return [*(auth.TABLES if project.auth else ()), *own, *links]
