"""A project under assessment: its files as bytes, its Python parsed once."""

import ast
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from chassis.errors import InvalidInputError, LimitExceededError
from generator_svc.assessment.settings import AssessmentSettings

_PASSED_OVER = frozenset(
    [".git", ".venv", "venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One Python file: its text and tree, or why it has none."""

    path: str
    text: str
    tree: ast.Module | None
    problem: str = ""

    @property
    def module(self) -> str:
        """The dotted name that the file is imported by."""
        parts = PurePosixPath(self.path).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @property
    def is_test(self) -> bool:
        """Whether the file belongs to the project's own tests."""
        return self.path.startswith("tests/")


class Project:
    """The files of one project, by path.

    Args:
        files: Path, relative to the project's root and with `/`, to content.
        edited: Paths that a user added, changed or removed on purpose.

    Raises:
        InvalidInputError: A path leaves the root.
    """

    def __init__(self, files: Mapping[str, bytes], *, edited: Collection[str] = ()) -> None:
        self.files = dict(sorted(files.items()))
        self.edited = frozenset(edited)
        for path in self.files:
            _check(path)

    @classmethod
    def of(
        cls,
        files: Mapping[str, bytes],
        settings: AssessmentSettings,
        *,
        edited: Collection[str] = (),
    ) -> "Project":
        """Take files as they are.

        Raises:
            LimitExceededError: They are more files or bytes than the settings allow.
        """
        bound(len(files), sum(map(len, files.values())), settings)
        return cls(files, edited=edited)

    @classmethod
    def read(cls, root: Path, settings: AssessmentSettings) -> "Project":
        """Read a folder, without what tools leave behind.

        Raises:
            LimitExceededError: It has more files or bytes than the settings allow.
        """
        files: dict[str, bytes] = {}
        size = 0
        for path in _walk(root):
            files[path.relative_to(root).as_posix()] = content = path.read_bytes()
            size += len(content)
            bound(len(files), size, settings)
        return cls(files)

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every Python file, parsed."""
        return tuple(
            _parse(path, content) for path, content in self.files.items() if path.endswith(".py")
        )

    @cached_property
    def parsed(self) -> tuple[tuple[Source, ast.Module], ...]:
        """Every Python file that has a tree, with it."""
        return tuple((source, source.tree) for source in self.sources if source.tree is not None)

    def text(self, path: str) -> str | None:
        """Return a file as text, or nothing if there is none."""
        content = self.files.get(path)
        return None if content is None else content.decode("utf-8", errors="replace")

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """Write the files to a folder of their own, which goes away afterwards."""
        with TemporaryDirectory(prefix="proof-", ignore_cleanup_errors=True) as folder:
            root = Path(folder).resolve() / "project"
            for path, content in self.files.items():
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            yield root


def _parse(path: str, content: bytes) -> Source:
    try:
        text = content.decode("utf-8")
        return Source(path=path, text=text, tree=ast.parse(text, filename=path))
    except (SyntaxError, ValueError) as error:  # UnicodeDecodeError is a ValueError
        text = content.decode("utf-8", errors="replace")
        return Source(path=path, text=text, tree=None, problem=_told(error))


def _told(error: SyntaxError | ValueError) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno}: {error.msg}"
    return str(error)


def _walk(root: Path) -> Iterator[Path]:
    for path in sorted(root.iterdir()):
        if path.is_symlink() or path.name in _PASSED_OVER:
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path


def _check(path: str) -> None:
    pure = PurePosixPath(path)
    if not path or pure.is_absolute() or ".." in pure.parts or "\0" in path or "\\" in path:
        raise InvalidInputError(f"The path {path!r} leaves the project.", reason="UNSAFE_PATH")


def bound(files: int, size: int, settings: AssessmentSettings) -> None:
    """Pass a project of so many files and bytes.

    Raises:
        LimitExceededError: They are more than the settings allow.
    """
    if files > settings.max_files or size > settings.max_bytes:
        raise LimitExceededError(
            f"The project has more than {settings.max_files} files or {settings.max_bytes} bytes.",
            reason="PROJECT_TOO_LARGE",
        )
