"""Merges texts line by line (diff3)."""

from merge3 import Merge3

from files_svc.domain.merge.result import Clash, Merged, Reason


def merge_lines(base: str, ours: str, theirs: str) -> Merged:
    """Merge two changes of a text; where they meet, the whole of OURS is kept."""
    merger = Merge3(_lines(base), _lines(ours), _lines(theirs))
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
