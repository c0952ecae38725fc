"""T0: every import resolves to the standard library, a declared dependency or the project."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.metadata import packages_distributions

from generator_svc.assessment.project import Project, Source

_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_SEPARATORS = re.compile(r"[-_.]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    modules: dict[str, frozenset[str] | None]
    """The project's modules and packages with the names they bind; none if they decide later."""

    distributions: frozenset[str]


def check_imports(project: Project) -> Iterator[str]:
    """Yield each import that would not resolve where only the declared dependencies stand."""
    known = _Known(modules=_own_modules(project), distributions=_declared(project))
    for source, tree in project.parsed:
        for node in ast.walk(tree):
            for problem in _problems(node, source, known):
                yield f"{source.path}:{getattr(node, 'lineno', 1)}: {problem}"


def _problems(node: ast.AST, source: Source, known: _Known) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield from _module_problems(alias.name, known)
    elif isinstance(node, ast.ImportFrom):
        module = _absolute(node, source)
        problems = list(_module_problems(module, known))
        yield from problems or _name_problems(module, node, known)


def _absolute(node: ast.ImportFrom, source: Source) -> str:
    if not node.level:
        return node.module or ""
    package = source.module.split(".")
    above = node.level - source.path.endswith("__init__.py")
    base = package[: len(package) - above] if above else package
    return ".".join([*base, *([node.module] if node.module else [])])


def _module_problems(module: str, known: _Known) -> Iterator[str]:
    top = module.partition(".")[0]
    if top in known.modules:
        if module not in known.modules:
            yield f"the project has no module {module}"
    elif top not in sys.stdlib_module_names and not _is_declared(top, known.distributions):
        yield f"{top} is no declared dependency"


def _name_problems(module: str, node: ast.ImportFrom, known: _Known) -> Iterator[str]:
    bound = known.modules.get(module)
    if bound is None:
        return
    for alias in node.names:
        if alias.name not in bound and f"{module}.{alias.name}" not in known.modules:
            yield f"{module} has no {alias.name}"


def _own_modules(project: Project) -> dict[str, frozenset[str] | None]:
    modules: dict[str, frozenset[str] | None] = {}
    for source in project.sources:
        parts = source.module.split(".")
        for end in range(1, len(parts)):
            modules.setdefault(".".join(parts[:end]), frozenset())
        modules[source.module] = _bound(source.tree) if source.tree else None
    modules.pop("", None)
    return modules


def _bound(tree: ast.Module) -> frozenset[str] | None:
    names = {name for statement in tree.body for name in _binds(statement)}
    return None if "__getattr__" in names or "*" in names else frozenset(names)


def _binds(statement: ast.stmt) -> Iterator[str]:
    match statement:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            yield from (alias.asname or alias.name.partition(".")[0] for alias in names)
        case ast.If() | ast.Try() | ast.With():
            inner = (node for node in ast.iter_child_nodes(statement) if isinstance(node, ast.stmt))
            yield from (name for node in inner for name in _binds(node))
        case _:
            stored = (node for node in ast.walk(statement) if isinstance(node, ast.Name))
            yield from (node.id for node in stored if isinstance(node.ctx, ast.Store))


def _is_declared(top: str, distributions: frozenset[str]) -> bool:
    owners = {_normal(name) for name in _owners().get(top, [])} or {_normal(top)}
    return bool(owners & distributions)


@cache
def _owners() -> dict[str, list[str]]:
    return dict(packages_distributions())


def _declared(project: Project) -> frozenset[str]:
    names: set[str] = set()
    for path in project.files:
        text = project.text(path) or ""
        if path == "pyproject.toml":
            names.update(_from_pyproject(text))
        elif path.rpartition("/")[2].startswith("requirements") or path.startswith("requirements/"):
            names.update(_requirements(text.splitlines()))
    return frozenset(_normal(name) for name in names)


def _from_pyproject(text: str) -> Iterator[str]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    project = document.get("project", {})
    yield from _requirements(project.get("dependencies", []))
    groups = (project.get("optional-dependencies", {}), document.get("dependency-groups", {}))
    for group in groups:
        for lines in group.values():
            yield from _requirements([line for line in lines if isinstance(line, str)])


def _requirements(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if match := _REQUIREMENT.match(line):
            yield match[1]


def _normal(name: str) -> str:
    return _SEPARATORS.sub("-", name).lower()
