"""Phase 3: the first or the next migration, rendered from specs, and what runs migrations."""

from collections.abc import Iterator

from generator_svc.domain.iteration import Base
from generator_svc.phases.drafts import Draft
from generator_svc.phases.migrating.change import change_migration
from generator_svc.phases.model import auth
from generator_svc.phases.model.project import ProjectModel
from generator_svc.phases.model.tables import Table


def drafts(project: ProjectModel, base: Base | None = None) -> Iterator[Draft]:
    """Draft the first migration, or the one that follows those of a base."""
    yield Draft(path="alembic.ini", template="migrations/alembic.ini")
    yield Draft(path="migrations/env.py", template="migrations/env.py")
    yield Draft(path="migrations/script.py.mako", template="migrations/script.py.mako")
    if base is not None:
        change = change_migration(project, base)
        yield from [change] if change else []
        return
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
