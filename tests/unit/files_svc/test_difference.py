"""Unified diffs: they patch, they count, and they end."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from files_svc.domain.difference import MAX_LINES, difference

HUNK = re.compile(r"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
NO_NEWLINE = "\n\\ No newline at end of file\n"

LINES = st.lists(st.sampled_from(["a", "b", "c", "\u00fc", ""]), max_size=12)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))


def patched(before: str, unified: str) -> str:
    """Apply a unified diff."""
    old = before.splitlines(keepends=True)
    new: list[str] = []
    position = 0
    for line in unified.replace(NO_NEWLINE, "\0\n").splitlines(keepends=True):
        if match := HUNK.match(line):
            start = int(match[1]) - (match[2] != "0")
            new += old[position:start]
            position = start
        else:
            position += line[0] in "- "
            new += [line[1:].removesuffix("\0\n")] if line[0] in "+ " else []
    return "".join(new + old[position:])


@given(TEXTS, TEXTS, st.integers(0, 4))
def test_a_diff_patches(before: str, after: str, context: int) -> None:
    """Gives what turns the old text into the new one, whatever the context."""
    found = difference(before.encode(), after.encode(), context=context)
    assert found.made
    assert patched(before, found.unified) == after


@given(TEXTS)
def test_equal_texts_have_no_diff(text: str) -> None:
    """Gives nothing for the same text."""
    found = difference(text.encode(), text.encode(), context=3)
    assert (found.unified, found.additions, found.deletions) == ("", 0, 0)


def test_counts_lines() -> None:
    """Counts what came and what went, signs at the start of a line among them."""
    found = difference(b"-a\n--b\nc\n", b"+a\nc\n++d\n", context=0)
    assert (found.additions, found.deletions) == (2, 2)


def test_carriage_returns_stay() -> None:
    """Splits at line feeds alone: other line ends belong to their line."""
    found = difference(b"a\r\nb\x0cc\n", b"a\nb\x0cc\n", context=0)
    assert found.unified == "@@ -1 +1 @@\n-a\r\n+a\n"


@pytest.mark.parametrize("content", [b"\xff", b"a\0b", b"x\n" * (MAX_LINES + 1)])
def test_some_things_are_not_compared(content: bytes) -> None:
    """Says that it did not compare what is no text, or too long."""
    assert not difference(b"a\n", content, context=3).made
    assert not difference(content, b"a\n", context=3).made
