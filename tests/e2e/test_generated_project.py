"""What comes out: the command leaves a project that passes its own tests."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.e2e.support import SPEC, System, run

PROMPT = "A blog with users, posts and comments"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generate the default project with a system of the command's own."""
    folder = tmp_path_factory.mktemp("project")
    done = run("generate", PROMPT, "--out", str(folder / "out"), "--data", str(folder / "data"))
    assert done.returncode == 0, done.stderr
    assert "start with its README.md" in done.stdout
    return folder / "out"


def clean_environ(**more: str) -> Mapping[str, str]:
    """Return an environment without anything of ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("BACKSMITH")}
    return {**kept, **more}


def check(command: list[str], folder: Path, **more: str) -> str:
    """Run a command that has to succeed; return what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=clean_environ(**more),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_its_own_tests_pass(project: Path) -> None:
    """Passes its own tests with the libraries that are installed here."""
    assert "passed" in check(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], project
    )


def test_no_temporary_or_hidden_leftovers(project: Path) -> None:
    """Leaves nothing beside the project but the data folder."""
    assert {path.name for path in project.parent.iterdir()} == {"out", "data"}


def test_a_running_system_is_used(shared: System, tmp_path: Path) -> None:
    """Uses the system that `up` runs on the folder, and prints events for scripts."""
    spec = tmp_path / "spec.json"
    spec.write_text(json.dumps(SPEC))
    where = ["--data", str(shared.data), "--user", "ann"]
    done = run(
        "generate",
        "--spec",
        str(spec),
        "--json",
        "--out",
        str(tmp_path / "out"),
        "--mode",
        "classic",
        *where,
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["status"] == "completed"
    generation_id = events[-1]["generation_id"]
    with shared.client() as client:
        assert client.get(f"/generations/{generation_id}").json()["status"] == "completed"
    zipped = run("download", generation_id, "--out", str(tmp_path / "it.zip"), *where)
    assert zipped.returncode == 0, zipped.stderr
    assert (tmp_path / "it.zip").stat().st_size > 0


def test_the_plan_is_told_beforehand(shared: System) -> None:
    """Prints what would be generated, and generates nothing."""
    done = run("plan", PROMPT, "--data", str(shared.data), "--user", "planner")
    assert done.returncode == 0, done.stderr
    names = [entity["name"] for entity in json.loads(done.stdout)["spec"]["entities"]]
    assert names == ["User", "Post", "Comment"]
    with shared.client("planner") as client:
        assert client.get("/generations").json()["generations"] == []
