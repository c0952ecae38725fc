"""FilesService over gRPC: convert, call, convert."""

from collections.abc import AsyncIterator
from contextlib import aclosing

import grpc
from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import files_service_pb2_grpc as rpc

from files_svc import convert
from files_svc.bundle import Bundles
from files_svc.collecting import Collector, LiveSet
from files_svc.commits import Commits
from files_svc.comparing import Comparisons
from files_svc.merging import Merges
from files_svc.reading import Reader
from files_svc.searching import Searches
from files_svc.store.interface import FileStore
from files_svc.uploads import Uploads

Context = grpc.aio.ServicerContext[object, object]


class FilesServicer(rpc.FilesServiceServicer):
    """Answers the calls of `files_service.proto`.

    Args:
        store: Where files are kept.
        uploads: Receives files.
        commits: Makes snapshots.
        reader: Reads them.
        merges: Merges them.
        comparisons: Compares them.
        searches: Searches them.
        collector: Deletes what nobody needs.
        bundles: Exports them to git.
    """

    def __init__(
        self,
        *,
        store: FileStore,
        uploads: Uploads,
        commits: Commits,
        reader: Reader,
        merges: Merges,
        comparisons: Comparisons,
        searches: Searches,
        collector: Collector,
        bundles: Bundles,
    ) -> None:
        self._store = store
        self._uploads = uploads
        self._commits = commits
        self._reader = reader
        self._merges = merges
        self._comparisons = comparisons
        self._searches = searches
        self._collector = collector
        self._bundles = bundles

    async def WriteFiles(
        self, request_iterator: AsyncIterator[pb.WriteFilesRequest], context: Context
    ) -> pb.WriteFilesResponse:
        """Store files as blobs."""
        pieces = (convert.piece_from_proto(request) async for request in request_iterator)
        entries = await self._uploads.receive(pieces)
        return pb.WriteFilesResponse(entries=map(convert.entry_to_proto, entries))

    async def FindMissingBlobs(
        self, request: pb.FindMissingBlobsRequest, context: Context
    ) -> pb.FindMissingBlobsResponse:
        """Name the blobs that are not stored."""
        missing = await self._commits.missing(map(convert.digest_from_proto, request.digests))
        return pb.FindMissingBlobsResponse(missing=map(convert.digest_to_proto, missing))

    async def CommitSnapshot(
        self, request: pb.CommitSnapshotRequest, context: Context
    ) -> pb.CommitSnapshotResponse:
        """Make a snapshot."""
        snapshot = await self._commits.commit(
            base_id=request.base_snapshot_id,
            add=list(map(convert.entry_from_proto, request.add)),
            remove=request.remove,
        )
        return pb.CommitSnapshotResponse(snapshot=convert.snapshot_to_proto(snapshot))

    async def GetSnapshot(
        self, request: pb.GetSnapshotRequest, context: Context
    ) -> pb.GetSnapshotResponse:
        """Tell a snapshot's size and age."""
        snapshot = await self._store.get_snapshot(request.snapshot_id)
        return pb.GetSnapshotResponse(snapshot=convert.snapshot_to_proto(snapshot))

    async def ListFiles(
        self, request: pb.ListFilesRequest, context: Context
    ) -> pb.ListFilesResponse:
        """List a snapshot's files."""
        page = await self._reader.list_files(
            request.snapshot_id, page_size=request.page_size, page_token=request.page_token
        )
        return pb.ListFilesResponse(
            entries=map(convert.entry_to_proto, page.entries),
            next_page_token=page.next_page_token,
        )

    async def ReadFile(
        self, request: pb.ReadFileRequest, context: Context
    ) -> AsyncIterator[pb.ReadFileResponse]:
        """Stream one file, or a range of it."""
        chunks = self._reader.read_file(
            request.snapshot_id, request.path, offset=request.offset, limit=request.limit
        )
        async with aclosing(chunks):
            async for chunk in chunks:
                yield convert.read_file_response(chunk)

    async def ReadSnapshot(
        self, request: pb.ReadSnapshotRequest, context: Context
    ) -> AsyncIterator[pb.ReadSnapshotResponse]:
        """Stream every file of a snapshot."""
        async with aclosing(self._reader.read_snapshot(request.snapshot_id)) as chunks:
            async for chunk in chunks:
                yield convert.read_snapshot_response(chunk)

    async def ArchiveSnapshot(
        self, request: pb.ArchiveSnapshotRequest, context: Context
    ) -> AsyncIterator[pb.ArchiveSnapshotResponse]:
        """Stream a snapshot as an archive."""
        archive_format = convert.archive_format_from_proto(request.format)
        chunks = self._reader.archive(request.snapshot_id, archive_format, prefix=request.prefix)
        async with aclosing(chunks):
            async for data in chunks:
                yield pb.ArchiveSnapshotResponse(data=data)

    async def MergeSnapshots(
        self, request: pb.MergeSnapshotsRequest, context: Context
    ) -> pb.MergeSnapshotsResponse:
        """Merge what the user changed and what is generated anew."""
        result = await self._merges.merge(
            base_id=request.base_snapshot_id,
            ours_id=request.ours_snapshot_id,
            theirs_id=request.theirs_snapshot_id,
            patch=convert.patch_from_proto(request),
        )
        return convert.merge_result_to_proto(result)

    async def DiffSnapshots(
        self, request: pb.DiffSnapshotsRequest, context: Context
    ) -> pb.DiffSnapshotsResponse:
        """Tell how two snapshots differ."""
        lines = request.context_lines if request.HasField("context_lines") else None
        comparison = await self._comparisons.compare(
            request.from_snapshot_id, request.to_snapshot_id, path=request.path, context=lines
        )
        return convert.comparison_to_proto(comparison)

    async def SearchSnapshot(
        self, request: pb.SearchSnapshotRequest, context: Context
    ) -> pb.SearchSnapshotResponse:
        """Find lines by a text or an expression."""
        query = convert.query_from_proto(request)
        return convert.found_to_proto(await self._searches.search(request.snapshot_id, query))

    async def CollectGarbage(
        self, request_iterator: AsyncIterator[pb.CollectGarbageRequest], context: Context
    ) -> AsyncIterator[pb.CollectGarbageResponse]:
        """Delete what no live snapshot needs."""
        live = LiveSet()
        async for request in request_iterator:
            live.add(request.snapshot_ids, complete=request.complete)
        async with aclosing(self._collector.collect(live.ids())) as steps:
            async for collected in steps:
                yield convert.collected_to_proto(collected)

    async def ExportBundle(
        self, request: pb.ExportBundleRequest, context: Context
    ) -> AsyncIterator[pb.ExportBundleResponse]:
        """Stream versions as a git bundle."""
        versions = list(map(convert.version_from_proto, request.versions))
        async with aclosing(self._bundles.export(versions)) as chunks:
            async for data in chunks:
                yield pb.ExportBundleResponse(data=data)
