"""Rows to values and back."""

from typing import Any

from sqlalchemy import Row, Select, select

from orchestrator_svc.domain.model import Details, Generation, Mode, Origin, Project
from orchestrator_svc.domain.status import Status
from orchestrator_svc.store.tables import details, generations, projects

KEPT = "kept"
"""What marks the number of files of a phase that an iteration left as its parent has it."""


def select_generations() -> Select[Any]:
    """Select generations, with the names of their projects."""
    return select(generations, projects.c.name.label("project_name")).join(projects)


def generation_from_row(row: Row[Any]) -> Generation:
    """Read a generation."""
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's columns
    values["status"] = Status(values["status"])
    values["mode"] = Mode(values["mode"])
    values |= _read_phases(values["phase_files"])
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
    values["phase_files"] = phases_to_row(generation)
    values["tags"] = list(generation.tags)
    return values


def phases_to_row(generation: Generation) -> list[int | dict[str, int]]:
    """Write how many files each phase has, and which phases were kept as the parent has them."""
    return [
        {KEPT: files} if number in generation.kept_phases else files
        for number, files in enumerate(generation.phase_files, start=1)
    ]


def _read_phases(written: list[int | dict[str, int]]) -> dict[str, Any]:
    kept = {number for number, each in enumerate(written, start=1) if isinstance(each, dict)}
    files = (each[KEPT] if isinstance(each, dict) else each for each in written)
    return {"phase_files": tuple(files), "kept_phases": frozenset(kept)}


DETAILS = (
    details.c.spec,
    details.c.context,
    details.c.patch,
    details.c.base_spec,
    details.c.base_snapshot_id,
    details.c.ours_snapshot_id,
    details.c.conflicts,
)


def details_from_row(row: Row[Any]) -> Details:
    """Read a generation's bulky parts."""
    origin = None
    if row.patch is not None:
        origin = Origin(
            patch=row.patch,
            base_spec=row.base_spec,
            base_snapshot_id=row.base_snapshot_id,
            ours_snapshot_id=row.ours_snapshot_id,
        )
    return Details(spec=row.spec, context=row.context, origin=origin, conflicts=row.conflicts)


def details_to_row(generation_id: str, parts: Details) -> dict[str, Any]:
    """Write a generation's bulky parts."""
    origin = parts.origin
    return {
        "generation_id": generation_id,
        "spec": parts.spec,
        "context": dict(parts.context),
        "patch": origin.patch if origin else None,
        "base_spec": origin.base_spec if origin else None,
        "base_snapshot_id": origin.base_snapshot_id if origin else "",
        "ours_snapshot_id": origin.ours_snapshot_id if origin else "",
        "conflicts": parts.conflicts,
    }


def project_from_row(row: Row[Any]) -> Project:
    """Read a project."""
    values = dict(row._mapping)  # noqa: SLF001 - the public name of a row's columns
    del values["active_version"]
    return Project(**values)
