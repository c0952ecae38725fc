"""The files service as the orchestrator calls it."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc
from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1.files_service_pb2_grpc import FilesServiceStub
from backsmith.files.v1.snapshot_pb2 import Digest, FileEntry, Snapshot

from chassis.status import rpc_errors

if TYPE_CHECKING:  # the stub for grpc.aio exists for type checkers only
    from backsmith.files.v1.files_service_pb2_grpc import FilesServiceAsyncStub

PIECE_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file and what it holds."""

    path: str
    content: bytes

    def entry(self) -> FileEntry:
        """Describe the file by its digest."""
        sha256 = hashlib.sha256(self.content).hexdigest()
        return FileEntry(path=self.path, digest=Digest(sha256=sha256, size_bytes=len(self.content)))


class Files:
    """Writes, commits and reads."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: FilesServiceAsyncStub = FilesServiceStub(channel)

    async def write(self, files: Sequence[File]) -> Sequence[FileEntry]:
        """Store files, to be referred to by a snapshot."""
        with rpc_errors():
            response = await self._stub.WriteFiles(_pieces(files))
        return response.entries

    async def commit(
        self, *, base: str, add: Sequence[FileEntry], remove: Sequence[str] = ()
    ) -> Snapshot:
        """Make a snapshot: a base (empty: none), plus and minus some files."""
        with rpc_errors():
            request = pb.CommitSnapshotRequest(base_snapshot_id=base, add=add, remove=remove)
            return (await self._stub.CommitSnapshot(request)).snapshot

    async def digests(self, snapshot_id: str) -> Mapping[str, str]:
        """Return the SHA-256 of each file of a snapshot by its path, sorted."""
        entries = await self.entries(snapshot_id)
        return {path: entry.digest.sha256 for path, entry in entries.items()}

    async def entries(self, snapshot_id: str) -> Mapping[str, FileEntry]:
        """Return the files of a snapshot by their paths, sorted."""
        entries: dict[str, FileEntry] = {}
        token = ""
        with rpc_errors():
            while True:
                request = pb.ListFilesRequest(snapshot_id=snapshot_id, page_token=token)
                page = await self._stub.ListFiles(request)
                entries |= {entry.path: entry for entry in page.entries}
                token = page.next_page_token
                if not token:
                    return entries

    async def merge(self, request: pb.MergeSnapshotsRequest) -> pb.MergeSnapshotsResponse:
        """Merge what the user changed and what is generated anew."""
        with rpc_errors():
            return await self._stub.MergeSnapshots(request)

    async def collect_garbage(
        self, live: AsyncIterator[Sequence[str]]
    ) -> pb.CollectGarbageResponse:
        """Delete what is not live and older than the files service's lease; return the sums."""
        with rpc_errors():
            call = self._stub.CollectGarbage()
            try:
                async for snapshot_ids in live:
                    await call.write(pb.CollectGarbageRequest(snapshot_ids=snapshot_ids))
                await call.write(pb.CollectGarbageRequest(complete=True))
                await call.done_writing()
                done = pb.CollectGarbageResponse()
                async for answer in call:
                    done = answer
                return done
            finally:
                call.cancel()

    async def read(self, snapshot_id: str, path: str) -> bytes:
        """Return what a file holds.

        Raises:
            NotFoundError: There is no such file.
        """
        request = pb.ReadFileRequest(snapshot_id=snapshot_id, path=path)
        with rpc_errors():
            return b"".join([piece.data async for piece in self._stub.ReadFile(request)])

    async def read_all(self, snapshot_id: str) -> AsyncIterator[File]:
        """Read every file of a snapshot, sorted by path."""
        with rpc_errors():
            call = self._stub.ReadSnapshot(pb.ReadSnapshotRequest(snapshot_id=snapshot_id))
            path, content = "", bytearray()
            async for piece in call:
                if piece.HasField("entry"):
                    if path:
                        yield File(path=path, content=bytes(content))
                    path, content = piece.entry.path, bytearray()
                content += piece.data
            if path:
                yield File(path=path, content=bytes(content))


def _pieces(files: Sequence[File]) -> Iterator[pb.WriteFilesRequest]:
    for file in files:
        first, *rest = (
            file.content[start : start + PIECE_BYTES]
            for start in range(0, max(len(file.content), 1), PIECE_BYTES)
        )
        yield pb.WriteFilesRequest(header=file.entry(), data=first)
        for piece in rest:
            yield pb.WriteFilesRequest(data=piece)
