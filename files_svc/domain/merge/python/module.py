"""Merges whole modules."""

from collections.abc import Sequence

import libcst as cst

from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.python.blocks import Findings, merge_block
from files_svc.domain.merge.python.checks import is_tame, loses_edits, lost_symbols, parses
from files_svc.domain.merge.python.imports import with_needed_imports
from files_svc.domain.merge.python.items import Statement, code_of
from files_svc.domain.merge.python.members import merge_member
from files_svc.domain.merge.result import Clash, Merged, Reason, kept


def merge_python(
    base: str, ours: str, theirs: str, *, patch: Patch, guards_symbols: bool
) -> Merged | None:
    """Merge three versions of a module, or None when one does not parse, or nests too deeply.

    Args:
        base: What was generated.
        ours: What stands there now.
        theirs: What is generated anew.
        patch: What may vanish.
        guards_symbols: Whether a public symbol may vanish only by a drop.
    """
    texts = [base, ours, theirs]
    if not all(map(is_tame, texts)):
        return None
    try:
        return _merge_texts(texts, Findings(patch=patch, guards_symbols=guards_symbols))
    except (cst.ParserSyntaxError, cst.CSTValidationError):
        return None


def _merge_texts(texts: Sequence[str], findings: Findings) -> Merged:
    base, ours, _ = texts
    modules = [cst.parse_module(text) for text in texts]
    merged = with_needed_imports(_merge_modules(modules, findings), modules[1:])
    if not _sound(base, modules[1], merged, findings):
        return kept(ours, Reason.NOT_RUNNABLE)
    return Merged(
        text=merged.code, clashes=tuple(findings.clashes), retained=tuple(findings.retained)
    )


def _merge_modules(modules: Sequence[cst.Module], findings: Findings) -> cst.Module:
    base, ours, theirs = modules
    body: list[Statement] = merge_block(
        (_body(base), _body(ours), _body(theirs)), scope="", findings=findings, deep=merge_member
    )
    return ours.with_changes(
        body=body,
        header=_merge_edge("header", [module.header for module in modules], findings),
        footer=_merge_edge("footer", [module.footer for module in modules], findings),
    )


def _body(module: cst.Module) -> list[Statement]:
    return list(module.body)


def _merge_edge(
    place: str, edges: Sequence[Sequence[cst.EmptyLine]], findings: Findings
) -> Sequence[cst.EmptyLine]:
    """Merge the comments before the first statement, or after the last."""
    base, ours, theirs = ([code_of(line) for line in edge] for edge in edges)
    if ours == base:
        return edges[2]
    if theirs not in (base, ours):
        findings.clashes.append(Clash(place=place, reason=Reason.BOTH_CHANGED))
    return edges[1]


def _sound(base: str, ours: cst.Module, merged: cst.Module, findings: Findings) -> bool:
    """Tell whether merged code parses, and has lost neither an edit nor a symbol."""
    if not parses(merged.code):
        return False
    if findings.clashes:
        return True
    if findings.guards_symbols and lost_symbols(ours.code, merged.code, findings.patch):
        return False
    return not loses_edits(base, ours.code, merged.code)
