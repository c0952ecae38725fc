"""Lists, reads and packs snapshots, with no more than a batch of files in memory."""

import asyncio
import base64
import binascii
from bisect import bisect_right
from collections.abc import AsyncGenerator, Iterator, Sequence
from dataclasses import dataclass

from chassis.errors import InvalidInputError, NotFoundError, OutOfRangeError
from files_svc.archive import ArchiveFormat, File, pack
from files_svc.domain.paths import require_path
from files_svc.domain.snapshot import FileEntry, Listing
from files_svc.store.bounded import for_each
from files_svc.store.interface import FileStore

CHUNK_BYTES = 512 * 1024
"""How many bytes of a file one message carries."""

BATCH_BYTES = 1024 * 1024
BATCH_FILES = 64
DEFAULT_PAGE = 1_000
MAX_PAGE = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A part of a listing."""

    entries: Sequence[FileEntry]
    next_page_token: str
    """Where the next page starts; empty after the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A part of a file."""

    entry: FileEntry | None
    """With a file's first chunk: what it is."""

    data: bytes


class Reader:
    """Reads snapshots.

    Args:
        store: Where files are kept.
    """

    def __init__(self, store: FileStore) -> None:
        self._store = store

    async def list_files(self, snapshot_id: str, *, page_size: int, page_token: str) -> Page:
        """Return a page of a snapshot's listing.

        Raises:
            NotFoundError: The snapshot is unknown.
            InvalidInputError: The size is negative, or the token not one of this listing.
        """
        if page_size < 0:
            raise InvalidInputError("Give a page size of 0 or more.", reason="PAGE_SIZE_INVALID")
        listing = await self.listing(snapshot_id)
        start = _page_start(listing, page_token) if page_token else 0
        end = start + min(page_size or DEFAULT_PAGE, MAX_PAGE)
        more = end < len(listing.entries)
        token = _page_token(listing, listing.entries[end - 1].path) if more else ""
        return Page(entries=listing.entries[start:end], next_page_token=token)

    async def read_file(
        self, snapshot_id: str, path: str, *, offset: int, limit: int
    ) -> AsyncGenerator[Chunk]:
        """Yield a file, or a range of it, in chunks; the first carries the entry.

        Raises:
            NotFoundError: The snapshot or the path is unknown.
            OutOfRangeError: The offset lies past the end.
            InvalidInputError: The offset or the limit is negative.
        """
        entry = await self.find(snapshot_id, path)
        size = entry.digest.size_bytes
        if offset < 0 or limit < 0:
            raise InvalidInputError("Give an offset and a limit of 0 or more.")
        if offset > size:
            raise OutOfRangeError(
                f"{path!r} has {size} bytes; offset {offset} lies past them.",
                metadata={"size_bytes": str(size)},
            )
        data = await self._store.read_blob(entry.digest)
        end = min(offset + limit, size) if limit else size
        for chunk in _chunks(entry, memoryview(data)[offset:end]):
            yield chunk

    async def listing(self, snapshot_id: str) -> Listing:
        """Return a snapshot's whole listing.

        Raises:
            NotFoundError: The snapshot is unknown.
        """
        return (await self._store.get_snapshot(snapshot_id)).listing

    async def find(self, snapshot_id: str, path: str) -> FileEntry:
        """Return a file's entry.

        Raises:
            NotFoundError: The snapshot or the path is unknown.
        """
        listing = await self.listing(snapshot_id)
        if entry := listing.by_path.get(path):
            return entry
        raise NotFoundError(f"The snapshot has no file {path!r}.", reason="FILE_NOT_FOUND")

    async def read_snapshot(self, snapshot_id: str) -> AsyncGenerator[Chunk]:
        """Yield every file of a snapshot in chunks, sorted by path.

        Raises:
            NotFoundError: The snapshot is unknown.
        """
        listing = await self.listing(snapshot_id)
        async for batch in self.batches(listing):
            for entry, data in batch:
                for chunk in _chunks(entry, memoryview(data)):
                    yield chunk

    async def archive(
        self, snapshot_id: str, archive_format: ArchiveFormat, *, prefix: str
    ) -> AsyncGenerator[bytes]:
        """Yield a snapshot as an archive, the same bytes each time.

        Raises:
            NotFoundError: The snapshot is unknown.
            InvalidInputError: The prefix breaks the path rules.
        """
        if prefix:
            require_path(prefix := prefix.removesuffix("/"))
            prefix += "/"
        listing = await self.listing(snapshot_id)
        async for chunk in pack(self._prefixed(listing, prefix), archive_format):
            for start in range(0, len(chunk), CHUNK_BYTES):
                yield chunk[start : start + CHUNK_BYTES]

    async def _prefixed(self, listing: Listing, prefix: str) -> AsyncGenerator[Sequence[File]]:
        async for batch in self.batches(listing):
            yield [(f"{prefix}{entry.path}", data) for entry, data in batch]

    async def batches(self, listing: Listing) -> AsyncGenerator[list[tuple[FileEntry, bytes]]]:
        """Yield files with their bytes, sorted by path, in batches that fit into memory."""
        for entries in _batches(listing.entries):
            slots = asyncio.Semaphore(BATCH_FILES)
            digests = [entry.digest for entry in entries]
            contents = await for_each(self._store.read_blob, digests, slots=slots)
            yield list(zip(entries, contents, strict=True))


def _batches(entries: Sequence[FileEntry]) -> Iterator[list[FileEntry]]:
    batch: list[FileEntry] = []
    size = 0
    for entry in entries:
        size += entry.digest.size_bytes
        if batch and (size > BATCH_BYTES or len(batch) >= BATCH_FILES):
            yield batch
            batch, size = [], entry.digest.size_bytes
        batch.append(entry)
    if batch:
        yield batch


def _chunks(entry: FileEntry, data: memoryview) -> Iterator[Chunk]:
    yield Chunk(entry=entry, data=bytes(data[:CHUNK_BYTES]))
    for start in range(CHUNK_BYTES, len(data), CHUNK_BYTES):
        yield Chunk(entry=None, data=bytes(data[start : start + CHUNK_BYTES]))


def _page_token(listing: Listing, path: str) -> str:
    return base64.urlsafe_b64encode(f"{listing.snapshot_id}{path}".encode()).decode()


def _page_start(listing: Listing, token: str) -> int:
    """Return the place after the path that a token names."""
    try:
        decoded = base64.b64decode(token.encode(), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        decoded = ""
    path = decoded.removeprefix(listing.snapshot_id)
    if path == decoded or path not in listing.by_path:
        raise InvalidInputError(
            "The page token is not one of this listing; start again without one.",
            reason="PAGE_TOKEN_INVALID",
        )
    return bisect_right(listing.entries, path, key=lambda entry: entry.path)
