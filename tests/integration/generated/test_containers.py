"""What generated projects run in, and are tested in, passes the linters of its kind."""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path

import pytest

from generator_svc.domain.spec import Features, TechStack
from tests.corpus.loading import load
from tests.corpus.rendering import render

ROOT = Path(__file__).parents[3]
KINDS = list(product(TechStack, [False, True]))
"""On each database, with and without accounts."""

HADOLINT = str(Path(sys.executable).parent / "hadolint")
CHECK = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]


@cache
def project(stack: TechStack, auth: bool) -> dict[str, bytes]:  # noqa: FBT001 - a kind's second half
    """Return the files of a small project of a kind."""
    return render(replace(load("one_field"), tech_stack=stack, features=Features(auth=auth)))


def complaints(command: Sequence[str], file: Path) -> str:
    """Return what a linter has to say about a file; nothing if that is nothing."""
    done = subprocess.run([*command, str(file)], check=False, capture_output=True, text=True)
    return done.stdout + done.stderr if done.returncode else ""


def written(kind: tuple[TechStack, bool], path: str, folder: Path) -> Path:
    """Write one file of a project of a kind; return where."""
    file = folder / Path(path).name
    file.write_bytes(project(*kind)[path])
    return file


@pytest.mark.parametrize("kind", KINDS)
def test_the_dockerfile_is_sound(kind: tuple[TechStack, bool], tmp_path: Path) -> None:
    """Passes hadolint, hints included."""
    assert complaints([HADOLINT], written(kind, "Dockerfile", tmp_path)) == ""


def test_our_own_dockerfile_is_sound() -> None:
    """Holds the image of the services to the same."""
    assert complaints([HADOLINT], ROOT / "Dockerfile") == ""


def test_hadolint_complains(tmp_path: Path) -> None:
    """Would tell of an image that is not pinned."""
    (tmp_path / "Dockerfile").write_text("FROM python\n", encoding="utf-8")
    assert "DL3006" in complaints([HADOLINT], tmp_path / "Dockerfile")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("compose.yaml", "vendor.compose-spec"),
        (".github/workflows/ci.yaml", "vendor.github-workflows"),
    ],
)
def test_services_and_workflows_follow_their_schema(
    path: str, schema: str, kind: tuple[TechStack, bool], tmp_path: Path
) -> None:
    """Passes the schemas of Compose and of the workflows."""
    assert complaints([*CHECK, schema], written(kind, path, tmp_path)) == ""
