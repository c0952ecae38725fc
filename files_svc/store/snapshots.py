"""Snapshots as immutable documents: a line of facts, then the canonical listing."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime

from chassis.errors import InternalError, NotFoundError
from files_svc.domain.digest import is_sha256
from files_svc.domain.snapshot import Listing, ListingError, Snapshot, parse_listing
from files_svc.store.cache import LruCache
from files_svc.store.lease import Lease
from files_svc.store.objects import Objects

SNAPSHOTS = "snapshots"
FORMAT = 1


class Snapshots:
    """Stores, renews and reads snapshots.

    Args:
        objects: Where they are kept.
        lease: Which are known to be there.
        cache_entries: How many file entries of them are kept in memory.
        now: Tells the time.
    """

    def __init__(
        self,
        objects: Objects,
        lease: Lease,
        *,
        cache_entries: int,
        now: Callable[[], datetime],
    ) -> None:
        self._objects = objects
        self._lease = lease
        self._cache: LruCache[str, Snapshot] = LruCache(cache_entries, weigh=_weigh)
        self._now = now
        self._forgotten = 0

    async def put(self, listing: Listing) -> Snapshot:
        """Store a snapshot unless it is there; renew it where that is due."""
        key = snapshot_key(listing.snapshot_id)
        known = self._cache.get(listing.snapshot_id)
        if known and self._lease.trusts(key):
            return known
        meta = await self._objects.head(key)
        snapshot = await self._stored_or_new(listing, there=meta is not None)
        if meta is None or self._lease.due(meta.last_modified):
            await self._objects.put({key: _document(snapshot)})
        self._lease.trust(key)
        self._cache.put(listing.snapshot_id, snapshot)
        return snapshot

    async def _stored_or_new(self, listing: Listing, *, there: bool) -> Snapshot:
        if there and (snapshot := await self._read(listing.snapshot_id)):
            return snapshot
        return Snapshot(listing=listing, create_time=self._now())

    async def get(self, snapshot_id: str) -> Snapshot:
        """Return a snapshot, verified."""
        if cached := self._cache.get(snapshot_id):
            return cached
        forgotten = self._forgotten
        snapshot = await self._read(snapshot_id) if is_sha256(snapshot_id) else None
        if snapshot is None:
            raise NotFoundError(
                f"There is no snapshot {snapshot_id!r}.", reason="SNAPSHOT_NOT_FOUND"
            )
        if self._forgotten == forgotten:  # else it may have been deleted while it was read
            self._cache.put(snapshot_id, snapshot)
        return snapshot

    async def _read(self, snapshot_id: str) -> Snapshot | None:
        document = await self._objects.get(snapshot_key(snapshot_id))
        return None if document is None else _parse(document, snapshot_id)

    def forget(self, snapshot_ids: Iterable[str]) -> None:
        """Remember nothing of some snapshots any more."""
        self._forgotten += 1
        for snapshot_id in snapshot_ids:
            self._lease.forget(snapshot_key(snapshot_id))
            self._cache.drop(snapshot_id)


def snapshot_key(snapshot_id: str) -> str:
    """Return where a snapshot is kept."""
    return f"{SNAPSHOTS}/{snapshot_id[:2]}/{snapshot_id}"


def _weigh(snapshot: Snapshot) -> int:
    return 1 + len(snapshot.listing.entries)


def _document(snapshot: Snapshot) -> bytes:
    facts = {"create_time": snapshot.create_time.isoformat(), "format": FORMAT}
    return json.dumps(facts, sort_keys=True).encode() + b"\n" + snapshot.listing.canonical


def _parse(document: bytes, snapshot_id: str) -> Snapshot:
    try:
        facts, _, canonical = document.partition(b"\n")
        create_time = datetime.fromisoformat(json.loads(facts)["create_time"])
        snapshot = Snapshot(listing=parse_listing(canonical), create_time=create_time)
    except (ValueError, KeyError, TypeError, ListingError) as error:
        raise InternalError("A stored snapshot is damaged.", reason="SNAPSHOT_DAMAGED") from error
    if snapshot.snapshot_id != snapshot_id:
        raise InternalError("A stored snapshot is damaged.", reason="SNAPSHOT_DAMAGED")
    return snapshot
