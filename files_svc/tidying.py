"""Lays merged Python out as its project does: sorted imports, formatted by ruff.

Only a file that was tidy before the merge is touched; the layout of any other is its owner's.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import tomlkit
from tomlkit.exceptions import TOMLKitError

from chassis.errors import UnavailableError

OURS, MERGED = "ours", "merged"
DEFAULT_LINE_LENGTH = 88


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How a project lays its code out."""

    line_length: int = DEFAULT_LINE_LENGTH
    first_party: tuple[str, ...] = ()
    """The project's own packages: their imports stand apart."""

    @property
    def options(self) -> list[str]:
        """The command-line options that say the same to ruff, and keep its own settings out."""
        packages = json.dumps(self.first_party)
        return [
            "--isolated",
            "--no-cache",
            "--quiet",
            "--config",
            f"line-length = {self.line_length}",
            "--config",
            f"lint.isort.known-first-party = {packages}",
        ]


def layout_of(pyproject: bytes, paths: Sequence[str]) -> Layout:
    """Read a project's layout from its `pyproject.toml` and its paths."""
    packages = {path.partition("/")[0] for path in paths if path.endswith(".py") and "/" in path}
    return Layout(line_length=_line_length(pyproject), first_party=tuple(sorted(packages)))


def _line_length(pyproject: bytes) -> int:
    try:
        ruff = tomlkit.parse(pyproject).unwrap()["tool"]["ruff"]
        return min(max(int(ruff["line-length"]), 1), 320)
    except (TOMLKitError, UnicodeDecodeError, LookupError, TypeError, ValueError):
        return DEFAULT_LINE_LENGTH


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedFile:
    """A merged file, and what it was on the user's side."""

    ours: bytes
    merged: bytes


class RuffTidier:
    """Tidies with ruff, in a process of its own.

    Args:
        timeout: How long one run may take.
    """

    def __init__(self, timeout: timedelta) -> None:
        self._timeout = timeout

    async def tidy(self, files: Mapping[str, MergedFile], layout: Layout) -> dict[str, bytes]:
        """Return merged files, tidy where they were tidy before.

        Raises:
            UnavailableError: It took too long.
        """
        if not files:
            return {}
        with tempfile.TemporaryDirectory(prefix="backsmith-tidy-") as name:
            folder = Path(name)
            await asyncio.to_thread(_write, folder, files)
            await self._run(folder, "check", "--select", "I", "--fix", *layout.options)
            await self._run(folder, "format", *layout.options)
            return await asyncio.to_thread(_read, folder, files)

    async def _run(self, folder: Path, *arguments: str) -> None:
        """Run ruff; what it cannot parse it leaves alone, so its exit code says nothing."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "ruff", *arguments, str(folder),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._timeout.total_seconds()):
                await process.wait()
        except TimeoutError as error:
            raise UnavailableError(
                "Laying out the merged code took too long; try again.", reason="TIDY_TIMEOUT"
            ) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


def _write(folder: Path, files: Mapping[str, MergedFile]) -> None:
    for path, file in files.items():
        for side, content in ((OURS, file.ours), (MERGED, file.merged)):
            target = folder / side / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)


def _read(folder: Path, files: Mapping[str, MergedFile]) -> dict[str, bytes]:
    return {
        path: (folder / MERGED / path).read_bytes()
        if (folder / OURS / path).read_bytes() == file.ours
        else file.merged
        for path, file in files.items()
    }
