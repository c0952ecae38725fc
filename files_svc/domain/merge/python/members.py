"""Merges one statement that both sides changed: a function, a class, an import, a list."""

from collections.abc import Sequence
from typing import TypeVar, cast

import libcst as cst

from files_svc.domain.merge.lines import merge_lines
from files_svc.domain.merge.python.blocks import Findings, Triple, merge_block
from files_svc.domain.merge.python.imports import merge_from_import
from files_svc.domain.merge.python.items import Statement, code_of, same_meaning
from files_svc.domain.merge.result import Clash, Reason

N = TypeVar("N", bound=cst.CSTNode)


def merge_member(triple: Triple, place: str, findings: Findings) -> Statement:
    """Merge an item as its kind allows; note a clash and keep OURS where it does not."""
    nodes = (triple.base.node, triple.ours.node, triple.theirs.node)
    merged: Statement | None = None
    if all(isinstance(node, cst.ClassDef) for node in nodes):
        return _merge_class(cast("tuple[cst.ClassDef, ...]", nodes), place, findings)
    if triple.ours.kind == "from":
        merged = merge_from_import(triple.base, triple.ours, triple.theirs)
    if all(isinstance(node, cst.FunctionDef) for node in nodes):
        merged = _merge_function(cast("tuple[cst.FunctionDef, ...]", nodes))
    if all(isinstance(node, cst.If) for node in nodes):
        merged = _merge_if(cast("tuple[cst.If, ...]", nodes), place, findings)
    merged = merged or _merge_collection(nodes) or _merge_lines(triple) or _merge_layout(triple)
    if merged is None:
        findings.clashes.append(Clash(place=place, reason=Reason.BOTH_CHANGED))
    return merged or triple.ours.node


def _merge_lines(triple: Triple) -> Statement | None:
    merged = merge_lines(triple.base.text, triple.ours.text, triple.theirs.text)
    return None if merged.clashes else _parsed(merged.text, triple.ours.node)


def _parsed(text: str, like: Statement) -> Statement | None:
    """Return the one statement of a text if it is of the same kind, laid out like another."""
    try:
        module = cst.parse_module(text)
    except cst.ParserSyntaxError:
        return None
    if len(module.body) != 1 or type(module.body[0]) is not type(like):
        return None
    node = cast("cst.SimpleStatementLine", module.body[0])
    return node.with_changes(
        leading_lines=[*_blank_lines(like), *module.header, *node.leading_lines]
    )


def _blank_lines(node: Statement) -> list[cst.EmptyLine]:
    lines = cast("Sequence[cst.EmptyLine]", getattr(node, "leading_lines", ()))
    return [line for line in lines if line.comment is None]


def _merge_layout(triple: Triple) -> Statement | None:
    """Take one side whole when the other changed nothing but the layout."""
    if same_meaning(triple.base, triple.ours):
        return triple.theirs.node
    return triple.ours.node if same_meaning(triple.base, triple.theirs) else None


def _pick(base: N, ours: N, theirs: N) -> N | None:
    """Return the side that changed, or None when both did, differently."""
    before, now, after = code_of(base), code_of(ours), code_of(theirs)
    if now in {after, before}:
        return theirs if now == before else ours
    return ours if after == before else None


def _merge_function(nodes: tuple[cst.FunctionDef, ...]) -> cst.FunctionDef | None:
    """Merge signature and body apart; None when both sides changed one of them, differently."""
    base, ours, theirs = nodes
    body = _pick(base.body, ours.body, theirs.body)
    empty = [node.with_changes(body=cst.IndentedBlock([]), leading_lines=[]) for node in nodes]
    head = _pick(*empty)
    if body is None or head is None:
        return None
    lead = _lead(base, ours, theirs)
    return head.with_changes(body=body, leading_lines=lead)


