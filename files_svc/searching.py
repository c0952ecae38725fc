"""Searches the files of a snapshot for a text or a regular expression (RE2: linear time)."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import re2  # type: ignore[import-untyped]

from chassis.errors import FieldViolation, InvalidInputError
from files_svc.domain.snapshot import FileEntry, Listing
from files_svc.reading import Reader
from files_svc.settings import LimitSettings

MAX_PATTERN = 1_000
MAX_LINE = 400
DEFAULT_RESULTS = 100
PATTERN_MEMORY = 8 * 1024 * 1024


class _Match(Protocol):
    def span(self) -> tuple[int, int]:
        """Return where it starts and ends."""
        ...


class _Pattern(Protocol):
    def finditer(self, text: str) -> Iterator[_Match]:
        """Yield each match in a text."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for."""

    pattern: str
    regex: bool
    case_sensitive: bool
    path_prefix: str
    """Only files whose path begins with it; empty means all."""

    max_results: int
    """The most matches wanted; 0 means the default."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A line with something that was looked for."""

    path: str
    line_number: int
    """From 1."""

    line: str
    """The line, or the part of a long one around what was found."""

    start: int
    """Where in `line` it starts, in characters from 0."""

    end: int
    """Where in `line` it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a search found."""

    matches: Sequence[Match]
    truncated: bool
    """Whether there may be more."""


class Searches:
    """Searches snapshots.

    Args:
        reader: Reads them.
        limits: How much one answer holds.
    """

    def __init__(self, reader: Reader, limits: LimitSettings) -> None:
        self._reader = reader
        self._limits = limits

    async def search(self, snapshot_id: str, query: Query) -> Found:
        """Return the lines of a snapshot that match, sorted by path and line.

        Raises:
            NotFoundError: The snapshot is unknown.
            InvalidInputError: The pattern is empty, too long, or no RE2 expression.
        """
        pattern = _compile(query)
        listing = _below(await self._reader.listing(snapshot_id), query.path_prefix)
        wanted = min(query.max_results or DEFAULT_RESULTS, self._limits.search_results)
        matches: list[Match] = []
        async for batch in self._reader.batches(listing):
            matches += await asyncio.to_thread(_search, batch, pattern, wanted + 1 - len(matches))
            if len(matches) > wanted:
                break
        return Found(matches=matches[:wanted], truncated=len(matches) > wanted)


def _below(listing: Listing, prefix: str) -> Listing:
    return Listing.of(entry for entry in listing.entries if entry.path.startswith(prefix))


def _compile(query: Query) -> _Pattern:
    if not query.pattern:
        raise _invalid("Say what to look for.", "PATTERN_EMPTY")
    if len(query.pattern) > MAX_PATTERN:
        raise _invalid(f"Use at most {MAX_PATTERN} characters.", "PATTERN_TOO_LONG")
    options = re2.Options()
    options.case_sensitive = query.case_sensitive
    options.literal = not query.regex
    options.max_mem = PATTERN_MEMORY
    options.log_errors = False
    try:
        pattern: _Pattern = re2.compile(query.pattern, options)
    except re2.error as error:
        raise _invalid(f"This is no RE2 expression: {_said(error)}.", "PATTERN_INVALID") from error
    return pattern


def _said(error: Exception) -> str:
    text = error.args[0] if error.args else ""
    return text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _invalid(message: str, reason: str) -> InvalidInputError:
    violation = FieldViolation(field="pattern", message=message, reason=reason)
    return InvalidInputError(message, violations=[violation], reason=reason)


def _search(
    batch: Sequence[tuple[FileEntry, bytes]], pattern: _Pattern, wanted: int
) -> list[Match]:
    found: list[Match] = []
    for entry, data in batch:
        for match in _matches(entry.path, data, pattern):
            found.append(match)
            if len(found) >= wanted:
                return found
    return found


def _matches(path: str, data: bytes, pattern: _Pattern) -> Iterator[Match]:
    """Yield the first match of each line of a text."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return
    if "\0" in text:
        return
    for number, line in enumerate(text.split("\n"), 1):
        match = next(iter(pattern.finditer(line)), None)
        if match is not None:
            yield _cut(path, number, line.rstrip("\r"), match.span())


def _cut(path: str, number: int, line: str, span: tuple[int, int]) -> Match:
    """Cut a long line to what stands around the match."""
    start, end = span
    first = max(0, min(start - MAX_LINE // 4, len(line) - MAX_LINE))
    end = min(end, first + MAX_LINE, len(line))
    return Match(
        path=path,
        line_number=number,
        line=line[first : first + MAX_LINE],
        start=min(start, end) - first,
        end=end - first,
    )
