"""Writes a generated project to disk: whole or not at all, and never over anybody's work.

A project is written to a hidden folder beside its place, and moved there when it is complete. What
stands in the way is refused, or moved aside when the user says so; nothing is ever deleted.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path, PurePosixPath

from cli.errors import RefusedError


def refuse_taken(out: Path, *, force: bool) -> None:
    """Pass if a project may be written to a place.

    Raises:
        RefusedError: Something is there, and it may not be moved aside.
    """
    if force or not _taken(out):
        return
    raise RefusedError(
        f"{str(out)!r} is not empty. Name another place with --out, "
        "or move what is there aside with --force."
    )


def write_project(files: Mapping[str, bytes], out: Path, *, force: bool) -> Path | None:
    """Write files below a folder; return where the folder's former content went, if it had any.

    Raises:
        RefusedError: The place is taken, or a path leads out of it.
    """
    refuse_taken(out, force=force)
    with _workshop(out) as workshop:
        for path, content in sorted(files.items()):
            target = workshop / _safe(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        aside = _move_aside(out) if _taken(out) else None
        _move_in(workshop, out)
    return aside


def write_file(content: bytes, out: Path, *, force: bool) -> Path | None:
    """Write one file; return where the former one went, if there was one.

    Raises:
        RefusedError: The place is taken.
    """
    refuse_taken(out, force=force)
    with _workshop(out) as workshop:
        fresh = workshop / out.name
        fresh.write_bytes(content)
        aside = _move_aside(out) if _taken(out) else None
        fresh.replace(out)
    return aside


def _taken(out: Path) -> bool:
    if out.is_dir():
        return any(out.iterdir())
    return out.exists() or out.is_symlink()


@contextmanager
def _workshop(out: Path) -> Iterator[Path]:
    """Make a hidden folder on the same file system; whatever is left in it goes with the block."""
    parent = out.absolute().parent
    try:
        parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=parent))
    except OSError as error:
        raise RefusedError(f"Cannot write beside {str(out)!r}: {error.strerror}.") from error
    try:
        yield workshop
    except OSError as error:
        raise RefusedError(f"Cannot write {str(out)!r}: {error.strerror}.") from error
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _safe(path: str) -> PurePosixPath:
    """Return a path that stays below its root.

    The workshop is new and holds no links, so that the words of the path alone decide.
    """
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or ".." in parts or "\\" in path or "\0" in path:
        raise RefusedError(f"The server named a file {path!r}, which leaves the project's folder.")
    return PurePosixPath(*parts)


def _move_aside(out: Path) -> Path:
    for number in count(1):
        aside = out.absolute().with_name(f"{out.absolute().name}.old-{number}")
        if not aside.exists():
            os.replace(out, aside)  # noqa: PTH105 - a link moves, not what it points to
            return aside
    raise AssertionError


def _move_in(workshop: Path, out: Path) -> None:
    """Put the finished folder in its place; an empty one that is there stays and is filled."""
    if out.is_dir():
        for entry in workshop.iterdir():
            entry.replace(out / entry.name)
    else:
        workshop.chmod(0o755)
        workshop.replace(out)
