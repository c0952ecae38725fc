"""The one implementation of the file store, over any object store."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import Listing, Snapshot
from files_svc.store.blobs import BLOBS, Blobs, blob_key
from files_svc.store.bounded import for_each
from files_svc.store.interface import Stored
from files_svc.store.lease import Lease
from files_svc.store.objects import Objects
from files_svc.store.snapshots import SNAPSHOTS, Snapshots, snapshot_key
from files_svc.store.writer import STAGING

PROBES = "probes"
PROBE = bytes(64 * 1024)
"""As much as a file of a project: on a disk that is nearly full, a few bytes would still fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """What a store may use, and what its collector leaves alone."""

    lease: timedelta
    """How long the collector leaves alone what was stored or used."""

    cache_bytes: int
    """How much of the blobs is kept in memory."""

    cache_entries: int
    """How many entries of snapshots are kept in memory."""

    concurrency: int
    """How many objects are asked for at a time."""

    probe_interval: timedelta
    """How long the answer of a successful probe holds."""


def utc_now() -> datetime:
    """Return the present instant, in UTC."""
    return datetime.now(UTC)


class ObjectFileStore:
    """Blobs and snapshots over an object store; a `FileStore` and its `Inventory`.

    Args:
        objects: Where everything is kept.
        limits: What may be used.
        now: Tells the time; it must agree with the object store's clock to some minutes.
    """

    def __init__(
        self, objects: Objects, limits: StoreLimits, *, now: Callable[[], datetime] = utc_now
    ) -> None:
        lease = Lease(limits.lease, now=now)
        self._objects = objects
        self._blobs = Blobs(
            objects, lease, cache_bytes=limits.cache_bytes, concurrency=limits.concurrency
        )
        self._snapshots = Snapshots(objects, lease, cache_entries=limits.cache_entries, now=now)
        self._probe_key = f"{PROBES}/{uuid.uuid4().hex}"
        self._probe_interval = limits.probe_interval
        self._probed: datetime | None = None
        self._now = now
        self._slots = asyncio.Semaphore(limits.concurrency)

    async def put_blobs(self, blobs: Mapping[Digest, bytes]) -> None:
        """Store blobs; one that is there already is kept for another lease."""
        await self._blobs.put(blobs)

    async def missing_blobs(self, digests: Iterable[Digest]) -> tuple[Digest, ...]:
        """Return the blobs that are not there, sorted; keep the others for another lease."""
        return await self._blobs.missing(digests)

    async def read_blob(self, digest: Digest) -> bytes:
        """Return a blob, its digest verified."""
        return await self._blobs.read(digest)

    async def put_snapshot(self, listing: Listing) -> Snapshot:
        """Store a snapshot; one that is there already is kept for another lease."""
        return await self._snapshots.put(listing)

    async def get_snapshot(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot, its digest verified."""
        return await self._snapshots.get(snapshot_id)

    async def probe(self) -> None:
        """Return when the store can be written."""
        if self._probed and self._now() - self._probed < self._probe_interval:
            return
        self._probed = None
        await self._objects.put({self._probe_key: PROBE})
        await self._objects.delete([self._probe_key])
        self._probed = self._now()

    def blobs(self) -> AsyncIterator[Stored]:
        """Yield every blob."""
        return self._list(BLOBS)

    def snapshots(self) -> AsyncIterator[Stored]:
        """Yield every snapshot."""
        return self._list(SNAPSHOTS)

    async def _list(self, prefix: str) -> AsyncIterator[Stored]:
        async for meta in self._objects.below(prefix):
            yield Stored(
                sha256=meta.key.rpartition("/")[2],
                size_bytes=meta.size,
                kept_since=meta.last_modified,
            )

    async def delete_blobs(self, sha256s: Iterable[str], before: datetime) -> None:
        """Delete blobs, but none that was stored or renewed since an instant."""
        sha256s = list(sha256s)
        self._blobs.forget(sha256s)
        await self._delete_old(map(blob_key, sha256s), before)
        self._blobs.forget(sha256s)  # somebody may have read them meanwhile

    async def delete_snapshots(self, snapshot_ids: Iterable[str], before: datetime) -> None:
        """Delete snapshots, but none that was stored or renewed since an instant."""
        snapshot_ids = list(snapshot_ids)
        self._snapshots.forget(snapshot_ids)
        await self._delete_old(map(snapshot_key, snapshot_ids), before)
        self._snapshots.forget(snapshot_ids)  # somebody may have read them meanwhile

    async def _delete_old(self, keys: Iterable[str], before: datetime) -> None:
        """Delete objects, having asked again how old they are: somebody may have renewed them."""
        found = await for_each(self._objects.head, keys, slots=self._slots)
        await self._objects.delete(
            meta.key for meta in found if meta and meta.last_modified < before
        )

    async def delete_leftovers(self, before: datetime) -> None:
        """Delete what writers that crashed before an instant left half-written."""
        for prefix in (STAGING, PROBES):
            found = [meta async for meta in self._objects.below(prefix)]
            old = [meta.key for meta in found if meta.last_modified < before]
            await self._objects.delete(old)
