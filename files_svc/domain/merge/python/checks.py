"""What must hold of merged Python, whatever the merge did: it fails closed."""

import ast
import copy
from collections import Counter
from collections.abc import Iterator

from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.python.items import comments_of

MAX_DEPTH = 150
"""How many levels of syntax may stand in each other; a chain of 100 calls has 200."""

NESTED = ("body", "orelse", "finalbody", "handlers", "cases", "decorator_list")


def is_tame(text: str) -> bool:
    """Tell whether a text is Python that nests no deeper than people write.

    The merge's own parser does not survive code that nests a thousand levels deep.
    """
    return parses(text) and _depth(ast.parse(text)) <= MAX_DEPTH


def _depth(tree: ast.AST) -> int:
    depth, level = 0, [tree]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [child for node in level for child in ast.iter_child_nodes(node)]
    return depth


def parses(text: str) -> bool:
    """Tell whether a text is Python."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def public_symbols(text: str) -> set[str]:
    """Return what a module offers: its public names, and those of its classes."""
    found: set[str] = set()
    for node in ast.parse(text).body:
        found |= _public_names(node)
        if isinstance(node, ast.ClassDef):
            members = set().union(*map(_public_names, node.body))
            found |= {f"{node.name}.{member}" for member in members}
    return found


def _public_names(node: ast.stmt) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            names = {name}
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            names = {name}
        case _:
            names = set()
    return {name for name in names if not name.startswith("_")}


def lost_symbols(before: str, after: str, patch: Patch) -> set[str]:
    """Return the public symbols that vanished and that no drop named."""
    gone = public_symbols(before) - public_symbols(after)
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
