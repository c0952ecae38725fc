"""Objects by their keys, over obstore: reading, listing, deleting, and naming what went wrong."""

import errno
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from chassis.errors import LimitExceededError, ServiceError, UnavailableError
from files_svc.store.writer import Writer

if TYPE_CHECKING:
    from obstore import ObjectMeta

DELETE_BATCH = 1000
RETRY_AFTER = timedelta(seconds=5)
FULL = tuple(f"(os error {number})" for number in (errno.ENOSPC, errno.EDQUOT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Meta:
    """What the store tells about an object."""

    key: str
    size: int
    last_modified: datetime


class Objects:
    """The objects of one store."""

    def __init__(self, store: ObjectStore, writer: Writer) -> None:
        self._store = store
        self._writer = writer

    async def put(self, objects: dict[str, bytes]) -> None:
        """Store objects, each atomically, all of them durable on return."""
        with naming_store_errors():
            await self._writer.write(objects)

    async def get(self, key: str) -> bytes | None:
        """Return an object's bytes, or None when there is none."""
        with naming_store_errors():
            try:
                found = await obstore.get_async(self._store, key)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def head(self, key: str) -> Meta | None:
        """Return what is told about an object, or None when there is none."""
        with naming_store_errors():
            try:
                return _meta(await obstore.head_async(self._store, key))
            except FileNotFoundError:
                return None

    async def below(self, prefix: str) -> AsyncIterator[Meta]:
        """Yield what is told about every object below a prefix."""
        with naming_store_errors():
            async for batch in obstore.list(self._store, prefix):
                for found in batch:
                    yield _meta(found)

    async def delete(self, keys: Iterable[str]) -> None:
        """Delete objects; one that is not there is no error."""
        keys = list(keys)
        with naming_store_errors():
            for start in range(0, len(keys), DELETE_BATCH):
                await self._delete(keys[start : start + DELETE_BATCH])

    async def _delete(self, keys: list[str]) -> None:
        try:
            await obstore.delete_async(self._store, keys)
        except FileNotFoundError:
            # Local disk stops at the first missing one; somebody else deletes as well.
            for key in keys:
                await self._delete_one(key)

    async def _delete_one(self, key: str) -> None:
        try:
            await obstore.delete_async(self._store, key)
        except FileNotFoundError:
            return


def _meta(found: "ObjectMeta") -> Meta:
    return Meta(key=found["path"], size=found["size"], last_modified=found["last_modified"])


@contextmanager
def naming_store_errors() -> Iterator[None]:
    """Turn what the library raises into errors that say what to do, and never name a path.

    Raises:
        LimitExceededError: There is no room left.
        UnavailableError: The store does not answer, or refuses.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        raise _named(error) from error


def _named(error: Exception) -> ServiceError:
    if any(mark in str(error) for mark in FULL) or _errno(error) in {errno.ENOSPC, errno.EDQUOT}:
        return LimitExceededError(
            "The file store is full; free some space, then try again.",
            reason="STORE_FULL",
            retry_after=RETRY_AFTER,
        )
    return UnavailableError(
        "The file store cannot be reached; try again shortly.",
        reason="STORE_UNAVAILABLE",
        retry_after=RETRY_AFTER,
    )


def _errno(error: Exception) -> int | None:
    return error.errno if isinstance(error, OSError) else None
