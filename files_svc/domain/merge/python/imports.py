"""Merges imports as sets of names, and finds those that merged code lacks."""

import builtins
import symtable
from collections.abc import Iterator, Sequence
from typing import cast

import libcst as cst

from files_svc.domain.merge.python.items import Item, Statement, code_of


def merge_from_import(base: Item | None, ours: Item, theirs: Item) -> Statement | None:
    """Merge `from … import …`; None when one side imports everything."""
    before = _aliases(base.node) if base else {}
    now, after = _aliases(ours.node), _aliases(theirs.node)
    if not now or not after or (base and not before):
        return None
    merged = {name: alias for name, alias in now.items() if name in after or name not in before}
    merged |= {name: alias for name, alias in after.items() if name not in before}
    aliases = [merged[name] for name in sorted(merged, key=_import_order)]
    return ours.node.with_deep_changes(_from_of(ours.node), names=aliases) if aliases else None


def _from_of(node: Statement) -> cst.ImportFrom:
    line = cst.ensure_type(node, cst.SimpleStatementLine)
    return cst.ensure_type(line.body[0], cst.ImportFrom)


def _aliases(node: Statement) -> dict[str, cst.ImportAlias]:
    names = _from_of(node).names
    if isinstance(names, cst.ImportStar):
        return {}
    bare = (alias.with_changes(comma=cst.MaybeSentinel.DEFAULT) for alias in names)
    return {code_of(alias): alias for alias in bare}


def _import_order(name: str) -> tuple[int, str]:
    """Order names as isort does: constants, classes, others."""
    first = name.partition(" ")[0]
    kind = 0 if first.isupper() and len(first) > 1 else 1 if first[:1].isupper() else 2
    return kind, name


def with_needed_imports(merged: cst.Module, sources: Sequence[cst.Module]) -> cst.Module:
    """Bring back the imports that merged code uses and no longer has, from the first that has them.

    One side may drop an import that only the other side's code still needs.
    """
    lacking = undefined_names(merged.code)
    if not lacking:
        return merged
    offers = {name: line for source in reversed(sources) for name, line in _offers(source)}
    needed = [offers[name] for name in sorted(lacking & set(offers))]
    place = _end_of_imports(merged.body)
    return merged.with_changes(body=[*merged.body[:place], *needed, *merged.body[place:]])


def undefined_names(code: str) -> set[str]:
    """Return the names that some code takes from its module, and its module does not have.

    Of code that parses and still makes no sense, such as a late `global`, nothing is known.
    """
    try:
        top = symtable.symtable(code, "merged", "exec")
    except (SyntaxError, ValueError, RecursionError):
        return set()
    defined = {symbol.get_name() for symbol in top.get_symbols() if _is_bound(symbol)}
    return _global_uses(top) - defined - set(dir(builtins)) - {"__file__", "__name__", "__path__"}


def _is_bound(symbol: symtable.Symbol) -> bool:
    return symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()


def _global_uses(table: symtable.SymbolTable) -> set[str]:
    top = table.get_type() == "module"
    uses = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if symbol.is_referenced() and (symbol.is_global() or top)
    }
    return uses.union(*map(_global_uses, table.get_children()))


def _offers(module: cst.Module) -> Iterator[tuple[str, Statement]]:
    """Yield what a module's imports bind, each with a line that imports it alone."""
    for line in module.body:
        match line:
            case cst.SimpleStatementLine(body=[cst.ImportFrom(names=names) as node]):
                if not isinstance(names, cst.ImportStar):
                    yield from ((_bound(alias), _alone(node, alias)) for alias in names)
            case cst.SimpleStatementLine(body=[cst.Import(names=names) as node]):
                yield from ((_bound(alias), _alone(node, alias)) for alias in names)


def _bound(alias: cst.ImportAlias) -> str:
    return alias.evaluated_alias or alias.evaluated_name.partition(".")[0]


def _alone(node: cst.ImportFrom | cst.Import, alias: cst.ImportAlias) -> Statement:
    bare = alias.with_changes(comma=cst.MaybeSentinel.DEFAULT)
    changes = {"names": [bare]}
    if isinstance(node, cst.ImportFrom):
        node = node.with_changes(lpar=None, rpar=None)
    return cst.SimpleStatementLine([cast("cst.Import", node.with_changes(**changes))])


def _end_of_imports(body: Sequence[cst.CSTNode]) -> int:
    """Return the place after the last import of a module, or else after its docstring."""
    place = 0
    for number, line in enumerate(body):
        match line:
            case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom()]):
                place = number + 1
            case cst.SimpleStatementLine(body=[cst.Expr(value=cst.SimpleString())]) if number == 0:
                place = 1
    return place
