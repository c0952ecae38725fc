"""What a file of a project may be called."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInputError
from files_svc.domain.paths import (
    DOT_NAMES,
    MAX_DEPTH,
    MAX_NAME_BYTES,
    MAX_PATH_BYTES,
    clashes,
    path_problem,
    require_path,
    require_paths,
)

GOOD = [
    "a",
    "app/main.py",
    "app/__init__.py",
    ".env.example",
    ".gitignore",
    ".github/workflows/ci.yml",
    ".backsmith/manifest.json",
    ".pre-commit-config.yaml",
    "docs/Übersicht (alt) [2].md",
    "docs/計画.md",
    "app/models/console.py",
    "app/aux_/nul_.py",
    "a.b.c/d+e@f=g,h{i}.txt",
    "a" * MAX_NAME_BYTES,
]

BAD = [
    ("", "PATH_EMPTY"),
    ("/etc/passwd", "PATH_ABSOLUTE"),
    ("../x", "PATH_LEAVES_ROOT"),
    ("a/../../x", "PATH_LEAVES_ROOT"),
    ("a/..", "PATH_LEAVES_ROOT"),
    ("./a", "PATH_LEAVES_ROOT"),
    ("a//b", "PATH_EMPTY_NAME"),
    ("a/", "PATH_EMPTY_NAME"),
    ("a\\b", "PATH_BACKSLASH"),
    ("..\\x", "PATH_BACKSLASH"),
    ("C:/x", "PATH_DRIVE"),
    ("c:x", "PATH_DRIVE"),
    ("ab:stream", "PATH_CHARACTER"),
    ("a\0b", "PATH_CONTROL_CHARACTER"),
    ("a\nb", "PATH_CONTROL_CHARACTER"),
    ("a\x7fb", "PATH_CONTROL_CHARACTER"),
    ("a\ud800b", "PATH_CONTROL_CHARACTER"),
    (".env", "PATH_HIDDEN"),
    (".git/config", "PATH_HIDDEN"),
    ("a/.ssh/id", "PATH_HIDDEN"),
    ("...", "PATH_HIDDEN"),
    ("e\u0301.py", "PATH_NOT_NFC"),
    ("a*b", "PATH_CHARACTER"),
    ("a?b", "PATH_CHARACTER"),
    ("a|b", "PATH_CHARACTER"),
    ("$HOME/x", "PATH_CHARACTER"),
    ("~/x", "PATH_CHARACTER"),
    ("a\u202eyp.py", "PATH_CHARACTER"),
    ("a\u200bb", "PATH_CHARACTER"),
    ("a\uff0f..\uff0fb", "PATH_CHARACTER"),
    ("-rf", "PATH_EDGE"),
    ("a/-x", "PATH_EDGE"),
    ("a ", "PATH_EDGE"),
    (" a", "PATH_EDGE"),
    ("a./b", "PATH_EDGE"),
    ("CON", "PATH_RESERVED"),
    ("con.txt", "PATH_RESERVED"),
    ("app/Aux.py", "PATH_RESERVED"),
    ("app/nul.tar.gz", "PATH_RESERVED"),
    ("COM1", "PATH_RESERVED"),
    ("lpt\u00b9.log", "PATH_RESERVED"),
    ("con .txt", "PATH_RESERVED"),
    ("a" * (MAX_NAME_BYTES + 1), "PATH_NAME_TOO_LONG"),
    ("ü" * (MAX_NAME_BYTES // 2 + 1), "PATH_NAME_TOO_LONG"),
    ("/".join(["a" * 60] * 5), "PATH_TOO_LONG"),
    ("/".join("a" * (MAX_DEPTH + 1)), "PATH_TOO_DEEP"),
]


@pytest.mark.parametrize("path", GOOD)
def test_takes_a_good_path(path: str) -> None:
    """Takes what a project needs."""
    assert path_problem(path) is None


@pytest.mark.parametrize(("path", "reason"), BAD)
def test_refuses_a_bad_path(path: str, reason: str) -> None:
    """Refuses a path with the rule it breaks and what to do about it."""
    with pytest.raises(InvalidInputError) as refusal:
        require_path(path)
    assert refusal.value.reason == reason
    violation = refusal.value.violations[0]
    assert violation.reason == reason
    assert len(violation.message) > 10
    violation.field.encode()


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (["README.md", "readme.md"], "PATH_TWIN"),
        (["App/a.py", "app/b.py"], "PATH_TWIN"),
        (["straße.md", "STRASSE.md"], "PATH_TWIN"),
        (["\ufb01x.py", "fix.py"], "PATH_TWIN"),
        (["a/b/C/d", "a/b/c/e"], "PATH_TWIN"),
        (["a", "a/b"], "PATH_FILE_AND_FOLDER"),
        (["a/b", "a/b/c/d"], "PATH_FILE_AND_FOLDER"),
        (["a/b", "A"], "PATH_TWIN"),
        (["a.txt", "a", "a/b"], "PATH_FILE_AND_FOLDER"),
    ],
)
def test_refuses_paths_that_clash(paths: list[str], reason: str) -> None:
    """Refuses paths that some file system takes for one, in any order."""
    for order in (paths, paths[::-1]):
        with pytest.raises(InvalidInputError) as refusal:
            require_paths(order)
        assert refusal.value.reason == reason


def test_takes_paths_that_only_look_alike() -> None:
    """Takes files whose names share a beginning, and the same path twice."""
    require_paths(["a", "ab/c", "a.b", "app/a.py", "app/b/a.py", "a"])


def test_names_every_bad_path() -> None:
    """Names each path at fault, up to a bound, and says how many there are."""
    with pytest.raises(InvalidInputError) as refusal:
        require_paths([f"../{number}" for number in range(100)])
    assert len(refusal.value.violations) == 20
    assert "99 more" in refusal.value.message


def test_takes_ten_thousand_paths() -> None:
    """Checks a large project in far less than the deadline of a call."""
    require_paths(f"app/module_{number % 100}/file_{number}.py" for number in range(10_000))


@given(st.text(max_size=60))
def test_what_is_taken_stays_inside(path: str) -> None:
    """Takes nothing that could leave the root, whatever the text."""
    if path_problem(path):
        return
    names = path.split("/")
    assert all(name not in {"", ".", ".."} for name in names)
    assert not set(path) & set('\\:*?"<>|\0~$')
    assert unicodedata.is_normalized("NFC", path)
    assert len(path.encode()) <= MAX_PATH_BYTES
    assert all(name in DOT_NAMES for name in names if name.startswith("."))


NAMES = st.text(alphabet="aAbBäÄ\u0308", min_size=1, max_size=3)


@given(st.lists(st.lists(NAMES, min_size=1, max_size=3).map("/".join), max_size=8))
def test_what_is_taken_together_fits_any_file_system(paths: list[str]) -> None:
    """Takes together only paths that stay apart where case and composition do not count."""
    if any(map(path_problem, paths)) or list(clashes(set(paths))):
        return
    tree: dict[str, str] = {}
    for path in set(paths):
        names = path.split("/")
        for depth in range(1, len(names) + 1):
            part = "/".join(names[:depth])
            kind = f"{part}|{'file' if depth == len(names) else 'folder'}"
            key = unicodedata.normalize("NFD", part).casefold()
            assert tree.setdefault(key, kind) == kind
