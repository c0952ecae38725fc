"""How two texts differ: a unified diff, bounded."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

MAX_LINES = 20_000
MAX_PAIRS = 50_000_000
"""How many pairs of lines may be compared: beyond it the comparison would take seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDifference:
    """What one text lacks and another has."""

    unified: str
    """The hunks of a unified diff, without file names; empty when it was not made."""

    additions: int
    deletions: int
    made: bool = True
    """Whether the texts could be compared: both are texts, and not too long."""


NOT_MADE = TextDifference(unified="", additions=0, deletions=0, made=False)


def difference(before: bytes, after: bytes, *, context: int) -> TextDifference:
    """Compare two files line by line."""
    try:
        old, new = (_lines(content) for content in (before, after))
    except UnicodeDecodeError:
        return NOT_MADE
    if max(len(old), len(new)) > MAX_LINES or pairs_to_compare(old, new) > MAX_PAIRS:
        return NOT_MADE
    lines = list(difflib.unified_diff(old, new, n=context))[2:]
    return TextDifference(
        unified="".join(map(_terminated, lines)),
        additions=sum(line.startswith("+") for line in lines),
        deletions=sum(line.startswith("-") for line in lines),
    )


def _lines(content: bytes) -> list[str]:
    if b"\0" in content:
        raise UnicodeDecodeError("utf-8", content, 0, 1, "NUL is no text")
    return [f"{line}\n" for line in content.decode().split("\n")[:-1]] + _last_line(content)


def _last_line(content: bytes) -> list[str]:
    last = content.rpartition(b"\n")[2].decode()
    return [last] if last else []


def pairs_to_compare(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many pairs of lines are left to compare between the common start and end."""
    shared = min(len(old), len(new))
    start = next((at for at in range(shared) if old[at] != new[at]), shared)
    end = next((at for at in range(shared - start) if old[-1 - at] != new[-1 - at]), shared - start)
    return (len(old) - start - end) * (len(new) - start - end)


def _terminated(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
