"""Merges the statements of a block, item by item."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from files_svc.domain.merge.patch import Patch
from files_svc.domain.merge.python.checks import lost_symbols
from files_svc.domain.merge.python.imports import merge_from_import
from files_svc.domain.merge.python.items import Item, Statement, items_of
from files_svc.domain.merge.result import Clash, Reason


@dataclass(slots=True, kw_only=True)
class Findings:
    """What a merge meets on its way."""

    patch: Patch
    guards_symbols: bool
    """Whether a public symbol may vanish only by a drop."""

    clashes: list[Clash] = field(default_factory=list)
    retained: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Triple:
    """One item that all three sides have."""

    base: Item
    ours: Item
    theirs: Item


DeepMerge = Callable[[Triple, str, Findings], Statement]
"""Merges an item that both sides changed; takes its qualified name, and notes a clash."""


def merge_block(
    sides: tuple[Sequence[Statement], Sequence[Statement], Sequence[Statement]],
    *,
    scope: str,
    findings: Findings,
    deep: DeepMerge,
) -> list[Statement]:
    """Merge the statements of BASE, OURS and THEIRS."""
    base, ours, theirs = ({item.key: item for item in items_of(statements)} for statements in sides)
    result: dict[str, Statement] = {}
    for key in _order(list(base), list(ours), list(theirs)):
        item = (ours.get(key) or theirs.get(key) or base[key]).name
        place = f"{scope}.{item}" if scope else item
        merger = _ItemMerge(place=place, findings=findings, deep=deep)
        node = merger.merge(base.get(key), ours.get(key), theirs.get(key))
        if node is not None:
            result[key] = node
    return list(result.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _ItemMerge:
    """Decides what becomes of one item; the rows of the merge table."""

    place: str
    findings: Findings
    deep: DeepMerge

    def merge(self, base: Item | None, ours: Item | None, theirs: Item | None) -> Statement | None:
        if base is None:
            return self._new(ours, theirs)
        if theirs is None:
            return self._gone(base, ours)
        if ours is None:
            self._note_deleted(base, theirs)
            return None
        return self._changed(Triple(base=base, ours=ours, theirs=theirs))

    def _new(self, ours: Item | None, theirs: Item | None) -> Statement | None:
        if ours and theirs and ours.text != theirs.text:
            if ours.kind == "from" and (union := merge_from_import(None, ours, theirs)):
                return union
            self._clash(Reason.BOTH_ADDED)
        kept = ours or theirs
        return kept.node if kept else None

    def _gone(self, base: Item, ours: Item | None) -> Statement | None:
        if ours is None:
            return None
        droppable = self.findings.patch.may_vanish(self.place)
        if base.is_public and self.findings.guards_symbols and not droppable:
            self.findings.retained.append(self.place)
            return ours.node
        if ours.text == base.text:
            return None
        self._clash(Reason.CHANGED_AND_DROPPED)
        return None if droppable else ours.node

    def _note_deleted(self, base: Item, theirs: Item) -> None:
        if base.text != theirs.text and theirs.kind not in {"from", "import"}:
            self._clash(Reason.DELETED_AND_CHANGED)

    def _changed(self, triple: Triple) -> Statement:
        base, ours, theirs = triple.base, triple.ours, triple.theirs
        if theirs.text in {ours.text, base.text}:
            return theirs.node if ours.layout == base.layout else ours.node
        if ours.text == base.text and not self._loses_symbols(ours, theirs):
            return theirs.node
        return self.deep(triple, self.place, self.findings)

    def _loses_symbols(self, ours: Item, theirs: Item) -> bool:
        guarded = self.findings.guards_symbols and ours.kind == "class"
        return guarded and bool(lost_symbols(ours.text, theirs.text, self.findings.patch))

    def _clash(self, reason: Reason) -> None:
        self.findings.clashes.append(Clash(place=self.place, reason=reason))


def _order(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> list[str]:
    """Return every key: in OURS' order if the user changed it, else in THEIRS'."""
    known, kept = set(base), set(ours)
    reordered = [key for key in ours if key in known] != [key for key in base if key in kept]
    first, second = (ours, theirs) if reordered else (theirs, ours)
    return _inserted(_inserted(list(first), second), base)


def _inserted(order: list[str], others: Sequence[str]) -> list[str]:
    """Put the keys that an order lacks after those they follow elsewhere."""
    places: Mapping[str, int] = {key: place for place, key in enumerate(others)}
    present = set(order)
    for key in others:
        if key not in present:
            earlier = (other for other in reversed(others[: places[key]]) if other in present)
            order.insert(order.index(following) + 1 if (following := next(earlier, "")) else 0, key)
            present.add(key)
    return order
