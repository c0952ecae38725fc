"""Packs files into an archive, as a stream: the same files give the same bytes.

Times, modes, order and compression are fixed, and no more than a batch of files is in memory.
"""

import asyncio
import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import AsyncIterable, AsyncIterator, Sequence
from enum import Enum
from typing import Protocol

EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can hold; in a tar, 0 is used."""

UNIX = 3
LEVEL = 6
EXECUTABLE = 0o755
READABLE = 0o644

File = tuple[str, bytes]
"""A path and what the file holds."""


class ArchiveFormat(Enum):
    """How files are packed."""

    ZIP = "zip"
    TAR_GZ = "tar.gz"


class _Sink(io.RawIOBase):
    """Collects what a packer writes until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._chunks: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        chunk = bytes(data)  # type: ignore[call-overload]
        self._chunks.append(chunk)
        return len(chunk)

    def take(self) -> bytes:
        taken = b"".join(self._chunks)
        self._chunks.clear()
        return taken


class _Packer(Protocol):
    def add(self, path: str, data: bytes) -> None:
        """Append a file."""
        ...

    def close(self) -> None:
        """Append what ends the archive."""
        ...


class _ZipPacker:
    def __init__(self, sink: _Sink) -> None:
        self._zip = zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=LEVEL)

    def add(self, path: str, data: bytes) -> None:
        info = zipfile.ZipInfo(path, date_time=EPOCH)
        info.create_system = UNIX
        info.external_attr = (stat.S_IFREG | _mode(path, data)) << 16
        self._zip.writestr(info, data, zipfile.ZIP_DEFLATED, LEVEL)

    def close(self) -> None:
        self._zip.close()


class _TarPacker:
    def __init__(self, sink: _Sink) -> None:
        self._gzip = gzip.GzipFile("", "wb", LEVEL, sink, mtime=0)
        self._tar = tarfile.TarFile(fileobj=self._gzip, mode="w", format=tarfile.PAX_FORMAT)

    def add(self, path: str, data: bytes) -> None:
        info = tarfile.TarInfo(path)
        info.size = len(data)
        info.mode = _mode(path, data)
        self._tar.addfile(info, io.BytesIO(data))

    def close(self) -> None:
        self._tar.close()
        self._gzip.close()


def _mode(path: str, data: bytes) -> int:
    return EXECUTABLE if path.endswith(".sh") or data.startswith(b"#!") else READABLE


async def pack(
    batches: AsyncIterable[Sequence[File]], archive_format: ArchiveFormat
) -> AsyncIterator[bytes]:
    """Yield an archive of files in the order in which they come; never an empty chunk."""
    sink = _Sink()
    packer = _packer(sink, archive_format)
    async for batch in batches:
        if chunk := await asyncio.to_thread(_add, packer, batch, sink):
            yield chunk
    await asyncio.to_thread(packer.close)
    yield sink.take()


def _packer(sink: _Sink, archive_format: ArchiveFormat) -> _Packer:
    return _ZipPacker(sink) if archive_format is ArchiveFormat.ZIP else _TarPacker(sink)


def _add(packer: _Packer, batch: Sequence[File], sink: _Sink) -> bytes:
    for path, data in batch:
        packer.add(path, data)
    return sink.take()
