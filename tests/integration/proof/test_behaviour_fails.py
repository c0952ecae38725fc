"""The behaviour suite sees what is wrong: each way of breaking a project fails its check."""

import pytest

from tests.corpus.loading import load
from tests.corpus.rendering import render
from tests.integration.proof.behaviour import (
    access_checks,
    refusal_checks,
    relation_checks,
    rows_checks,
)
from tests.integration.proof.behaviour.suite import Check, misbehaviour

REPOSITORY = "app/core/repository.py"

BREAKAGES: dict[str, tuple[str, str, str, Check]] = {
    "pages repeat rows": (
        REPOSITORY,
        ".offset(query.offset)",
        ".offset(0)",
        rows_checks.pages,
    ),
    "unknown fields are taken": (
        "app/core/schemas.py",
        'extra="forbid"',
        'extra="ignore"',
        refusal_checks.refuses_mass_assignment,
    ),
    "strangers see owned rows": (
        REPOSITORY,
        "yield model.owner_id == self.caller.id",
        "yield model.owner_id.is_not(None)",
        access_checks.hides_from_strangers,
    ),
    "deleted rows are seen": (
        REPOSITORY,
        "yield model.deleted_at.is_(None)",
        "yield sa.true()",
        relation_checks.deletes_softly,
    ),
    "zones are dropped": (
        "app/core/types.py",
        ".astimezone(datetime.UTC)",
        ".replace(tzinfo=datetime.UTC)",
        refusal_checks.keeps_instants,
    ),
    "labels are not unique": (
        "migrations/versions/0001_initial.py",
        'sa.UniqueConstraint("name", name=op.f("uq_labels_name")),',
        "",
        relation_checks.keeps_unique,
    ),
}


def test_what_is_broken_is_there() -> None:
    """Breaks lines that projects have: elsewhere it would have nothing to find."""
    files = render(load("owners"))
    assert all(old in files[path].decode() for path, old, _, _ in BREAKAGES.values())


@pytest.mark.slow
@pytest.mark.parametrize("breakage", BREAKAGES)
async def test_a_broken_project_misbehaves(breakage: str) -> None:
    """Finds the breakage, by the check that is there for it."""
    path, old, new, check = BREAKAGES[breakage]
    spec = load("owners")
    files = render(spec)
    text = files[path].decode()
    assert await misbehaviour(files, spec, checks=[check]) == []
    files[path] = text.replace(old, new).encode()
    assert await misbehaviour(files, spec, checks=[check]) != []
