"""Blobs by their SHA-256."""

import asyncio
from collections.abc import Iterable, Mapping

from chassis.errors import InternalError, InvalidInputError
from files_svc.domain.digest import Digest
from files_svc.store.bounded import for_each
from files_svc.store.cache import LruCache
from files_svc.store.lease import Lease
from files_svc.store.objects import Objects

BLOBS = "blobs"


class Blobs:
    """Stores, renews and reads blobs.

    Args:
        objects: Where they are kept.
        lease: Which are known to be there.
        cache_bytes: How much of them is kept in memory.
        concurrency: How many are read at a time, and how many are written.
    """

    def __init__(
        self, objects: Objects, lease: Lease, *, cache_bytes: int, concurrency: int
    ) -> None:
        self._objects = objects
        self._lease = lease
        self._cache: LruCache[str, bytes] = LruCache(cache_bytes, weigh=len)
        self._slots = asyncio.Semaphore(concurrency)
        self._read_slots = asyncio.Semaphore(concurrency)

    async def put(self, blobs: Mapping[Digest, bytes]) -> None:
        """Store those that are not there yet."""
        for digest, data in blobs.items():
            if Digest.of(data) != digest:
                raise InvalidInputError(
                    f"The bytes do not have the digest {digest.sha256!r}.",
                    reason="DIGEST_MISMATCH",
                )
        absent = await for_each(self._absent_or_due, blobs, slots=self._slots)
        await self._write({digest: blobs[digest] for digest in absent if digest})

    async def _absent_or_due(self, digest: Digest) -> Digest | None:
        key = blob_key(digest.sha256)
        if self._lease.trusts(key):
            return None
        meta = await self._objects.head(key)
        if meta is None or meta.size != digest.size_bytes or self._lease.due(meta.last_modified):
            return digest
        self._lease.trust(key)
        return None

    async def _write(self, blobs: Mapping[Digest, bytes]) -> None:
        if not blobs:
            return
        await self._objects.put({blob_key(digest.sha256): data for digest, data in blobs.items()})
        for digest, data in blobs.items():
            self._lease.trust(blob_key(digest.sha256))
            self._cache.put(digest.sha256, data)

    async def missing(self, digests: Iterable[Digest]) -> tuple[Digest, ...]:
        """Return those that are not there, sorted; renew the others where that is due."""
        wanted = sorted(set(digests))
        found = await for_each(self._keep, wanted, slots=self._slots)
        return tuple(digest for digest, there in zip(wanted, found, strict=True) if not there)

    async def _keep(self, digest: Digest) -> bool:
        if await self._absent_or_due(digest) is None:
            return True
        try:
            data = await self._read(digest)
        except InternalError:
            return False
        await self._write({digest: data})
        return True

    async def read(self, digest: Digest) -> bytes:
        """Return a blob, verified."""
        cached = self._cache.get(digest.sha256)
        if cached is not None and len(cached) == digest.size_bytes:
            return cached
        data = await self._read(digest)
        self._cache.put(digest.sha256, data)
        return data

    async def _read(self, digest: Digest) -> bytes:
        async with self._read_slots:
            data = await self._objects.get(blob_key(digest.sha256))
        if data is None:
            self.forget([digest.sha256])
            raise InternalError("A stored file is gone.", reason="BLOB_LOST")
        if Digest.of(data) != digest:
            self.forget([digest.sha256])
            raise InternalError("A stored file is damaged.", reason="BLOB_DAMAGED")
        return data

    def forget(self, sha256s: Iterable[str]) -> None:
        """Remember nothing of some blobs any more."""
        for sha256 in sha256s:
            self._lease.forget(blob_key(sha256))
            self._cache.drop(sha256)


def blob_key(sha256: str) -> str:
    """Return where a blob is kept."""
    return f"{BLOBS}/{sha256[:2]}/{sha256}"
