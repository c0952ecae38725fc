"""Rows to values and back."""

from typing import Any

from sqlalchemy import Row, Select, select

from orchestrator_svc.domain.model import Generation, Mode, Project
from orchestrator_svc.domain.status import Status
from orchestrator_svc.store.tables import generations, projects


def select_generations() -> Select[Any]:
    """Select generations, with the names of their projects."""
    return select(generations, projects.c.name.label("project_name")).join(projects)


def generation_from_row(row: Row[Any]) -> Generation:
    """Read a generation."""
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's columns
    values["status"] = Status(values["status"])
    values["mode"] = Mode(values["mode"])
    values["phase_files"] = tuple(values["phase_files"])
    values["tags"] = tuple(values["tags"])
    return Generation(**values)


def generation_to_row(generation: Generation) -> dict[str, Any]:
    """Write a generation."""
    values = {
        name: getattr(generation, name)
        for name in generations.c.keys()  # noqa: SIM118 - a column collection iterates columns
    }
    values["status"] = generation.status.value
    values["mode"] = generation.mode.value
    values["phase_files"] = list(generation.phase_files)
    values["tags"] = list(generation.tags)
    return values


def project_from_row(row: Row[Any]) -> Project:
    """Read a project."""
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's columns
    del values["active_version"]
    return Project(**values)
