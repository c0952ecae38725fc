"""The gates of tiers 1 and 2 pass a good project and fail a broken one."""

import json
from collections.abc import Mapping
from datetime import timedelta

import pytest

from generator_svc.assessment import AssessmentSettings, GateResult, Outcome
from generator_svc.assessment.project import Project
from generator_svc.assessment.registry import gates_for
from tests.corpus.sample import (
    MAIN,
    MIGRATION,
    MIGRATION_ENV,
    MIGRATIONS,
    TESTS,
    openapi_of,
    project,
)

SETTINGS = AssessmentSettings()


async def gate(
    name: str,
    changes: Mapping[str, str | None] | None = None,
    settings: AssessmentSettings = SETTINGS,
) -> GateResult:
    """Run one gate over the sample project, changed."""
    gates = gates_for(["t1", "t2", "t3"], settings)
    chosen = next(one for one in gates if one.name == name)
    return await chosen.run(Project(project(changes)))


@pytest.mark.parametrize(
    "name", ["lint", "format", "types", "security", "boots_sqlite", "openapi", "tests"]
)
async def test_a_good_project_passes(name: str) -> None:
    """Passes each gate over a good project."""
    result = await gate(name)
    assert (result.outcome, result.findings) == (Outcome.PASSED, ())


BROKEN = [
    ("lint", {"app/x.py": "import os\n"}, "app/x.py:1:8: F401"),
    ("lint", {"app/x.py": "def f(a=[]):\n    return a\n"}, "app/x.py:1:9: B006"),
    ("format", {"app/x.py": "x = ( 1)\n"}, "app/x.py: would be reformatted"),
    ("types", {"app/x.py": 'x: int = "one"\n'}, "app/x.py:1: error: Incompatible types"),
    ("types", {"app/x.py": "def f(a):\n    return a\n"}, "missing a type annotation"),
    (
        "security",
        {"app/x.py": "def f(a: str) -> object:\n    return eval(a)\n"},
        "app/x.py:2: B307",
    ),
    ("boots_sqlite", {"app/main.py": "app = 1 / 0\n"}, "ZeroDivisionError"),
    ("boots_sqlite", {"app/main.py": "x = 1\n"}, "there is no app and no create_app"),
    ("boots_sqlite", {"app/main.py": MAIN.replace("healthz", "nothing")}, "no health route"),
    (
        "boots_sqlite",
        {"app/main.py": MAIN.replace('version="0.1.0"', "openapi_url=None")},
        "there is no /openapi.json",
    ),
    ("openapi", {"openapi.json": openapi_of(MAIN.replace("0.1.0", "0.2.0"))}, "at /info/version"),
    ("openapi", {"openapi.json": "{"}, "openapi.json: Expecting property name"),
    (
        "openapi",
        {"app/main.py": MAIN.replace('"/notes/{note_id}", ', '"/notes/{key}", ')},
        "get /notes/{key}: its path parameters are []",
    ),
    (
        "openapi",
        {"app/main.py": MAIN.replace("@app.get(", '@app.get(operation_id="x", path=')},
        "3 operations have the id 'x'",
    ),
    (
        "tests",
        {"tests/test_notes.py": TESTS.replace("== note", "== 1")},
        "FAILED tests/test_notes.py",
    ),
    (
        "tests",
        {"tests/test_notes.py": "def test_x() -> None:\n    assert True\n"},
        "0.0 % of lines",
    ),
    ("tests", {"app/more.py": "".join(f"x{n} = {n}\n" for n in range(8))}, "82.6 %"),
    ("tests", {"tests/test_notes.py": "import nowhere\n"}, "ERROR tests/test_notes.py"),
    ("tests", {"tests/test_notes.py": "x = 1\n"}, "exit code 5"),
]


@pytest.mark.parametrize(("name", "changes", "finding"), BROKEN)
async def test_a_broken_project_fails(name: str, changes: dict[str, str], finding: str) -> None:
    """Fails each gate with what does not hold."""
    settings = AssessmentSettings(boot_deadline=timedelta(seconds=4))
    result = await gate(name, changes, settings)
    assert result.outcome is Outcome.FAILED
    assert finding in "\n".join(result.findings)


@pytest.mark.parametrize("name", ["types", "tests"])
async def test_a_tool_that_takes_too_long_fails(name: str) -> None:
    """Never counts a tool that was killed as passed."""
    short = timedelta(milliseconds=50)
    settings = AssessmentSettings(static_deadline=short, tests_deadline=short)
    result = await gate(name, settings=settings)
    assert result.outcome is Outcome.FAILED
    assert "timed out" in "\n".join(result.findings)


async def test_findings_name_no_path_of_this_machine() -> None:
    """Tells paths relative to the project."""
    result = await gate("types", {"app/x.py": "x: int = ''\n"})
    assert "/tmp" not in json.dumps(result.to_dict())  # noqa: S108 - that it is not told


BROKEN_MIGRATIONS = [
    ({}, ""),
    ({"0001": MIGRATION.replace('"notes"', '"note"')}, "alembic check"),
    ({"0001": MIGRATION.replace("op.create_table(", "op.drop_table(")}, "alembic upgrade head"),
    ({"0001": MIGRATION.replace('op.drop_table("notes")', 'print("no")')}, "alembic upgrade head"),
    ({"0001": MIGRATION.replace('op.drop_table("notes")', "raise KeyError")}, "alembic downgrade"),
    ({"env": MIGRATION_ENV.replace("sa.Integer", "sa.String")}, "alembic check"),
]


@pytest.mark.parametrize(("changes", "finding"), BROKEN_MIGRATIONS)
async def test_migrations_lead_up_and_down(changes: dict[str, str], finding: str) -> None:
    """Fails at the first step that does not hold."""
    paths = {"0001": "migrations/versions/0001_create_tables.py", "env": "migrations/env.py"}
    files = MIGRATIONS | {paths[key]: text for key, text in changes.items()}
    result = await gate("migrations_sqlite", files)
    assert (result.outcome is Outcome.PASSED) is (finding == "")
    assert finding in "\n".join(result.findings)


SKIPPED = [
    ("migrations_sqlite", {}, "the project has no migrations"),
    ("migrations_postgres", MIGRATIONS, "no PostgreSQL server is configured"),
    ("boots_postgres", {}, "no PostgreSQL server is configured"),
    ("openapi", {"openapi.json": None}, "there is no openapi.json to compare with"),
    ("tests", {"tests/test_notes.py": None}, "the project has no tests"),
]


@pytest.mark.parametrize(("name", "changes", "reason"), SKIPPED)
async def test_a_gate_that_cannot_run_says_why(
    name: str, changes: dict[str, str | None], reason: str
) -> None:
    """Is skipped, never passed."""
    result = await gate(name, changes)
    assert (result.outcome, result.reason) == (Outcome.SKIPPED, reason)
