"""Migrations lead a parent's database, with rows in it, to the next version and back."""

import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from chassis.testing.postgres import USER, find_programs, running
from tests.integration.generated.changes import (
    BY_NAME,
    CORE,
    COUNTS,
    NOW,
    ORIGINAL,
    PARENT,
    PRICES,
    ROWS,
    STORED,
)
from tests.integration.generated.iterating import Database, Project

CHOSEN = [pytest.param(name, marks=[] if name in CORE else [pytest.mark.slow]) for name in BY_NAME]


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """A PostgreSQL of the module's own."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with running(programs, password="rows") as server:
        yield server.url.removesuffix(USER)


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database of either kind."""
    if request.param == "sqlite":
        file = tmp_path / "rows.db"
        yield Database(url=f"sqlite+aiosqlite:///{file}", address=str(file))
        return
    server = request.getfixturevalue("postgres")
    name = f"rows_{secrets.token_hex(4)}"
    connection = await asyncpg.connect(f"{server}backsmith")
    await connection.execute(f"CREATE DATABASE {name}")
    url = f"{server}{name}"
    yield Database(url=url.replace("postgresql:", "postgresql+asyncpg:"), address=url)
    await connection.execute(f"DROP DATABASE {name}")
    await connection.close()


@pytest.fixture
def project(database: Database, tmp_path: Path) -> Project:
    """The parent; `setting_up` gives its database tables and rows."""
    return Project(tmp_path / "project", database, PARENT)


@pytest.fixture
def setting_up(database: Database) -> tuple[str, str]:
    """The steps that give the parent its tables and rows."""
    price = PRICES["sqlite" if database.url.startswith("sqlite") else "postgres"]
    return "upgrade 0001", ROWS.replace("PRICE", price)


@pytest.mark.parametrize("name", CHOSEN)
def test_rows_are_kept(name: str, project: Project, setting_up: tuple[str, str]) -> None:
    """Keeps the rows on the way up, back and up again, and agrees with the models."""
    case, before = BY_NAME[name], project.migrations
    project.iterate(case.patch)
    assert len(project.migrations) == len(before) + 1
    assert {path: project.migrations[path] for path in before} == before
    up, back, again = project.run(
        *setting_up,
        *("upgrade head", "check", case.query),
        *("downgrade -1", STORED),
        *("upgrade head", "check", case.query),
    )
    assert up == case.expected
    assert back == (case.original or ORIGINAL)
    assert again == (case.after or case.expected)


def test_versions_follow_each_other(project: Project, setting_up: tuple[str, str]) -> None:
    """Leads through three iterations in a row, all at once, and back to the first version."""
    project.iterate("{rename: [{target: Post, to: Article}], add: [auth]}")
    project.iterate("alter: [{target: Article, options: {soft_delete: true}}]")
    project.iterate("{rename: [{target: Article.title, to: headline}], drop: [Article.tags]}")
    query = "SELECT headline, views, deleted_at FROM articles ORDER BY headline"
    found, back = project.run(
        *setting_up, "upgrade head", "check", query, "downgrade 0001", STORED, "upgrade head"
    )
    assert [path.partition("versions/")[2][:4] for path in project.migrations] == [
        "0001",
        "0002",
        "0003",
        "0004",
    ]
    assert found == [("First", 7, None), ("Second", 8, None)]
    assert back == ORIGINAL


def test_hidden_rows_do_not_come_back(project: Project, setting_up: tuple[str, str]) -> None:
    """Deletes for good what was deleted softly, and what hangs on it, with the soft delete."""
    project.iterate(
        "alter: [{target: Author, options: {soft_delete: true}},"
        " {target: Post, options: {soft_delete: true}}]"
    )
    project.iterate("alter: [{target: Author, options: {soft_delete: false}}]")
    hidden = (
        "INSERT INTO authors (id, name, created_at, updated_at, deleted_at)"  # noqa: S608 - constants
        f" VALUES ('{9:032x}', 'Bob', {NOW}, {NOW}, {NOW}); INSERT INTO posts (id, title, views,"
        f" status, author_id, created_at, updated_at, deleted_at) VALUES ('{8:032x}', 'Gone', 1,"
        f" 'draft', '{9:032x}', {NOW}, {NOW}, {NOW}); INSERT INTO post_tags (post_id, tag_id)"
        f" VALUES ('{8:032x}', '{2:032x}')"
    )
    before, after = project.run(
        *setting_up, "upgrade 0002", hidden, COUNTS, "upgrade head", "check", COUNTS
    )
    assert before == [(2, 1, 3, 2)]
    assert after == [(1, 1, 2, 1)]


def test_what_only_a_user_can_tell_is_asked_for(
    project: Project, setting_up: tuple[str, str]
) -> None:
    """Refuses to give rows a relation that they need and do not have, and changes nothing."""
    project.iterate(
        "alter: [{target: Post, relations: ["
        "{name: author, kind: many_to_one, target: Author, required: true, on_delete: cascade},"
        "{name: editor, kind: many_to_one, target: Author, required: true, on_delete: cascade}]}]"
    )
    project.run(*setting_up)
    refused = project.attempt("upgrade head")
    assert "2 rows of posts have no editor_id, and need one." in refused.stderr
    assert project.run(STORED, COUNTS) == [ORIGINAL, [(1, 1, 2, 1)]]


def test_empty_tables_need_nothing(project: Project) -> None:
    """Adds owners, tenants and a required relation where there are no rows."""
    project.iterate(
        "{add: [auth], alter: [{target: Post, options: {owner: true, tenant: true}},"
        " {target: Tag, relations: [{name: author, kind: many_to_one, target: Author,"
        " required: true}]}]}"
    )
    project.run("upgrade head", "check", "downgrade base", "upgrade head", "check")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_never_deletes_what_points_to_a_table(
    project: Project, setting_up: tuple[str, str]
) -> None:
    """Refuses to build tables anew where SQLite would take that for a delete of their rows."""
    project.iterate("alter: [{target: Author.name, max_length: 20}]")
    project.edit("migrations/env.py", "foreign_keys=OFF", "foreign_keys=ON")
    project.run(*setting_up)
    refused = project.attempt("upgrade head")
    assert "switch PRAGMA foreign_keys off" in refused.stderr
    assert project.run(COUNTS) == [[(1, 1, 2, 1)]]
