"""What must hold of merged Python, whatever the merge did: it fails closed."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator

import libcst as cst

from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.python.items import comments_of, items_of

NESTED = ("body", "orelse", "finalbody", "handlers", "cases", "decorator_list")


def parses(text: str) -> bool:
    """Tell whether a text is Python."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def public_symbols(module: cst.Module) -> set[str]:
    """Return what a module offers: its public names, and those of its classes."""
    found: set[str] = set()
    for item in items_of(module.body):
        if item.is_public:
            found.add(item.name)
        if isinstance(item.node, cst.ClassDef) and isinstance(item.node.body, cst.IndentedBlock):
            members = items_of(item.node.body.body)
            found |= {f"{item.name}.{member.name}" for member in members if member.is_public}
    return found


def lost_symbols(ours: cst.Module, merged: cst.Module, patch: Patch) -> set[str]:
    """Return the public symbols that vanished and that no drop named."""
    gone = public_symbols(ours) - public_symbols(merged)
    return {name for name in gone if not patch.may_vanish(name)}


def loses_edits(base: str, ours: str, merged: str) -> bool:
    """Tell whether something the user wrote is not there any more, layout aside."""
    lines = _lines(ours) - _lines(base) - _lines(merged)
    if not lines:
        return False
    return bool(_thoughts(ours) - _thoughts(base) - _thoughts(merged))


def _lines(text: str) -> Counter[str]:
    return Counter(line.strip() for line in text.splitlines() if line.strip())


def _thoughts(text: str) -> Counter[str]:
    """Return what a text says: each statement without those it holds, and each comment."""
    statements = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt))
    said = Counter(thought for node in statements for thought in _said(node))
    return said + Counter(f"# {comment}" for comment in comments_of(text))


def _said(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (f"import {ast.dump(alias)}" for alias in names)
        case ast.ImportFrom(module=module, level=level, names=names):
            yield from (f"from {level} {module} {ast.dump(alias)}" for alias in names)
        case ast.Assign(value=ast.List() | ast.Tuple() | ast.Set() as value):
            yield from (f"{ast.dump(node.targets[0])} {ast.dump(each)}" for each in value.elts)
        case _:
            yield from map(ast.dump, getattr(node, "decorator_list", ()))
            yield ast.dump(_without_nested(node))


def _without_nested(node: ast.stmt) -> ast.stmt:
    bare = copy.copy(node)
    for name in NESTED:
        if name in node._fields:
            setattr(bare, name, [])
    return bare
