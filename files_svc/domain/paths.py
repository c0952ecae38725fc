"""The path rules, in their one place: what a file of a project may be called.

A path is relative, POSIX, in NFC, of a closed alphabet, and safe to unpack on any file system: no
way out of the root, no device name, no hidden file but the known ones, and no two paths that some
file system would take for one.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chassis.errors import FieldViolation, InvalidInputError

MAX_PATH_BYTES = 240
MAX_NAME_BYTES = 120
MAX_DEPTH = 16

PUNCTUATION = frozenset(" _-.+@=,()[]{}")
DEVICE = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9¹²³])", re.IGNORECASE)
DRIVE = re.compile(r"[A-Za-z]:")

DOT_NAMES = frozenset(
    {
        ".backsmith",
        ".ci",
        ".coveragerc",
        ".devcontainer",
        ".dockerignore",
        ".editorconfig",
        ".env.example",
        ".gitattributes",
        ".github",
        ".gitignore",
        ".gitkeep",
        ".gitlab-ci.yml",
        ".pre-commit-config.yaml",
        ".python-version",
        ".vscode",
    }
)
"""The names that may begin with a dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathProblem:
    """Why a path is refused."""

    path: str
    reason: str
    """The rule, in UPPER_SNAKE_CASE."""

    message: str
    """What is wrong and what to do."""

    @property
    def violation(self) -> FieldViolation:
        """The problem as a field violation, the path as its field."""
        return FieldViolation(field=self.path, message=self.message, reason=self.reason)


def path_problem(path: str) -> PathProblem | None:
    """Return the first rule that a path breaks on its own, or None."""
    for reason, message in _problems(path):
        return PathProblem(path=_printable(path), reason=reason, message=message)
    return None


def _problems(path: str) -> Iterator[tuple[str, str]]:
    yield from _whole_problems(path)
    names = path.split("/")
    if len(names) > MAX_DEPTH:
        yield "PATH_TOO_DEEP", f"Use at most {MAX_DEPTH} levels of folders."
    for name in names:
        yield from _name_problems(name)


def _whole_problems(path: str) -> Iterator[tuple[str, str]]:
    if not path:
        yield "PATH_EMPTY", "Name a file, such as `app/main.py`."
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in path):
        yield "PATH_CONTROL_CHARACTER", "Leave out NUL, control characters and lone surrogates."
    if "\\" in path:
        yield "PATH_BACKSLASH", "Separate folders with `/`."
    if DRIVE.match(path):
        yield "PATH_DRIVE", "Leave the drive letter out: paths are relative to the project's root."
    if path.startswith("/"):
        yield "PATH_ABSOLUTE", "Leave the first `/` out: paths are relative to the project's root."
    if not unicodedata.is_normalized("NFC", path):
        yield "PATH_NOT_NFC", "Write the path in Unicode's composed form, NFC."
    if len(path.encode()) > MAX_PATH_BYTES:
        yield "PATH_TOO_LONG", f"Use at most {MAX_PATH_BYTES} bytes."


def _name_problems(name: str) -> Iterator[tuple[str, str]]:
    if not name:
        yield "PATH_EMPTY_NAME", "Put something between any two `/`, and none at the end."
    if name in {".", ".."}:
        yield "PATH_LEAVES_ROOT", f"Leave {name!r} out: name the file from the project's root."
    if name.startswith(".") and name not in DOT_NAMES:
        yield "PATH_HIDDEN", f"Only known names may begin with a dot; {name!r} is not one of them."
    if not all(map(_allowed, name)):
        wrong = next(character for character in name if not _allowed(character))
        yield "PATH_CHARACTER", f"Use letters, digits and {_shown_punctuation()}, not {wrong!r}."
    if name[:1] in {"-", " "} or name[-1:] in {".", " "}:
        yield "PATH_EDGE", f"Begin {name!r} with no `-` or space, and end it with no dot or space."
    if DEVICE.fullmatch(name.split(".", maxsplit=1)[0].rstrip()):
        yield "PATH_RESERVED", f"{name!r} names a device on some systems; choose another name."
    if len(name.encode()) > MAX_NAME_BYTES:
        yield "PATH_NAME_TOO_LONG", f"Use at most {MAX_NAME_BYTES} bytes between two `/`."


def _allowed(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN" or character in PUNCTUATION


def _shown_punctuation() -> str:
    return "".join(sorted(PUNCTUATION - {" "})) + " and space"


def _printable(path: str) -> str:
    """Return a path as it may be shown: an error message must stay valid UTF-8 and short."""
    return path[:MAX_PATH_BYTES].encode("utf-8", "backslashreplace").decode()


def clashes(paths: Iterable[str]) -> Iterator[PathProblem]:
    """Yield each path that some file system cannot hold beside another one."""
    spelled: dict[str, str] = {}
    files: set[str] = set()
    folders: set[str] = set()
    for path in sorted(paths):
        key = _twin_key(path)
        if twin := _first_twin(path, spelled):
            yield _clash(path, "PATH_TWIN", f"{twin!r} differs only in case or composition.")
        elif key in folders or any(parent in files for parent in _parents(key)):
            yield _clash(path, "PATH_FILE_AND_FOLDER", "It would be both a file and a folder.")
        files.add(key)
        folders.update(_parents(key))
        spelled.update({_twin_key(part): part for part in (path, *_parents(path))})


def _first_twin(path: str, spelled: dict[str, str]) -> str | None:
    """Return what was spelled otherwise before: the same file or the same folder."""
    for part in (*_parents(path), path):
        known = spelled.get(_twin_key(part), part)
        if known != part:
            return known
    return None


def _clash(path: str, reason: str, message: str) -> PathProblem:
    return PathProblem(path=path, reason=reason, message=f"{message} Rename one of them.")


def _twin_key(path: str) -> str:
    """Return what a file system that ignores case and composition may know a path by."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKD", path).casefold())


def _parents(path: str) -> Iterator[str]:
    names = path.split("/")
    return ("/".join(names[:depth]) for depth in range(1, len(names)))


def require_path(path: str) -> None:
    """Pass only a path that keeps the rules.

    Raises:
        InvalidInputError: It breaks one; named.
    """
    if problem := path_problem(path):
        raise _refusal([problem])


def require_paths(paths: Iterable[str]) -> None:
    """Pass only paths that keep the rules, each alone and all together.

    Raises:
        InvalidInputError: Some break one; each is named.
    """
    paths = list(paths)
    alone = [problem for problem in map(path_problem, paths) if problem]
    if problems := alone or list(clashes(set(paths))):
        raise _refusal(problems)


def _refusal(problems: list[PathProblem]) -> InvalidInputError:
    first, more = problems[0], len(problems) - 1
    others = f" {more} more paths are refused." if more else ""
    return InvalidInputError(
        f"The path {first.path!r} is refused. {first.message}{others}",
        violations=[problem.violation for problem in problems[:MAX_VIOLATIONS]],
        reason=first.reason,
    )


MAX_VIOLATIONS = 20
"""How many paths one refusal names: an error must fit into gRPC's trailers."""
