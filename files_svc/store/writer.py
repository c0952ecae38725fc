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
        self._durable_folders: set[Path] = set()

    async def write(self, objects: dict[str, bytes]) -> None:
        """Write objects, each atomically; they are on the disk when this returns."""
        staged = {f"{STAGING}/{uuid.uuid4().hex}": key for key in objects}
        try:
            await self._plain.write(dict(zip(staged, objects.values(), strict=True)))
            await asyncio.to_thread(self._publish, staged)
        except BaseException:
            await asyncio.to_thread(self._discard, staged)
            raise

    def _publish(self, staged: dict[str, str]) -> None:
        for name, key in staged.items():
            _sync(self._root / name)
            obstore.rename(self._store, name, key)
        self._sync_folders({(self._root / key).parent for key in staged.values()})

    def _sync_folders(self, folders: Iterable[Path]) -> None:
        """Make new names durable, and the names of new folders up to the root."""
        for folder in folders:
            _sync(folder)
            while folder not in self._durable_folders and folder != self._root:
                self._durable_folders.add(folder)
                folder = folder.parent  # noqa: PLW2901 - walks up
                _sync(folder)

    def _discard(self, staged: Iterable[str]) -> None:
        for name in staged:
            (self._root / name).unlink(missing_ok=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
