"""House rules that no linter knows."""

import ast
import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.architecture.support import ROOT, modules, name_of, tracked

MAX_LINES = 400
MACHINE_PATHS = re.compile(r"/(?:work|root|home|Users|opt/pypi)[/-]\w")
REGISTRIES = re.compile(r"(?:py[p]i|python[h]osted|npm[j]s|registry\.yarnpkg)\.(?:org|com)")
UNFINISHED = re.compile(r"\b(?:TODO|FIXME|XXX|HACK)\b")
STARTED_BY_OTHERS = {"__main__.py", "env.py"}
"""Modules that are run, not imported: programs, and Alembic's environment."""

OWN_WORDS = {"tests/architecture/test_sources.py", "pyproject.toml"}
SPEAKS_OF_UNFINISHED = re.compile(
    r"(generator_svc/assessment|generator_svc/engines|tests/.*(assessment|proof|engines))"
)


def findings(pattern: re.Pattern[str]) -> list[str]:
    """Return where a pattern occurs in the repository's files."""
    found = []
    for path in tracked():
        name = name_of(path)
        if name in OWN_WORDS:
            continue
        text = path.read_text(encoding="utf-8", errors="replace")
        found += [f"{name}: {match.group()}" for match in pattern.finditer(text)]
    return found


def test_no_path_of_some_machine_is_committed() -> None:
    """Names no folder that only one machine has."""
    assert findings(MACHINE_PATHS) == []


def test_no_registry_is_named() -> None:
    """Leaves the choice of package registries to whoever installs."""
    assert findings(REGISTRIES) == []


def test_nothing_is_left_for_later() -> None:
    """Has no marker of unfinished work, but where the code looks for such markers in others'."""
    assert [each for each in findings(UNFINISHED) if not SPEAKS_OF_UNFINISHED.match(each)] == []


def test_every_module_says_what_it_is() -> None:
    """Begins every module with a docstring."""
    silent = [name_of(path) for path in modules() if not ast.get_docstring(_parsed(path))]
    assert silent == []


def test_no_module_grows_too_long() -> None:
    """Keeps every source file short enough to be read in one go."""
    lengths = {name_of(path): path.read_text(encoding="utf-8").count("\n") for path in modules()}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_nothing_happens_at_import() -> None:
    """Calls nothing at the top of a module for its effect."""
    loud = []
    for path in modules():
        if path.name not in STARTED_BY_OTHERS:
            loud += [f"{name_of(path)}: {called}" for called in _called_for_effect(path)]
    assert loud == []


@pytest.mark.parametrize("group", ["runtime", "dev", "bench", "build"])
def test_every_lock_has_hashes(group: str) -> None:
    """Pins every library to one version and to its hashes."""
    text = (ROOT / "requirements" / f"{group}.lock").read_text(encoding="utf-8")
    pins = re.findall(r"^[\w.\[\]-]+==\S+", text, flags=re.MULTILINE)
    assert pins
    assert text.count("--hash=sha256:") >= len(pins)


def test_the_locks_have_what_is_declared() -> None:
    """Locks every library that pyproject.toml names."""
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    lock = (ROOT / "requirements" / "runtime.lock").read_text(encoding="utf-8")
    for requirement in declared["project"]["dependencies"]:
        name = re.split(r"[\[>=;]", requirement)[0].lower().replace(".", "-")
        assert re.search(rf"^{re.escape(name)}(\[[\w,]+\])?==", lock, re.MULTILINE), name


@pytest.mark.parametrize("group", ["runtime", "dev"])
def test_the_locks_name_every_extra_that_is_asked_for(group: str) -> None:
    """Pins `name[extra]`: pip takes a bare pin for another library, and looks for a newer one."""
    text = (ROOT / "requirements" / f"{group}.lock").read_text(encoding="utf-8")
    pins = [Requirement(pin) for pin in re.findall(r"^(\S.*==\S+)", text, flags=re.MULTILINE)]
    locked = {canonicalize_name(pin.name): pin.extras for pin in pins}
    for pin in pins:
        for asked in _asked_by(pin):
            name = canonicalize_name(asked.name)
            assert asked.extras <= locked.get(name, asked.extras), f"{pin.name} asks for {asked}"


def _asked_by(pin: Requirement) -> list[Requirement]:
    """Return what a library that is installed here asks for."""
    try:
        wanted = metadata.requires(pin.name) or []
    except metadata.PackageNotFoundError:  # one for another platform
        return []
    asked = [Requirement(line) for line in wanted]
    extras = pin.extras or {""}
    return [
        each
        for each in asked
        if each.marker is None or any(each.marker.evaluate({"extra": extra}) for extra in extras)
    ]


def _parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _called_for_effect(path: Path) -> Iterator[str]:
    """Yield what a module calls when it is imported, besides what is private to it."""
    for statement in _parsed(path).body:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            called = ast.unparse(statement.value.func)
            if not called.startswith("_"):
                yield called
