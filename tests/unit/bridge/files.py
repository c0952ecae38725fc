"""A files service with one snapshot, over real gRPC."""

import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from typing import Any

from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import merge_pb2, snapshot_pb2
from backsmith.files.v1.files_service_pb2_grpc import FilesServiceServicer

from chassis.errors import InvalidInputError, NotFoundError, ServiceError
from chassis.status import DETAILS_KEY, code_of, status_from_error


class FakeFiles(FilesServiceServicer):
    """Files by path; every snapshot id but `gone` has the same ones."""

    def __init__(self) -> None:
        self.files = {"README.md": b"# Blog\n", "app/main.py": b"x" * 300_000}
        self.blobs: dict[str, bytes] = {}
        self.reads: list[pb.ReadFileRequest] = []

    async def ListFiles(self, request: Any, context: Any) -> Any:  # noqa: N802
        """List the files, a page at a time."""
        if request.page_token and not request.page_token.isdecimal():
            await _abort(context, InvalidInputError("The page token is not one of this listing."))
        begin = int(request.page_token or 0)
        paths = sorted(self.files)
        page = paths[begin : begin + request.page_size]
        end = begin + len(page)
        return pb.ListFilesResponse(
            entries=[self.entry(path) for path in page],
            next_page_token=str(end) if end < len(paths) else "",
        )

    async def ReadFile(  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[pb.ReadFileResponse]:
        """Stream a file in small pieces."""
        self.reads.append(request)
        if request.path not in self.files:
            await _abort(context, NotFoundError("There is no such file."))
        data = self.files[request.path][request.offset :]
        data = data[: request.limit] if request.limit else data
        yield pb.ReadFileResponse(entry=self.entry(request.path), data=data[:1000])
        for begin in range(1000, len(data), 64_000):
            yield pb.ReadFileResponse(data=data[begin : begin + 64_000])

    async def ArchiveSnapshot(  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[pb.ArchiveSnapshotResponse]:
        """Stream the files as a zip."""
        if request.snapshot_id == "gone":
            await _abort(context, NotFoundError("There is no such snapshot."))
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as packing:
            for path, content in sorted(self.files.items()):
                packing.writestr(zipfile.ZipInfo(request.prefix + path), content)
        data = archive.getvalue()
        for begin in range(0, len(data), 64_000):
            yield pb.ArchiveSnapshotResponse(data=data[begin : begin + 64_000])

    async def WriteFiles(self, requests: Any, context: Any) -> Any:  # noqa: N802
        """Keep what is written until a snapshot refers to it."""
        del context
        entries = []
        async for request in requests:
            self.blobs[request.header.digest.sha256] = request.data
            entries.append(request.header)
        return pb.WriteFilesResponse(entries=entries)

    async def CommitSnapshot(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Make the one snapshot another one."""
        del context
        for entry in request.add:
            self.files[entry.path] = self.blobs[entry.digest.sha256]
        for path in request.remove:
            del self.files[path]
        listing = repr(sorted(self.files.items())).encode()
        snapshot_id = hashlib.sha256(listing).hexdigest()
        return pb.CommitSnapshotResponse(
            snapshot=snapshot_pb2.Snapshot(snapshot_id=snapshot_id, file_count=len(self.files))
        )

    async def GetSnapshot(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Tell how many files there are."""
        del context
        sizes = [len(content) for content in self.files.values()]
        snapshot = snapshot_pb2.Snapshot(
            snapshot_id=request.snapshot_id, file_count=len(sizes), total_size_bytes=sum(sizes)
        )
        return pb.GetSnapshotResponse(snapshot=snapshot)

    async def ExportBundle(  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[pb.ExportBundleResponse]:
        """Name the versions, one a piece."""
        del context
        for version in request.versions:
            yield pb.ExportBundleResponse(data=f"{version.message}\n".encode())

    async def SearchSnapshot(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Find text in the first line of each file."""
        if request.regex and request.pattern == "(":
            await _abort(context, InvalidInputError("The pattern is no RE2 expression."))
        matches = [
            pb.SearchMatch(path=path, line_number=1, line=request.pattern, start=0, end=1)
            for path, content in sorted(self.files.items())
            if content.startswith(request.pattern.encode())
        ]
        return pb.SearchSnapshotResponse(matches=matches)

    async def DiffSnapshots(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Tell one difference of each kind."""
        del request, context
        old, new = snapshot_pb2.Digest(sha256="a" * 64), snapshot_pb2.Digest(sha256="b" * 64)
        hunk = "@@ -1 +1 @@\n-a\n+b\n"
        action = merge_pb2.FileAction.Value
        return pb.DiffSnapshotsResponse(
            diffs=[
                pb.FileDiff(path="a", action=action("FILE_ACTION_ADDED"), after=new, unified=hunk),
                pb.FileDiff(path="d", action=action("FILE_ACTION_DELETED"), before=old),
                pb.FileDiff(
                    path="u",
                    action=action("FILE_ACTION_UPDATED"),
                    before=old,
                    after=new,
                    unified=hunk,
                ),
            ],
            unchanged_count=7,
        )

    def entry(self, path: str) -> snapshot_pb2.FileEntry:
        """Return a file's entry."""
        content = self.files[path]
        digest = snapshot_pb2.Digest(
            sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content)
        )
        return snapshot_pb2.FileEntry(path=path, digest=digest)


async def _abort(context: Any, error: ServiceError) -> None:
    details = status_from_error(error).SerializeToString()
    await context.abort(code_of(error), error.message, ((DETAILS_KEY, details),))
