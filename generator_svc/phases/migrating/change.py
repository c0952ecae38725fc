"""Phase 3 of an iteration: one new migration, after those of the parent."""

from collections.abc import Iterator

from generator_svc.domain.iteration import Base
from generator_svc.domain.naming import bounded, words
from generator_svc.phases.drafts import Draft
from generator_svc.phases.migrating.history import FOLDER, History, read_history
from generator_svc.phases.migrating.matching import Difference, difference
from generator_svc.phases.migrating.naming import Renames
from generator_svc.phases.migrating.steps import changing, steps
from generator_svc.phases.model.project import ProjectModel, build
from generator_svc.phases.model.source import sentence

SLUG_MAX = 40
"""The longest part of a file's name that says what it changes."""

_HELPERS = ("fill", "adopt", "demand", "replace", "cut", "convert", "purge")


def change_migration(project: ProjectModel, base: Base) -> Draft | None:
    """Draft the migration from a base to a project; None when no table changes.

    Raises:
        InvalidInputError: The base's migrations do not form one line.
    """
    found = difference(build(base.spec), project, Renames(base.renames))
    upgrade, downgrade = steps(found), steps(found.reversed())
    if not upgrade and not downgrade:
        return None
    history = read_history(base.migrations)
    revision, told = _revision(base.version, history), [*_told(found)]
    slug = bounded(told[0].replace(" ", "_"), SLUG_MAX)
    return Draft(
        path=f"{FOLDER}{revision}_{slug}{'_and_more' if told[1:] else ''}.py",
        template="migrations/change.py",
        context={
            "summary": sentence(", ".join(told), otherwise="Change the tables"),
            "revision": revision,
            "down_revision": history.head,
            "upgrade": upgrade,
            "downgrade": downgrade,
            "helpers": [name for name in _HELPERS if _uses(name, [*upgrade, *downgrade])],
        },
    )


def _uses(helper: str, lines: list[str]) -> bool:
    return any(line.startswith(f"_{helper}(") for line in lines)


def _revision(version: int, history: History) -> str:
    """Return the version's number, or the next one that its user has not taken."""
    while f"{version:04d}" in history.revisions:
        version += 1
    return f"{version:04d}"


def _told(found: Difference) -> Iterator[str]:
    """Say what changes, in words."""
    yield from (f"create {words(table.name)}" for table in found.created)
    for each in changing(found):
        old, new = words(each.pair.old.name), words(each.pair.new.name)
        if old != new:
            yield f"rename {old} to {new}"
        elif any(each.statements()):
            yield f"change {new}"
    yield from (f"drop {words(table.name)}" for table in found.dropped)
