"""The gates that need PostgreSQL work on a real one, and leave nothing there."""

from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from generator_svc.assessment import AssessmentSettings, GateResult, Outcome
from generator_svc.assessment.databases import Postgres
from generator_svc.assessment.project import Project
from generator_svc.assessment.registry import gates_for
from tests.corpus.loading import load
from tests.corpus.rendering import render

NAMES = ("migrations_postgres", "boots_postgres")


async def gate(name: str, files: dict[str, bytes], url: str, **more: Any) -> GateResult:
    """Run one gate with a PostgreSQL at hand."""
    settings = AssessmentSettings(postgres_url=url, schemathesis_examples=5, **more)
    chosen = next(one for one in gates_for(["t2", "t3"], settings) if one.name == name)
    return await chosen.run(Project(files))


@pytest.mark.parametrize("name", NAMES)
async def test_a_generated_project_passes(name: str, postgres_url: str) -> None:
    """Passes over a generated project, and drops the scratch database."""
    result = await gate(name, render(load("one_field")), postgres_url)
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())
    assert await scratch_databases(postgres_url) == []


async def test_a_broken_migration_fails(postgres_url: str) -> None:
    """Fails on what PostgreSQL refuses, and drops the scratch database all the same."""
    files = render(load("one_field"))
    path = "migrations/versions/0001_initial.py"
    files[path] = files[path].replace(
        b"def upgrade() -> None:", b"def upgrade() -> None:\n    op.execute('SELECT nothing')"
    )
    result = await gate("migrations_postgres", files, postgres_url)
    assert result.outcome is Outcome.FAILED
    assert "alembic upgrade head" in result.findings[0]
    assert await scratch_databases(postgres_url) == []


async def test_a_project_that_does_not_boot_fails(postgres_url: str) -> None:
    """Fails on what only PostgreSQL does not take, and drops the scratch database all the same."""
    files = render(load("one_field"))
    files["app/main.py"] = files["app/main.py"].replace(b'"SELECT 1"', b'"SELECT sqlite_version()"')
    patience = timedelta(seconds=8)
    result = await gate("boots_postgres", files, postgres_url, boot_deadline=patience)
    assert result.outcome is Outcome.FAILED
    assert await scratch_databases(postgres_url) == []


@pytest.mark.parametrize(
    ("attack", "finding"), [("poison", "POST /api/v1/notes answers 500"), ("fuzz", "Server error")]
)
async def test_only_postgresql_shows_a_column_that_is_too_short(
    attack: str, finding: str, postgres_url: str
) -> None:
    """Fails where SQLite, which knows no lengths, passes; drops the scratch database as well."""
    files = render(load("one_field"))
    short = {path: text.replace(b"sa.String(255)", b"sa.String(2)") for path, text in files.items()}
    assert short != files
    assert (await gate(f"{attack}_sqlite", short, postgres_url)).outcome is Outcome.PASSED
    result = await gate(f"{attack}_postgres", short, postgres_url)
    assert result.outcome is Outcome.FAILED
    assert finding in "\n".join(result.findings)
    assert await scratch_databases(postgres_url) == []


async def test_a_scratch_database_is_dropped_with_its_visitors(postgres_url: str) -> None:
    """Drops a database that somebody is still connected to."""
    async with Postgres(postgres_url).scratch(root=None) as url:  # type: ignore[arg-type]
        visitor = await asyncpg.connect(url.replace("+asyncpg", ""))
        assert await scratch_databases(postgres_url) != []
    visitor.terminate()
    assert await scratch_databases(postgres_url) == []


async def scratch_databases(url: str) -> list[str]:
    """Return what is left of scratch databases."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch(
            "SELECT datname FROM pg_database WHERE datname LIKE 'backsmith_proof%'"
        )
    finally:
        await connection.close()
    return [row["datname"] for row in rows]
