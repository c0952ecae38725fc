"""How objects are written so that each is there whole or not at all."""

import asyncio
import os
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

import obstore
from obstore.store import LocalStore, ObjectStore

from files_svc.store.bounded import for_each

STAGING = "staging"


class Writer(Protocol):
    """Writes objects."""

    async def write(self, objects: dict[str, bytes]) -> None:
        """Write objects, each atomically; they are there when this returns."""
        ...


class PlainWriter:
    """Leaves durability to the store: right for S3, and for data one can lose.

    Args:
        store: Where to write.
        concurrency: How many objects are written at a time.
    """

    def __init__(self, store: ObjectStore, *, concurrency: int) -> None:
        self._store = store
        self._slots = asyncio.Semaphore(concurrency)

    async def write(self, objects: dict[str, bytes]) -> None:
        """Write objects, each atomically; they are there when this returns."""
        await for_each(self._write_one, objects.items(), slots=self._slots)

    async def _write_one(self, item: tuple[str, bytes]) -> None:
        key, data = item
        await obstore.put_async(self._store, key, data, use_multipart=False)


class DurableWriter:
    """Writes to a local disk: bytes reach the disk before their name does, and then the name.

    obstore's own put renames without any fsync, so a power cut can leave a name without bytes.

    Args:
        store: A store at `root`.
        root: The folder.
        concurrency: How many objects are written at a time.
    """

    def __init__(self, store: LocalStore, root: Path, *, concurrency: int) -> None:
        self._store = store
        self._root = root
        self._plain = PlainWriter(store, concurrency=concurrency)
        self._slots = asyncio.Semaphore(concurrency)
        self._durable_folders: set[Path] = set()

    async def write(self, objects: dict[str, bytes]) -> None:
        """Write objects, each atomically; they are on the disk when this returns."""
        staged = {f"{STAGING}/{uuid.uuid4().hex}": key for key in objects}
        try:
            await self._plain.write(dict(zip(staged, objects.values(), strict=True)))
            await self._publish(staged)
        except BaseException:
            await asyncio.to_thread(self._discard, staged)
            raise

    async def _publish(self, staged: dict[str, str]) -> None:
        await self._sync_all([self._root / name for name in staged])
        await asyncio.to_thread(self._rename, staged)
        folders = {(self._root / key).parent for key in staged.values()}
        await self._sync_all([*folders, *self._new_parents(folders)])
        self._durable_folders |= folders

    def _rename(self, staged: dict[str, str]) -> None:
        for name, key in staged.items():
            obstore.rename(self._store, name, key)

    def _new_parents(self, folders: Iterable[Path]) -> set[Path]:
        """Return the folders whose entries may be new, up to the root."""
        new = [folder for folder in folders if folder not in self._durable_folders]
        parents = {above for folder in new for above in folder.parents}
        return {above for above in parents if above.is_relative_to(self._root)}

    async def _sync_all(self, paths: Iterable[Path]) -> None:
        """Wait for the disk, for all at once: file systems commit many as fast as one."""
        await for_each(lambda path: asyncio.to_thread(_sync, path), paths, slots=self._slots)

    def _discard(self, staged: Iterable[str]) -> None:
        for name in staged:
            (self._root / name).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
