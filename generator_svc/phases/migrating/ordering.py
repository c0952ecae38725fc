"""Renames in an order in which no two things have one name."""

from collections.abc import Mapping

_SPARE = "_renamed_"


def in_waves(renames: Mapping[str, str]) -> list[dict[str, str]]:
    """Return renames, each wave in order; a circle is opened by a spare name, closed by a wave."""
    waves: list[dict[str, str]] = [{}]
    left = dict(renames)
    last: dict[str, str] = {}
    while left:
        free = [old for old, new in left.items() if new not in left]
        if not free:
            old, new = next(iter(left.items()))
            spare = f"{_SPARE}{old}"[:63]
            waves[0][old], last[spare] = spare, new
            del left[old]
        for old in free:
            waves[0][old] = left.pop(old)
    return [*waves, last] if last else waves
