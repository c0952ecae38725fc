"""T0: nothing is left to be filled in."""

import ast
import re
from collections.abc import Iterator

from generator_svc.assessment.project import Project, Source

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_OPEN = re.compile(r"(?:^|\s)(?:#|//|--)\s*(?:TODO|FIXME|XXX)\b")
_LEFT_OUT = re.compile(
    r"(?:\.\.\.|…)\s*\(?(?:existing|rest of|remaining|previous|same as)\b"
    r"|(?:#|//)\s*(?:your code here|implement me|implement this|placeholder)\b",
    re.IGNORECASE,
)
_COMMENTED = (".py", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".sh", ".sql", ".example")
_COMMENTED_NAMES = ("Dockerfile", "Makefile", ".gitignore")


def check_bodies(project: Project) -> Iterator[str]:
    """Yield each function without a body of its own, and each mark of unfinished work."""
    for source, tree in project.parsed:
        yield from _empty(source, tree, in_interface=False)
    for path in project.files:
        if path.endswith(_COMMENTED) or path.rpartition("/")[2] in _COMMENTED_NAMES:
            yield from _marks(path, project.text(path) or "")


def _marks(path: str, text: str) -> Iterator[str]:
    for number, line in enumerate(text.splitlines(), 1):
        if _OPEN.search(line) or _LEFT_OUT.search(line):
            yield f"{path}:{number}: unfinished: {line.strip()[:80]}"


def _empty(source: Source, node: ast.AST, *, in_interface: bool) -> Iterator[str]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS) and not in_interface and _is_empty(child):
            yield f"{source.path}:{child.lineno}: the function {child.name} has no body"
        interface = isinstance(child, ast.ClassDef) and _names(child.bases) & {"Protocol"}
        yield from _empty(source, child, in_interface=bool(interface))


def _is_empty(function: _Function) -> bool:
    if _names(function.decorator_list) & {"overload", "abstractmethod", "fixture"}:
        return False
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return all(_says_nothing(statement) for statement in body)


def _says_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.Raise(exc=ast.Name() | ast.Call() as raised):
            return bool(_names([raised]) & {"NotImplementedError"})
    return False


def _names(expressions: list[ast.expr]) -> set[str]:
    """Return the last name of each expression: `typing.Protocol[T]` → `Protocol`."""
    return {name for expression in expressions if (name := _last_name(expression))}


def _last_name(expression: ast.expr) -> str:
    match expression:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=inner) | ast.Call(func=inner):
            return _last_name(inner)
    return ""
