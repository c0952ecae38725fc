"""Snapshots: immutable sets of paths and what each holds."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from files_svc.domain.digest import Digest

LINE = re.compile(r"([0-9a-f]{64}) (0|[1-9][0-9]*) (.+)")


class ListingError(Exception):
    """Some bytes are not the listing of a snapshot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file of a snapshot."""

    path: str
    digest: Digest


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The content of a snapshot: each path once, sorted by code point."""

    entries: tuple[FileEntry, ...]

    @classmethod
    def of(cls, entries: Iterable[FileEntry]) -> "Listing":
        """Sort entries into a listing; of two with one path the later one counts."""
        by_path = {entry.path: entry for entry in entries}
        return cls(entries=tuple(by_path[path] for path in sorted(by_path)))

    @cached_property
    def by_path(self) -> Mapping[str, FileEntry]:
        """The entries by their paths."""
        return {entry.path: entry for entry in self.entries}

    @cached_property
    def canonical(self) -> bytes:
        """The one spelling of this content: a line `sha256 size path` for each file."""
        return "".join(
            f"{entry.digest.sha256} {entry.digest.size_bytes} {entry.path}\n"
            for entry in self.entries
        ).encode()

    @cached_property
    def snapshot_id(self) -> str:
        """The SHA-256 of the canonical listing: the same files have the same id."""
        return hashlib.sha256(self.canonical).hexdigest()

    @property
    def total_size_bytes(self) -> int:
        """The sum of the files' sizes."""
        return sum(entry.digest.size_bytes for entry in self.entries)

    def changed(self, *, add: Iterable[FileEntry], remove: Iterable[str]) -> "Listing":
        """Return this content without some paths and with some entries, which win."""
        gone = set(remove)
        kept = (entry for entry in self.entries if entry.path not in gone)
        return Listing.of([*kept, *add])


EMPTY = Listing(entries=())


def parse_listing(canonical: bytes) -> Listing:
    """Read a canonical listing.

    Raises:
        ListingError: It is not one.
    """
    listing = Listing.of(_parse_lines(canonical))
    if listing.canonical != canonical:
        raise ListingError("the listing is not canonical")
    return listing


def _parse_lines(canonical: bytes) -> Iterator[FileEntry]:
    try:
        lines = canonical.decode().split("\n")
    except UnicodeDecodeError as error:
        raise ListingError("the listing is not UTF-8") from error
    for line in lines[:-1]:
        match = LINE.fullmatch(line)
        if not match:
            raise ListingError("the listing has a malformed line")
        digest = Digest(sha256=match[1], size_bytes=int(match[2]))
        yield FileEntry(path=match[3], digest=digest)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """A stored listing."""

    listing: Listing
    create_time: datetime
    """When it was first committed, in UTC."""

    @property
    def snapshot_id(self) -> str:
        """The SHA-256 of its listing."""
        return self.listing.snapshot_id
