"""Joins the lines of a prompt into sentences: what is indented belongs to the line above it."""

from collections.abc import Sequence
from dataclasses import dataclass

from lark import Token

_CONTENT = frozenset({"WORD", "QUOTED", "NUMBER"})
_TAB = 4
_LONGEST_HEAD = 4
_LONGEST_ITEM = 8
"""Words of a line that heads a list, and of one that is an item of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What stands between two breaks."""

    bullet: Token | None
    """What it begins with, if it is one of a list."""

    tokens: tuple[Token, ...]

    speaks: bool = False
    """Whether it is a sentence of its own: `users can like posts`."""

    names: bool = False
    """Whether it is a name and nothing else, of what may have members: `Post`, but not `a blog`."""

    heading: bool = False
    """Whether it only says what follows: `Requirements:`."""

    @property
    def indent(self) -> int:
        """How far its bullet is from the margin; -1 without one."""
        if self.bullet is None:
            return -1
        blank = self.bullet.value.rpartition("\n")[2]
        return len(blank.expandtabs(_TAB)) - len(blank.lstrip())


def item_lines(prompt: str) -> frozenset[int]:
    """Return the newlines that stand before the items of lists without bullets.

    They follow a line that ends in a colon, down to the next empty or shallower one:

        Cars:
          make
          model
    """
    found: set[int] = set()
    head = depth = None
    start = 0
    for line in prompt.expandtabs(1).split("\n"):
        text, indent = line.strip(), len(line) - len(line.lstrip())
        if depth is None and head is not None and indent >= head:
            depth = indent
        item = 0 < len(text.split()) <= _LONGEST_ITEM and not text.endswith((".", ":"))
        if item and depth is not None and indent >= depth:
            found.add(start - 1)
        else:
            opens = text.endswith(":") and len(text.split()) <= _LONGEST_HEAD
            head, depth = (indent if opens else None), None
        start += len(line) + 1
    return frozenset(found)


def joined(lines: Sequence[Line]) -> list[list[Token]]:
    """Return the sentences of some lines."""
    joiner = _Joiner()
    for line in lines:
        joiner.take(line)
    joiner.close(-1)
    return [sentence for sentence in joiner.done if sentence]


class _Joiner:
    def __init__(self) -> None:
        self.done: list[list[Token]] = [[]]
        self._last: Line | None = None
        self._parents: list[int] = []
        """The indents of the lines whose members stand in parentheses that are open."""

        self._listing: int | None = None
        """The indent of the line whose colon opens a list of bullets."""

    def take(self, line: Line) -> None:
        """Add a line to the sentence it belongs to."""
        self.close(line.indent)
        if line.heading:
            self._listing = self._last = None
            return
        if line.bullet is None or line.speaks or self._last is None:
            self._begin(line)
        elif self._heads(line):
            self._nest(line)
        elif self._parents or (self._listing is not None and line.indent > self._listing):
            self._append(_made("COMMA", line), line)
        else:
            self._begin(line)
        self._last = line

    def close(self, indent: int) -> None:
        """End the parentheses of lines that are indented as far, or further."""
        while self._parents and indent <= self._parents[-1]:
            self._parents.pop()
            end = self.done[-1][-1].end_pos or 0
            self.done[-1].append(Token("_RPAR", ")", start_pos=end, end_pos=end))

    def _begin(self, line: Line) -> None:
        self.close(-1)
        self.done.append(list(line.tokens))
        opens = any(token.type == "COLON" for token in line.tokens)
        self._listing = line.indent if opens else None

    def _heads(self, line: Line) -> bool:
        """Tell whether the line before names what a bullet is a member of."""
        last = self._last
        if last is None or line.indent <= last.indent:
            return False
        return last.names and (last.bullet is not None or not _ends_in_colon(last))

    def _nest(self, line: Line) -> None:
        last = self._last
        if last is None:
            return
        if _ends_in_colon(last):
            self.done[-1].pop()
        self._parents.append(last.indent)
        self._append(_made("_LPAR", line), line)

    def _append(self, sign: Token, line: Line) -> None:
        if any(token.type in _CONTENT for token in line.tokens):
            opens = self.done[-1][-1].type == "COLON" and sign.type == "COMMA"
            self.done[-1] += line.tokens if opens else [sign, *line.tokens]


def _ends_in_colon(line: Line) -> bool:
    return bool(line.tokens) and line.tokens[-1].type == "COLON"


def _made(kind: str, line: Line) -> Token:
    """Return a sign that stands where a bullet does."""
    place = line.bullet if line.bullet is not None else line.tokens[0]
    return Token(kind, place.value, start_pos=place.start_pos, end_pos=place.end_pos)
