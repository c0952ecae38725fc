"""Deletes what no live snapshot needs, and never what is young: somebody may be about to use it."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from chassis.clock import Clock
from chassis.errors import InvalidInputError, NotFoundError
from files_svc.domain.digest import is_sha256
from files_svc.store.interface import FileStore, Inventory, Stored

BATCH = 500


class CollectableStore(FileStore, Inventory, Protocol):
    """A store that can be collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a collection has done so far."""

    snapshots_kept: int = 0
    snapshots_deleted: int = 0
    blobs_kept: int = 0
    blobs_deleted: int = 0
    bytes_deleted: int = 0
    unknown_ids: tuple[str, ...] = ()
    """Live snapshots that are not there: somebody lost them."""

    def with_unknown(self, snapshot_id: str) -> "Collected":
        """Return the same with one more snapshot that is not there."""
        return replace(self, unknown_ids=(*self.unknown_ids, snapshot_id))


class LiveSet:
    """The snapshots that must stay, as they are told; complete only when that is said."""

    def __init__(self) -> None:
        self._ids: set[str] = set()
        self._complete = False

    def add(self, snapshot_ids: Iterable[str], *, complete: bool) -> None:
        """Add some of the ids.

        Raises:
            InvalidInputError: One is no snapshot's id, or the set was said to be complete.
        """
        if self._complete:
            raise InvalidInputError("Ids came after the last ones.", reason="LIVE_SET_COMPLETE")
        for snapshot_id in snapshot_ids:
            if not is_sha256(snapshot_id):
                raise InvalidInputError(f"{snapshot_id!r} is no snapshot's id.")
            self._ids.add(snapshot_id)
        self._complete = complete

    def ids(self) -> frozenset[str]:
        """Return all of them.

        Raises:
            InvalidInputError: The set was not said to be complete: it may have been cut.
        """
        if not self._complete:
            raise InvalidInputError(
                "The live snapshots were not told to their end; nothing was deleted.",
                reason="LIVE_SET_INCOMPLETE",
            )
        return frozenset(self._ids)


class Collector:
    """Collects garbage: marks what live and young snapshots need, and sweeps the rest.

    A writer renews what it uses before it is half a lease old, so that nothing older than a lease
    is about to be used.

    Args:
        store: What to collect.
        lease: How long everything is left alone.
        clock: Tells the time.
    """

    def __init__(self, store: CollectableStore, *, lease: timedelta, clock: Clock) -> None:
        self._store = store
        self._lease = lease
        self._clock = clock

    async def collect(self, live: frozenset[str]) -> AsyncGenerator[Collected]:
        """Delete what is not needed; yields what was done after every step, the sum last.

        Raises:
            InternalError: A live snapshot is damaged; nothing that it may need was deleted.
        """
        started = self._clock.now()
        horizon = started - self._lease
        done, needed = await self._mark(live, since=horizon)
        async for done in self._sweep_snapshots(live, horizon, done):  # noqa: B020 - the running sum
            yield done
        _, committed_meanwhile = await self._mark(frozenset(), since=started)
        async for done in self._sweep_blobs(needed | committed_meanwhile, horizon, done):  # noqa: B020
            yield done
        await self._store.delete_leftovers(horizon)
        yield done

    async def _mark(self, live: frozenset[str], *, since: datetime) -> tuple[Collected, set[bytes]]:
        """Return the blobs that live snapshots, and those kept since an instant, need."""
        young = {each.sha256 async for each in self._store.snapshots() if each.kept_since >= since}
        needed: set[bytes] = set()
        done = Collected()
        for snapshot_id in sorted(live | young):
            try:
                snapshot = await self._store.get_snapshot(snapshot_id)
            except NotFoundError:
                done = done.with_unknown(snapshot_id)
            else:
                needed |= {bytes.fromhex(entry.digest.sha256) for entry in snapshot.listing.entries}
        return done, needed

    async def _sweep_snapshots(
        self, live: frozenset[str], horizon: datetime, done: Collected
    ) -> AsyncGenerator[Collected]:
        async for batch in _batches(self._store.snapshots()):
            gone = [each for each in batch if each.sha256 not in live and each.kept_since < horizon]
            await self._store.delete_snapshots((each.sha256 for each in gone), horizon)
            done = replace(
                done,
                snapshots_kept=done.snapshots_kept + len(batch) - len(gone),
                snapshots_deleted=done.snapshots_deleted + len(gone),
            )
            yield done

    async def _sweep_blobs(
        self, needed: set[bytes], horizon: datetime, done: Collected
    ) -> AsyncGenerator[Collected]:
        async for batch in _batches(self._store.blobs()):
            gone = [
                each
                for each in batch
                if bytes.fromhex(each.sha256) not in needed and each.kept_since < horizon
            ]
            await self._store.delete_blobs((each.sha256 for each in gone), horizon)
            done = replace(
                done,
                blobs_kept=done.blobs_kept + len(batch) - len(gone),
                blobs_deleted=done.blobs_deleted + len(gone),
                bytes_deleted=done.bytes_deleted + sum(each.size_bytes for each in gone),
            )
            yield done


async def _batches(found: AsyncIterator[Stored]) -> AsyncIterator[list[Stored]]:
    batch: list[Stored] = []
    async for each in found:
        batch.append(each)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
