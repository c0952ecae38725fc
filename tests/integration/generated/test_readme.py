"""What the README of a generated project tells its reader to type works as written."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.testing.postgres import find_programs, running
from tests.corpus.loading import load
from tests.corpus.rendering import render
from tests.integration.generated import alone

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
PAGE = "http://127.0.0.1:8000/docs"
SERVERS = ("make run", ".venv/bin/uvicorn app.main:create_app --factory")
"""What does not end by itself."""

EXPECTED = [
    ["make install", "make migrate", "make run"],
    [
        "python3 -m venv .venv",
        ".venv/bin/pip install -r requirements-dev.txt",
        ".venv/bin/alembic upgrade head",
        ".venv/bin/uvicorn app.main:create_app --factory",
    ],
    ["make test", "make check"],
]


def blocks(readme: str) -> list[list[str]]:
    """Return the commands of each block, without comments."""
    return [
        [command for line in block.splitlines() if (command := line.partition("#")[0].strip())]
        for block in BLOCK.findall(readme)
    ]


def laid_out(name: str, folder: Path) -> Path:
    """Write a project of the corpus into a folder."""
    for path, content in render(load(name)).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def environ() -> dict[str, str]:
    """Return an environment as a newcomer has it: no environment of Python's, nothing of ours."""
    ours = str(Path(sys.executable).parent)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BACKSMITH")}
    kept.pop("VIRTUAL_ENV", None)
    path = [each for each in kept["PATH"].split(os.pathsep) if each != ours]
    return {**kept, "PATH": os.pathsep.join(path)}


def typed(command: str, folder: Path) -> None:
    """Type a command, which has to succeed; a server has to show its page."""
    if command in SERVERS:
        arguments = [sys.executable, alone.__file__, command, PAGE]
    else:
        arguments = ["sh", "-c", command]
    done = subprocess.run(
        arguments,
        check=False,
        cwd=folder,
        env=environ(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}"


@pytest.fixture(scope="module")
def postgres() -> Iterator[str]:
    """The address of an empty database, as README and CI have it."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with running(programs, password="readme") as server:
        yield server.async_url


def test_every_block_is_known() -> None:
    """Tells a newcomer exactly what is tried below."""
    assert blocks(render(load("one_field"))["README.md"].decode()) == EXPECTED


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["one_field", "blog_with_auth"])
def test_the_commands_work_with_make(name: str, tmp_path: Path) -> None:
    """Installs, migrates, runs, tests and checks."""
    folder = laid_out(name, tmp_path)
    start, _, test = blocks((folder / "README.md").read_text(encoding="utf-8"))
    for command in [*start, *test]:
        typed(command, folder)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_commands_work_without_make(tmp_path: Path) -> None:
    """Installs, migrates and runs."""
    folder = laid_out("blog_with_auth", tmp_path)
    _, plain, _ = blocks((folder / "README.md").read_text(encoding="utf-8"))
    for command in plain:
        typed(command, folder)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tests_run_on_postgres(postgres: str, tmp_path: Path) -> None:
    """Passes `make test` on PostgreSQL, as the README says and its workflow does."""
    folder = laid_out("blog_with_auth", tmp_path)
    assert "`TEST_DATABASE_URL=postgresql+asyncpg://… make test`" in (
        folder / "README.md"
    ).read_text(encoding="utf-8")
    typed(f"TEST_DATABASE_URL={postgres} make test", folder)