def _lead(
    base: cst.FunctionDef | cst.ClassDef,
    ours: cst.FunctionDef | cst.ClassDef,
    theirs: cst.FunctionDef | cst.ClassDef,
) -> Sequence[cst.EmptyLine]:
    before, now = ([code_of(line) for line in node.leading_lines] for node in (base, ours))
    return theirs.leading_lines if before == now else ours.leading_lines


def _merge_class(nodes: tuple[cst.ClassDef, ...], place: str, findings: Findings) -> cst.ClassDef:
    base, ours, theirs = nodes
    empty = [node.with_changes(body=cst.IndentedBlock([]), leading_lines=[]) for node in nodes]
    head = _pick(*empty)
    if head is None:
        findings.clashes.append(Clash(place=place, reason=Reason.BOTH_CHANGED))
    body = _merge_body([node.body for node in nodes], place, findings)
    return (head or ours).with_changes(body=body, leading_lines=_lead(base, ours, theirs))


def _merge_body(bodies: Sequence[cst.BaseSuite], scope: str, findings: Findings) -> cst.BaseSuite:
    """Merge the bodies of a class or an `if`; a body on one line has no statements of its own."""
    blocks = [body for body in bodies if isinstance(body, cst.IndentedBlock)]
    if len(blocks) < len(bodies):
        picked = _pick(bodies[0], bodies[1], bodies[2])
        if picked is None:
            findings.clashes.append(Clash(place=scope, reason=Reason.BOTH_CHANGED))
        return picked or bodies[1]
    base, ours, theirs = blocks
    statements = merge_block(
        (base.body, ours.body, theirs.body), scope=scope, findings=findings, deep=merge_member
    )
    if not statements:
        return ours
    return ours.with_changes(body=_without_placeholder(statements))


def _without_placeholder(statements: list[Statement]) -> list[Statement]:
    """Leave out a `pass` or `...` that has company now."""
    real = [node for node in statements if code_of(node).strip() not in {"pass", "..."}]
    return real or statements


def _merge_if(nodes: tuple[cst.If, ...], place: str, findings: Findings) -> cst.If | None:
    base, ours, theirs = nodes
    if any(node.orelse is not None for node in nodes):
        return None
    body = _merge_body([base.body, ours.body, theirs.body], place, findings)
    return ours.with_changes(body=body)


def _merge_collection(nodes: tuple[Statement, ...]) -> Statement | None:
    """Merge a list, a tuple or a set that a name is bound to, as a set of elements."""
    base, ours, theirs = (_collection(node) for node in nodes)
    if base is None or ours is None or theirs is None:
        return None
    before, now, after = (_by_code(value) for value in (base, ours, theirs))
    if not all(map(_distinct, (base, ours, theirs))) or not now:
        return None
    kept = [each for code, each in now.items() if code in after or code not in before]
    new = [each for code, each in after.items() if code not in before and code not in now]
    if not kept and not new:
        return None
    return nodes[1].with_deep_changes(ours, elements=_laid_out([*kept, *new], ours.elements))


Collection = cst.List | cst.Tuple | cst.Set


def _collection(node: Statement) -> Collection | None:
    match node:
        case cst.SimpleStatementLine(body=[cst.Assign(value=value) | cst.AnnAssign(value=value)]):
            return value if isinstance(value, Collection) else None
        case _:
            return None


def _by_code(value: Collection) -> dict[str, cst.BaseElement]:
    return {code_of(each.value): each for each in value.elements}


def _distinct(value: Collection) -> bool:
    return len(_by_code(value)) == len(value.elements)


def _laid_out(
    elements: Sequence[cst.BaseElement], like: Sequence[cst.BaseElement]
) -> list[cst.BaseElement]:
    """Put between and after elements what stood between and after those they replace."""
    between = like[0].comma if len(like) > 1 else cst.MaybeSentinel.DEFAULT
    own = {id(each) for each in like[:-1]}
    laid = [each if id(each) in own else each.with_changes(comma=between) for each in elements]
    return [*laid[:-1], *(each.with_changes(comma=like[-1].comma) for each in laid[-1:])]
