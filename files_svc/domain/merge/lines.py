"""Merges texts line by line (diff3)."""

from merge3 import Merge3

from files_svc.domain.difference import pairs_to_compare
from files_svc.domain.merge.result import Clash, Merged, Reason, kept

MAX_PAIRS = 10_000_000
"""How many pairs of lines may be compared: beyond it the comparison would take seconds."""


def merge_lines(base: str, ours: str, theirs: str) -> Merged:
    """Merge two changes of a text; where they meet, the whole of OURS is kept."""
    old, mine, new = _lines(base), _lines(ours), _lines(theirs)
    if max(pairs_to_compare(old, mine), pairs_to_compare(old, new)) > MAX_PAIRS:
        return kept(ours, Reason.BOTH_CHANGED)
    merger = Merge3(old, mine, new)
    merged: list[str] = []
    clashes: list[Clash] = []
    for region in merger.merge_groups():
        if region[0] == "conflict":
            clashes.append(_clash(region, merged))
        else:
            merged += region[1]
    return Merged(text=ours if clashes else "".join(merged), clashes=tuple(clashes))


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _clash(region: tuple[object, ...], merged: list[str]) -> Clash:
    """Name the line at which a region of the merged text would begin."""
    reason = Reason.BOTH_CHANGED if region[1] else Reason.BOTH_ADDED
    return Clash(place=f"line {len(merged) + 1}", reason=reason)
