"""Receives files piece by piece, checks them, and stores them in batches."""

import asyncio
from collections.abc import AsyncIterable
from dataclasses import dataclass

from chassis.errors import InvalidInputError, LimitExceededError
from files_svc.domain.digest import Digest
from files_svc.domain.paths import require_path
from files_svc.domain.snapshot import FileEntry
from files_svc.settings import LimitSettings
from files_svc.store.interface import FileStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a file that is being uploaded."""

    header: FileEntry | None
    """With a file's first piece: what is coming."""

    data: bytes
    """The next bytes."""


class Uploads:
    """Receives uploads, a bounded number at a time.

    Args:
        store: Where files are kept.
        limits: How much is taken.
    """

    def __init__(self, store: FileStore, limits: LimitSettings) -> None:
        self._store = store
        self._limits = limits
        self._slots = asyncio.Semaphore(limits.uploads)

    async def receive(self, pieces: AsyncIterable[Piece]) -> list[FileEntry]:
        """Store the files of an upload, and return their entries in the order in which they came.

        Raises:
            InvalidInputError: A path, a digest or a size is wrong; names the path.
            LimitExceededError: A file, their number or their sum is over its limit.
        """
        async with self._slots:
            upload = _Upload(self._store, self._limits)
            async for piece in pieces:
                await upload.take(piece)
            return await upload.finish()


class _Upload:
    """One upload: the file that is coming, those that wait to be stored, and the sums."""

    def __init__(self, store: FileStore, limits: LimitSettings) -> None:
        self._store = store
        self._limits = limits
        self._entries: list[FileEntry] = []
        self._total = 0
        self._data = bytearray()
        self._waiting: dict[Digest, bytes] = {}
        self._waiting_bytes = 0

    async def take(self, piece: Piece) -> None:
        if piece.header is not None:
            await self._end_file()
            self._begin_file(piece.header)
        elif not self._entries:
            raise InvalidInputError(
                "Bytes came before any file was named; send a header first.",
                reason="HEADER_MISSING",
            )
        self._append(piece.data)

    async def finish(self) -> list[FileEntry]:
        await self._end_file()
        await self._store_waiting()
        return self._entries

    def _begin_file(self, header: FileEntry) -> None:
        require_path(header.path)
        if not header.digest.well_formed:
            raise InvalidInputError(
                f"The digest of {header.path!r} is malformed: give 64 lower-case hexadecimal "
                "digits and a size.",
                reason="DIGEST_MALFORMED",
            )
        self._entries.append(header)
        self._total += header.digest.size_bytes
        require_within(
            self._limits,
            files=len(self._entries),
            largest=header.digest.size_bytes,
            total=self._total,
        )

    def _append(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > self._entries[-1].digest.size_bytes:
            raise self._mismatch("more bytes came than its size says")

    async def _end_file(self) -> None:
        if not self._entries:
            return
        data, self._data = bytes(self._data), bytearray()
        expected = self._entries[-1].digest
        if len(data) < expected.size_bytes:
            raise self._mismatch(f"{len(data)} of {expected.size_bytes} bytes came")
        if Digest.of(data) != expected:
            raise self._mismatch("its bytes have another digest")
        self._waiting[expected] = data
        self._waiting_bytes += len(data)
        if self._waiting_bytes >= self._limits.upload_buffer_bytes:
            await self._store_waiting()

    def _mismatch(self, how: str) -> InvalidInputError:
        path = self._entries[-1].path
        return InvalidInputError(
            f"{path!r} was not stored: {how}. Send it again.",
            reason="DIGEST_MISMATCH",
            metadata={"path": path},
        )

    async def _store_waiting(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, {}, 0
        await self._store.put_blobs(waiting)


def require_within(limits: LimitSettings, *, files: int, largest: int, total: int) -> None:
    """Pass only what keeps the limits.

    Raises:
        LimitExceededError: It is over one; says which and by how much.
    """
    for reason, what, value, limit in (
        ("TOO_MANY_FILES", "files", files, limits.snapshot_files),
        ("FILE_TOO_LARGE", "bytes in one file", largest, limits.file_bytes),
        ("SNAPSHOT_TOO_LARGE", "bytes in all files", total, limits.snapshot_bytes),
    ):
        if value > limit:
            raise LimitExceededError(f"{value} {what}: at most {limit} are taken.", reason=reason)
