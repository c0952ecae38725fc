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

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
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


@app.exception_handler(405)
def refuse_method(request: Request, _: Exception) -> JSONResponse:
    """Name every method that a path has."""
    methods = "GET, POST" if request.url.path == "/notes" else "GET"
    return JSONResponse({"detail": "no"}, 405, headers={"Allow": methods})


@app.exception_handler(RequestValidationError)
def refuse_input(_: Request, error: RequestValidationError) -> JSONResponse:
    """Echo nothing that came in."""
    places = [str(one["msg"]) for one in error.errors()]
    return JSONResponse({"detail": places}, 422)


@app.get("/healthz")
def healthz() -> str:
    """Tell that the process lives."""
    return "ok"


@app.post("/notes", status_code=201, responses={400: {"model": Problem}, 422: {"model": Problem}})
def create_note(body: NoteCreate) -> Note:
    """Keep a note."""
    note = Note(id=len(_notes) + 1, title=body.title)
    _notes[note.id] = note
    return note


@app.get("/notes", responses={422: {"model": Problem}})
def list_notes(limit: Annotated[int, Query(ge=1, le=100)] = 50) -> list[Note]:
    """List notes."""
    return list(_notes.values())[:limit]


@app.get("/notes/{note_id}", responses={404: {"model": Problem}, 422: {"model": Problem}})
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
    assert client.post("/healthz").status_code == 405
    assert client.post("/notes", json={}).status_code == 422
'''

OWNED_MAIN = '''\
"""Notes that only their owner sees, kept in memory."""

import os
import time
from typing import Annotated

import jwt
from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import OAuth2PasswordBearer
from pydantic import BaseModel

SECRET = os.environ["SECRET_KEY"]
REQUIRED = ["aud", "exp", "iss", "sub"]

app = FastAPI(title="notes", version="0.1.0")
bearer = OAuth2PasswordBearer("/auth/login")
passwords = {os.environ["ADMIN_EMAIL"]: os.environ["ADMIN_PASSWORD"]}
notes: dict[int, tuple[str, str]] = {}


class Registration(BaseModel):
    """Who wants in."""

    email: str
    password: str


class NoteCreate(BaseModel):
    """A note to be."""

    title: str


class Note(NoteCreate):
    """A note."""

    id: int


def caller(token: Annotated[str, Depends(bearer)]) -> str:
    """Return who calls."""
    options = {"require": REQUIRED}
    try:
        claims = jwt.decode(token, SECRET, ["HS256"], options, audience="notes", issuer="notes")
    except jwt.InvalidTokenError as error:
        raise HTTPException(401, "sign in first") from error
    if claims["sub"] not in passwords:
        raise HTTPException(401, "sign in first")
    return str(claims["sub"])


Caller = Annotated[str, Depends(caller)]


@app.get("/healthz")
def healthz() -> str:
    """Tell that the process lives."""
    return "ok"


@app.post("/auth/register", status_code=201)
def register(body: Registration) -> dict[str, str]:
    """Make an account."""
    passwords[body.email] = body.password
    return {"id": body.email}


@app.post("/auth/login")
def login(body: Registration) -> dict[str, str]:
    """Trade a password for a token."""
    if passwords.get(body.email) != body.password:
        raise HTTPException(401, "no")
    claims = {"sub": body.email, "aud": "notes", "iss": "notes", "exp": time.time() + 60}
    return {"access_token": jwt.encode(claims, SECRET, "HS256")}


@app.post("/notes", status_code=201)
def create_note(body: NoteCreate, account: Caller) -> Note:
    """Keep a note."""
    notes[len(notes) + 1] = (account, body.title)
    return Note(id=len(notes), title=body.title)


@app.get("/notes")
def list_notes(account: Caller) -> list[Note]:
    """List notes."""
    return [Note(id=key, title=title) for key, (owner, title) in notes.items() if owner == account]


@app.get("/notes/{note_id}")
def get_note(note_id: int, account: Caller) -> Note:
    """Return a note."""
    owner, title = notes.get(note_id, ("", ""))
    if owner != account:
        raise HTTPException(404, "there is no such note")
    return Note(id=note_id, title=title)


@app.delete("/notes/{note_id}", status_code=204)
def delete_note(note_id: int, account: Caller) -> None:
    """Delete a note."""
    if notes.get(note_id, ("", ""))[0] != account:
        raise HTTPException(404, "there is no such note")
    del notes[note_id]
'''

OWNED = {
    "app/main.py": OWNED_MAIN,
    "openapi.json": None,
    "tests/test_notes.py": None,
    ".env.example": "SECRET_KEY=\nADMIN_EMAIL=\nADMIN_PASSWORD=\n",
    ".backsmith/spec.json": json.dumps(
        {
            "name": "notes",
            "entities": [
                {
                    "name": "Note",
                    "fields": [{"name": "title", "type": "string", "required": True}],
                    "options": {"owner": True},
                }
            ],
            "features": {"auth": True},
        }
    ),
}

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
