"""T0: every name is defined somewhere."""

import ast
import builtins
import symtable
from collections.abc import Iterator

from generator_svc.assessment.project import Project, Source

_IMPLICIT = frozenset(
    ["__name__", "__file__", "__doc__", "__package__", "__spec__", "__path__", "__annotations__"]
)
_BUILTINS = frozenset(dir(builtins)) | _IMPLICIT
_IN_CLASSES = frozenset(["__qualname__", "__module__", "__class__", "__annotations__"])


def check_names(project: Project) -> Iterator[str]:
    """Yield each name that a file reads and nobody defines."""
    for source, tree in project.parsed:
        if _star_imports(tree):
            yield f"{source.path}: a star import hides which names are defined"
            continue
        yield from _undefined(source, tree)


def _star_imports(tree: ast.Module) -> bool:
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom))
    return any(alias.name == "*" for node in imports for alias in node.names)


def _undefined(source: Source, tree: ast.Module) -> Iterator[str]:
    try:
        table = symtable.symtable(source.text, source.path, "exec")
    except SyntaxError:  # the gate `compiles` tells it
        return
    scopes = list(_scopes(table))
    known = _BUILTINS | _module_names(table, scopes)
    for name in sorted(_read_globally(scopes) - known):
        yield f"{source.path}:{_line(tree, name)}: the name {name} is not defined"
    yield from _undefined_annotations(source, tree, known | _all_bound(scopes))


def _scopes(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    yield table
    for child in table.get_children():
        yield from _scopes(child)


def _module_names(table: symtable.SymbolTable, scopes: list[symtable.SymbolTable]) -> set[str]:
    top = {symbol.get_name() for symbol in table.get_symbols() if _binds(symbol)}
    declared = {
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if symbol.is_declared_global() and symbol.is_assigned()
    }
    return top | declared


def _binds(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _read_globally(scopes: list[symtable.SymbolTable]) -> set[str]:
    return {
        symbol.get_name()
        for scope in scopes
        for symbol in scope.get_symbols()
        if symbol.is_referenced() and _is_global(scope, symbol)
    }


def _is_global(scope: symtable.SymbolTable, symbol: symtable.Symbol) -> bool:
    if scope.get_type() == "class" and symbol.get_name() in _IN_CLASSES:
        return False
    if scope.get_type() == "module":
        return not _binds(symbol)
    return symbol.is_global()


def _all_bound(scopes: list[symtable.SymbolTable]) -> set[str]:
    symbols = (symbol for scope in scopes for symbol in scope.get_symbols())
    return {symbol.get_name() for symbol in symbols if _binds(symbol) or symbol.is_parameter()}


def _undefined_annotations(
    source: Source, tree: ast.Module, known: frozenset[str]
) -> Iterator[str]:
    """Look into annotations too: deferred ones are no part of the symbol table."""
    for annotation in _annotations(tree):
        for node in ast.walk(annotation):
            if isinstance(node, ast.Name) and node.id not in known:
                yield f"{source.path}:{node.lineno}: the name {node.id} is not defined"


def _annotations(tree: ast.Module) -> Iterator[ast.expr]:
    if not _deferred(tree):
        return
    for node in ast.walk(tree):
        match node:
            case (
                ast.AnnAssign(annotation=annotation) | ast.arg(annotation=ast.expr() as annotation)
            ):
                yield annotation
            case (
                ast.FunctionDef(returns=ast.expr() as returns)
                | ast.AsyncFunctionDef(returns=ast.expr() as returns)
            ):
                yield returns


def _deferred(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


def _line(tree: ast.Module, name: str) -> int:
    lines = [
        node.lineno for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name
    ]
    return min(lines, default=1)
