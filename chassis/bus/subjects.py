"""Subjects: tokens joined by dots, matched by patterns, and an index from patterns to readers.

In a pattern `*` stands for exactly one token and a last `>` for one or more.
"""

import re
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

from chassis.errors import InvalidInputError

_TOKEN = re.compile(r"[^\s.*>\x00-\x1f\x7f]+")
_SUBJECT = re.compile(rf"{_TOKEN.pattern}(\.{_TOKEN.pattern})*")
_KEY = re.compile(r"[A-Za-z0-9_=/-]+(\.[A-Za-z0-9_=/-]+)*")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")

T = TypeVar("T", bound=Hashable)


def check_subject(subject: str) -> None:
    """Refuse what is not a subject one can write to.

    Raises:
        InvalidInputError: It has a wildcard, an empty token or a control character.
    """
    if not _SUBJECT.fullmatch(subject):
        raise InvalidInputError(f"{subject!r} is not a subject: use plain tokens joined by dots")


def check_pattern(pattern: str) -> None:
    """Refuse what is neither a subject nor a pattern of subjects.

    Raises:
        InvalidInputError: A wildcard is not a token of its own, or `>` is not the last one.
    """
    *most, last = pattern.split(".")
    fits = all(token == "*" or _TOKEN.fullmatch(token) for token in most)  # noqa: S105 - a wildcard
    if not fits or not (last in {"*", ">"} or _TOKEN.fullmatch(last)):
        raise InvalidInputError(f"{pattern!r} is not a pattern of subjects")


def check_name(name: str) -> None:
    """Refuse what cannot name a log, a queue or a store.

    Raises:
        InvalidInputError: It has other characters than letters, digits, `-` and `_`.
    """
    if not _NAME.fullmatch(name):
        raise InvalidInputError(f"{name!r} is not a name: use letters, digits, '-' and '_'")


def check_key(key: str) -> None:
    """Refuse what cannot be a key of a key-value store.

    Raises:
        InvalidInputError: It has other characters than letters, digits, `-`, `_`, `=`, `/`, `.`.
    """
    if not _KEY.fullmatch(key):
        raise InvalidInputError("A key has letters, digits, '-', '_', '=', '/' and inner dots")


def is_exact(pattern: str) -> bool:
    """Tell whether a pattern matches one subject only: itself."""
    return "*" not in pattern and ">" not in pattern


def matches(pattern: str, subject: str) -> bool:
    """Tell whether a subject fits a pattern."""
    wanted = pattern.split(".")
    tokens = subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(tokens) <= len(wanted):
            return False
        tokens = tokens[: len(wanted)]
    return len(wanted) == len(tokens) and all(
        want in {"*", token} for want, token in zip(wanted, tokens, strict=True)
    )


class _Node(Generic[T]):
    """What the index holds below one token."""

    __slots__ = ("children", "here")

    def __init__(self) -> None:
        self.children: dict[str, _Node[T]] = {}
        self.here: set[T] = set()


class SubjectIndex(Generic[T]):
    """Who reads what: a subject finds its readers in time that grows with neither.

    Exact patterns are one dictionary look-up; the others form a tree of tokens.
    """

    def __init__(self) -> None:
        self._exact: dict[str, set[T]] = {}
        self._root: _Node[T] = _Node()

    def __bool__(self) -> bool:
        """Tell whether anybody reads anything."""
        return bool(self._exact or self._root.children)

    def add(self, pattern: str, reader: T) -> None:
        """Add a reader of a pattern."""
        if is_exact(pattern):
            self._exact.setdefault(pattern, set()).add(reader)
            return
        node = self._root
        for token in pattern.split("."):
            node = node.children.setdefault(token, _Node())
        node.here.add(reader)

    def remove(self, pattern: str, reader: T) -> None:
        """Remove a reader of a pattern; one that is not there is no error."""
        if is_exact(pattern):
            self._remove_exact(pattern, reader)
            return
        path = [(self._root, "")]
        for token in pattern.split("."):
            child = path[-1][0].children.get(token)
            if child is None:
                return
            path.append((child, token))
        path[-1][0].here.discard(reader)
        _prune(path)

    def find(self, subject: str) -> Iterator[T]:
        """Yield the readers of a subject; one who reads it by two patterns comes twice."""
        yield from self._exact.get(subject, ())
        if self._root.children:
            yield from _descend(self._root, subject.split("."), 0)

    def _remove_exact(self, pattern: str, reader: T) -> None:
        readers = self._exact.get(pattern, set())
        readers.discard(reader)
        if not readers:
            self._exact.pop(pattern, None)


def _descend(node: _Node[T], tokens: list[str], depth: int) -> Iterator[T]:
    if depth == len(tokens):
        yield from node.here
        return
    rest = node.children.get(">")
    if rest is not None:
        yield from rest.here
    for token in (tokens[depth], "*"):
        child = node.children.get(token)
        if child is not None:
            yield from _descend(child, tokens, depth + 1)


def _prune(path: list[tuple[_Node[T], str]]) -> None:
    for (node, token), (parent, _) in zip(path[:0:-1], path[-2::-1], strict=True):
        if node.here or node.children:
            return
        del parent.children[token]
