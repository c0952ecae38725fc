"""`python -m generator_svc.assessment` proves a folder and tells by its exit code."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.corpus.sample import project


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a good project."""
    for path, content in project().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    return tmp_path


def prove(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "generator_svc.assessment", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_good_project_ends_with_0(folder: Path) -> None:
    """Prints every gate and the score."""
    done = prove(str(folder), "--tiers", "t0")
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "score 1.00: 6 passed"


def test_a_broken_project_ends_with_1(folder: Path) -> None:
    """Prints the report as JSON when asked."""
    (folder / "app" / "main.py").write_text("import nowhere\n", encoding="utf-8")
    done = prove(str(folder), "--tiers", "t0", "--json")
    assert done.returncode == 1
    failed = [one["name"] for one in json.loads(done.stdout)["gates"] if one["outcome"] == "failed"]
    assert failed == ["imports", "manifest"]


@pytest.mark.parametrize("arguments", [["--tiers", "t9"], ["--nothing"]])
def test_a_wrong_command_line_ends_with_2(folder: Path, arguments: list[str]) -> None:
    """Says what is wrong with it."""
    done = prove(str(folder), *arguments)
    assert done.returncode == 2
    assert "Error: " in done.stderr


def test_a_missing_folder_ends_with_2() -> None:
    """Refuses a folder that is not there."""
    assert prove("/nowhere/at/all").returncode == 2
