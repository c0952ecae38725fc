"""A tiny hand-written backend that passes the gates, and ways to break it.

It keeps its notes in memory: what it shows is the gates, not how to store.
"""

import hashlib
import json
import types
from collections.abc import Mapping

PYPROJECT = """\
[project]
name = "notes"
version = "0.1.0"
requires-python = ">=3.11"
dependencies = ["fastapi>=0.100", "pydantic>=2", "pyjwt>=2"]

[dependency-groups]
dev = ["httpx", "pytest"]

[tool.ruff]
line-length = 100

[tool.ruff.lint.per-file-ignores]
"tests/**" = ["S101"]
"""

MAIN = '''\
"""Notes, kept in memory."""

from typing import Annotated

from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

app = FastAPI(title="notes", version="0.1.0")
_notes: dict[int, "Note"] = {}


class Problem(BaseModel):
    """What went wrong."""

    detail: JsonValue


class NoteCreate(BaseModel):
    """A note to be."""

    model_config = ConfigDict(extra="forbid", strict=True)

    title: str = Field(min_length=1, max_length=80)


class Note(NoteCreate):
    """A note."""

    id: int


@app.get("/healthz")
def healthz() -> str:
    """Tell that the process lives."""
    return "ok"


@app.post("/notes", status_code=201, responses={400: {"model": Problem}})
def create_note(body: NoteCreate) -> Note:
    """Keep a note."""
    note = Note(id=len(_notes) + 1, title=body.title)
    _notes[note.id] = note
    return note


@app.get("/notes")
def list_notes(limit: Annotated[int, Query(ge=1, le=100)] = 50) -> list[Note]:
    """List notes."""
    return list(_notes.values())[:limit]


@app.get("/notes/{note_id}", responses={404: {"model": Problem}})
def get_note(note_id: int) -> Note:
    """Return a note."""
    if note_id not in _notes:
        raise HTTPException(404, "there is no such note")
    return _notes[note_id]
'''

TESTS = '''\
"""Notes work."""

from fastapi.testclient import TestClient

from app.main import app

client = TestClient(app)


def test_notes() -> None:
    """Keeps a note and gives it back."""
    assert client.get("/healthz").json() == "ok"
    note = client.post("/notes", json={"title": "one"}).json()
    assert client.get(f"/notes/{note['id']}").json() == note
    assert client.get("/notes").json() == [note]
    assert client.get("/notes/99").status_code == 404
'''

MIGRATION_ENV = '''\
"""Runs the migrations."""

import os

import sqlalchemy as sa
from alembic import context

metadata = sa.MetaData()
sa.Table("notes", metadata, sa.Column("id", sa.Integer, primary_key=True))

url = os.environ["DATABASE_URL"].replace("+aiosqlite", "").replace("+asyncpg", "")
engine = sa.create_engine(url)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()
'''

MIGRATION = '''\
"""Create the tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table("notes", sa.Column("id", sa.Integer, primary_key=True))


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("notes")
'''

MIGRATIONS = {
    "alembic.ini": "[alembic]\nscript_location = migrations\npath_separator = os\n",
    "migrations/env.py": MIGRATION_ENV,
    "migrations/versions/0001_create_tables.py": MIGRATION,
}


def project(changes: Mapping[str, str | None] | None = None) -> dict[str, bytes]:
    """Return the project, with some files changed or (None) left out, and a manifest that fits."""
    texts: dict[str, str | None] = {
        "pyproject.toml": PYPROJECT,
        "app/__init__.py": '"""Notes."""\n',
        "app/main.py": MAIN,
        "tests/test_notes.py": TESTS,
        "openapi.json": openapi_of(MAIN),
    }
    texts |= dict(changes or {})
    files = {path: text.encode() for path, text in texts.items() if text is not None}
    return files | {".backsmith/manifest.json": manifest_of(files)}


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """Return a manifest that names every file."""
    entries = [
        {"path": path, "sha256": hashlib.sha256(content).hexdigest()}
        for path, content in sorted(files.items())
    ]
    return json.dumps({"files": entries}).encode()


def openapi_of(main: str) -> str:
    """Return the OpenAPI document that an application serves."""
    module = types.ModuleType("app.main")
    exec(compile(main, "app/main.py", "exec"), module.__dict__)  # noqa: S102 - our own text
    return json.dumps(module.__dict__["app"].openapi())
