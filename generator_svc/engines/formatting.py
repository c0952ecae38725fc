"""Formats rendered Python: sorts and drops imports, then lays the code out, with ruff."""

import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ruff import find_ruff_bin  # type: ignore[import-untyped]

from chassis.errors import InternalError
from generator_svc.engines.interface import GeneratedFile

TIMEOUT_SECONDS = 60.0
"""How long ruff may take for one batch of files."""

_COMMON = (
    "--isolated",
    "--no-cache",
    "--quiet",
    "--config",
    'target-version="py311"',
    "--config",
    "line-length=100",
)
_IMPORTS = (
    "--fix",
    "--exit-zero",
    "--select",
    "I,F401,RUF022",
    "--config",
    'lint.isort.known-first-party=["app","migrations","tests"]',
)


def format_files(files: Sequence[GeneratedFile]) -> list[GeneratedFile]:
    """Return the files, those that are Python formatted; the same input gives the same bytes.

    Raises:
        InternalError: What was rendered is not Python.
    """
    if not any(file.path.endswith(".py") for file in files):
        return list(files)
    with tempfile.TemporaryDirectory(prefix="backsmith-render-") as name:
        root = Path(name)
        python = [file for file in files if file.path.endswith(".py")]
        for file in python:
            _write(root / file.path, file.content)
        _ruff(root, "check", *_IMPORTS)
        _ruff(root, "format")
        done = {file.path: (root / file.path).read_bytes() for file in python}
    return [
        GeneratedFile(path=file.path, content=done.get(file.path, file.content)) for file in files
    ]


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _ruff(root: Path, command: str, *arguments: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own binary, over files that we wrote
        [find_ruff_bin(), command, *_COMMON, *arguments, "."],
        cwd=root,
        capture_output=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    if done.returncode:
        raise InternalError("A template rendered something that is not Python.") from (
            SyntaxError(done.stderr.decode(errors="replace"))
        )
