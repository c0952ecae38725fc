"""A client of the files service, as short as the tests want it."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import grpc
from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import snapshot_pb2
from backsmith.files.v1.files_service_pb2_grpc import FilesServiceStub

from chassis.errors import ServiceError
from chassis.status import error_from_rpc
from files_svc.domain.digest import Digest

Files = Mapping[str, bytes]


def entry_of(path: str, content: bytes) -> snapshot_pb2.FileEntry:
    """Return a file's entry."""
    digest = Digest.of(content)
    return snapshot_pb2.FileEntry(
        path=path,
        digest=snapshot_pb2.Digest(sha256=digest.sha256, size_bytes=digest.size_bytes),
    )


def pieces_of(files: Files, *, size: int = 1024 * 1024) -> Iterator[pb.WriteFilesRequest]:
    """Yield an upload's messages."""
    for path, content in files.items():
        yield pb.WriteFilesRequest(header=entry_of(path, content), data=content[:size])
        for start in range(size, len(content), size):
            yield pb.WriteFilesRequest(data=content[start : start + size])


class FilesClient:
    """Calls the files service.

    Args:
        channel: A channel to it.
    """

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.stub: Any = FilesServiceStub(channel)

    async def write(self, files: Files) -> list[snapshot_pb2.FileEntry]:
        """Upload files."""
        return list((await self.stub.WriteFiles(pieces_of(files))).entries)

    async def commit(self, files: Files, *, base: str = "", remove: tuple[str, ...] = ()) -> str:
        """Upload files and commit them; returns the snapshot's id."""
        request = pb.CommitSnapshotRequest(
            base_snapshot_id=base, add=await self.write(files), remove=remove
        )
        snapshot_id: str = (await self.stub.CommitSnapshot(request)).snapshot.snapshot_id
        return snapshot_id

    async def paths(self, snapshot_id: str) -> list[str]:
        """List the paths of a snapshot."""
        listing = await self.stub.ListFiles(pb.ListFilesRequest(snapshot_id=snapshot_id))
        return [entry.path for entry in listing.entries]

    async def files(self, snapshot_id: str) -> dict[str, bytes]:
        """Read a whole snapshot."""
        found: dict[str, bytes] = {}
        path = ""
        async for piece in self.stub.ReadSnapshot(pb.ReadSnapshotRequest(snapshot_id=snapshot_id)):
            if piece.HasField("entry"):
                path = piece.entry.path
                found[path] = b""
            found[path] += piece.data
        return found

    async def read(self, snapshot_id: str, path: str, *, offset: int = 0, limit: int = 0) -> bytes:
        """Read a file, or a range of it."""
        request = pb.ReadFileRequest(snapshot_id=snapshot_id, path=path, offset=offset, limit=limit)
        return b"".join([piece.data async for piece in self.stub.ReadFile(request)])

    async def archive(self, snapshot_id: str, **options: Any) -> bytes:
        """Fetch a snapshot's archive."""
        request = pb.ArchiveSnapshotRequest(snapshot_id=snapshot_id, **options)
        return b"".join([piece.data async for piece in self.stub.ArchiveSnapshot(request)])


async def refusal_of(call: Any) -> ServiceError:
    """Return the error that a call is answered with, whether it streams or not."""
    try:
        if isinstance(call, AsyncIterator) or hasattr(call, "__aiter__"):
            async for _ in call:
                pass
        else:
            await call
    except grpc.aio.AioRpcError as failure:
        return error_from_rpc(failure)
    raise AssertionError("the call was answered")
