"""What a file store promises, wherever it keeps its bytes.

`tests/contract/test_file_store.py` holds memory, local disk and S3 to the same promises.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import Listing, Snapshot


class FileStore(Protocol):
    """Blobs by their SHA-256, and immutable snapshots of them.

    What a method has stored when it returns survives a crash; what it was storing when it crashed
    is there whole or not at all. Every method raises `LimitExceededError` (`STORE_FULL`) when there
    is no room, and `UnavailableError` while the store cannot be reached.
    """

    async def put_blobs(self, blobs: Mapping[Digest, bytes]) -> None:
        """Store blobs; one that is there already is kept for another lease.

        Raises:
            InvalidInputError: A digest is not that of its bytes; nothing is stored.
        """
        ...

    async def missing_blobs(self, digests: Iterable[Digest]) -> tuple[Digest, ...]:
        """Return the blobs that are not there, sorted; keep the others for another lease."""
        ...

    async def read_blob(self, digest: Digest) -> bytes:
        """Return a blob that a snapshot names, its digest verified.

        Raises:
            InternalError: It is not there, or damaged.
        """
        ...

    async def put_snapshot(self, listing: Listing) -> Snapshot:
        """Store a snapshot; one that is there already is kept for another lease."""
        ...

    async def get_snapshot(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot, its digest verified.

        Raises:
            NotFoundError: It is not there.
            InternalError: What is there is damaged.
        """
        ...

    async def probe(self) -> None:
        """Return when the store can be written."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """Something in the store, as the garbage collector sees it."""

    sha256: str
    size_bytes: int
    kept_since: datetime
    """When it was stored, or last kept for another lease; in UTC, by the store's clock."""


class Inventory(Protocol):
    """What a garbage collector needs of a store."""

    def blobs(self) -> AsyncIterator[Stored]:
        """Yield every blob."""
        ...

    def snapshots(self) -> AsyncIterator[Stored]:
        """Yield every snapshot."""
        ...

    async def delete_blobs(self, sha256s: Iterable[str], before: datetime) -> None:
        """Delete blobs, but none that was stored or renewed since an instant."""
        ...

    async def delete_snapshots(self, snapshot_ids: Iterable[str], before: datetime) -> None:
        """Delete snapshots, but none that was stored or renewed since an instant."""
        ...

    async def delete_leftovers(self, before: datetime) -> None:
        """Delete what writers that crashed before an instant left half-written."""
        ...
