"""The other services, as the bridge calls them: typed, with our errors instead of gRPC's."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from contextlib import aclosing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import grpc
from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.files.v1.files_service_pb2_grpc import FilesServiceStub
from backsmith.files.v1.snapshot_pb2 import FileEntry, Snapshot
from backsmith.generator.v1.generator_service_pb2 import PlanResponse, ProofReport
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.generation_pb2 import Generation
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub
from backsmith.orchestrator.v1.project_pb2 import Project

from bridge.convert import duration_from_seconds
from chassis.errors import NotFoundError
from chassis.status import rpc_errors

if TYPE_CHECKING:
    from backsmith.files.v1.files_service_pb2_grpc import FilesServiceAsyncStub
    from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import (
        OrchestratorServiceAsyncStub,
    )


class Orchestrator:
    """Generations and projects; every call acts for the principal bound to the context."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.stub: OrchestratorServiceAsyncStub = OrchestratorServiceStub(channel)

    async def start(self, request: pb.StartGenerationRequest) -> Generation:
        """Accept a generation."""
        with rpc_errors():
            return (await self.stub.StartGeneration(request)).generation

    async def plan(self, request: pb.PlanGenerationRequest) -> PlanResponse:
        """Return the plan that a start or an iteration would run."""
        with rpc_errors():
            return (await self.stub.PlanGeneration(request)).plan

    async def generation(self, generation_id: str) -> Generation:
        """Return a generation."""
        with rpc_errors():
            request = pb.GetGenerationRequest(generation_id=generation_id)
            return (await self.stub.GetGeneration(request)).generation

    async def generations(self, request: pb.ListGenerationsRequest) -> pb.ListGenerationsResponse:
        """Return a page of generations."""
        with rpc_errors():
            return await self.stub.ListGenerations(request)

    async def cancel(self, generation_id: str) -> Generation:
        """End a generation for good."""
        with rpc_errors():
            request = pb.CancelGenerationRequest(generation_id=generation_id)
            return (await self.stub.CancelGeneration(request)).generation

    async def set_cancel_after(self, generation_id: str, seconds: int | None) -> Generation:
        """Decide what happens to a generation when its last viewer leaves."""
        with rpc_errors():
            request = pb.SetCancelAfterRequest(
                generation_id=generation_id, cancel_after=duration_from_seconds(seconds)
            )
            return (await self.stub.SetCancelAfter(request)).generation

    async def report_viewers(
        self, bridge_id: str, generation_ids: Collection[str], *, hold: timedelta
    ) -> None:
        """Tell which generations have viewers at a bridge."""
        request = pb.ReportViewersRequest(bridge_id=bridge_id, generation_ids=generation_ids)
        request.hold.FromTimedelta(hold)
        with rpc_errors():
            await self.stub.ReportViewers(request)

    async def retry(self, generation_id: str) -> Generation:
        """Queue a failed generation again."""
        with rpc_errors():
            request = pb.RetryGenerationRequest(generation_id=generation_id)
            return (await self.stub.RetryGeneration(request)).generation

    async def update(self, request: pb.UpdateGenerationRequest) -> Generation:
        """Change what a user says about a generation."""
        with rpc_errors():
            return (await self.stub.UpdateGeneration(request)).generation

    async def delete(self, generation_id: str, *, force: bool) -> None:
        """Forget a generation."""
        with rpc_errors():
            await self.stub.DeleteGeneration(
                pb.DeleteGenerationRequest(generation_id=generation_id, force=force)
            )

    async def statistics(self, request: pb.GetStatisticsRequest) -> pb.GetStatisticsResponse:
        """Count generations."""
        with rpc_errors():
            return await self.stub.GetStatistics(request)

    async def review(self, generation_id: str) -> ProofReport:
        """Return the proof report of a generation."""
        with rpc_errors():
            request = pb.GetReviewRequest(generation_id=generation_id)
            return (await self.stub.GetReview(request)).report

    async def iterate(self, request: pb.StartIterationRequest) -> Generation:
        """Accept an iteration."""
        with rpc_errors():
            return (await self.stub.StartIteration(request)).generation

    async def replace_snapshot(self, request: pb.ReplaceSnapshotRequest) -> Generation:
        """Put another snapshot in the place of a generation's files."""
        with rpc_errors():
            return (await self.stub.ReplaceSnapshot(request)).generation

    async def conflicts(self, generation_id: str) -> pb.ListConflictsResponse:
        """Return the open conflicts of a generation."""
        with rpc_errors():
            request = pb.ListConflictsRequest(generation_id=generation_id)
            return await self.stub.ListConflicts(request)

    async def resolve(self, request: pb.ResolveConflictRequest) -> Generation:
        """Settle the conflicts of one file."""
        with rpc_errors():
            return (await self.stub.ResolveConflict(request)).generation

    async def roll_back(self, request: pb.RollBackVersionRequest) -> Generation:
        """Accept a version made of an older one."""
        with rpc_errors():
            return (await self.stub.RollBackVersion(request)).generation

    async def version(self, project_id: str, version: int) -> Generation:
        """Return the generation that made a version; 0 means the active one."""
        with rpc_errors():
            request = pb.GetVersionRequest(project_id=project_id, version=version)
            return (await self.stub.GetVersion(request)).generation

    async def activate(self, project_id: str, generation_id: str) -> Project:
        """Make a generation the active version of its project."""
        with rpc_errors():
            request = pb.ActivateVersionRequest(project_id=project_id, generation_id=generation_id)
            return (await self.stub.ActivateVersion(request)).project

    async def create_project(self, request: pb.CreateProjectRequest) -> Project:
        """Make a project."""
        with rpc_errors():
            return (await self.stub.CreateProject(request)).project

    async def project(self, project_id: str) -> Project:
        """Return a project."""
        with rpc_errors():
            request = pb.GetProjectRequest(project_id=project_id)
            return (await self.stub.GetProject(request)).project

    async def projects(self, *, page_size: int, page_token: str) -> pb.ListProjectsResponse:
        """Return a page of projects."""
        with rpc_errors():
            return await self.stub.ListProjects(
                pb.ListProjectsRequest(page_size=page_size, page_token=page_token)
            )

    async def update_project(self, request: pb.UpdateProjectRequest) -> Project:
        """Rename or describe a project."""
        with rpc_errors():
            return (await self.stub.UpdateProject(request)).project

    async def delete_project(self, project_id: str, *, force: bool) -> None:
        """Forget a project and its generations."""
        with rpc_errors():
            await self.stub.DeleteProject(
                pb.DeleteProjectRequest(project_id=project_id, force=force)
            )


class Files:
    """Snapshots and what is in them."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.stub: FilesServiceAsyncStub = FilesServiceStub(channel)

    async def list(
        self, snapshot_id: str, *, page_size: int, page_token: str
    ) -> files_pb.ListFilesResponse:
        """Return a page of a snapshot's listing."""
        request = files_pb.ListFilesRequest(
            snapshot_id=snapshot_id, page_size=page_size, page_token=page_token
        )
        with rpc_errors():
            return await self.stub.ListFiles(request)

    async def entry(self, snapshot_id: str, path: str) -> FileEntry | None:
        """Return a file's entry, or None when there is no such file."""
        if not snapshot_id:
            return None
        try:
            async with aclosing(self.read(snapshot_id, path, limit=1)) as pieces:
                return (await anext(pieces)).entry
        except NotFoundError:
            return None

    async def search(
        self, request: files_pb.SearchSnapshotRequest
    ) -> files_pb.SearchSnapshotResponse:
        """Find lines of a snapshot's files."""
        with rpc_errors():
            return await self.stub.SearchSnapshot(request)

    async def snapshot(self, snapshot_id: str) -> Snapshot:
        """Tell a snapshot's size."""
        request = files_pb.GetSnapshotRequest(snapshot_id=snapshot_id)
        with rpc_errors():
            return (await self.stub.GetSnapshot(request)).snapshot

    async def content(self, snapshot_id: str, path: str) -> bytes:
        """Return what a file holds; nothing when there is no such file."""
        try:
            return b"".join([piece.data async for piece in self.read(snapshot_id, path)])
        except NotFoundError:
            return b""

    async def compare(self, before: str, after: str) -> files_pb.DiffSnapshotsResponse:
        """Tell how two snapshots differ."""
        request = files_pb.DiffSnapshotsRequest(from_snapshot_id=before, to_snapshot_id=after)
        with rpc_errors():
            return await self.stub.DiffSnapshots(request)

    async def store(self, entry: FileEntry, content: bytes) -> None:
        """Store a file's bytes, for a snapshot to refer to."""
        with rpc_errors():
            await self.stub.WriteFiles(_pieces(entry, content))

    async def commit(
        self, base: str, *, add: Sequence[FileEntry], remove: Sequence[str]
    ) -> Snapshot:
        """Make a snapshot of a base plus and minus some files."""
        request = files_pb.CommitSnapshotRequest(base_snapshot_id=base, add=add, remove=remove)
        with rpc_errors():
            return (await self.stub.CommitSnapshot(request)).snapshot

    def read(
        self, snapshot_id: str, path: str, *, offset: int = 0, limit: int = 0
    ) -> AsyncGenerator[files_pb.ReadFileResponse, None]:
        """Stream a file, or a range of it; the first message carries its entry."""
        request = files_pb.ReadFileRequest(
            snapshot_id=snapshot_id, path=path, offset=offset, limit=limit
        )
        return _streamed(self.stub.ReadFile(request))

    def bundle(
        self, versions: Sequence[files_pb.BundleVersion]
    ) -> AsyncGenerator[files_pb.ExportBundleResponse, None]:
        """Stream versions as a git bundle."""
        return _streamed(self.stub.ExportBundle(files_pb.ExportBundleRequest(versions=versions)))

    def archive(
        self, snapshot_id: str, archive_format: files_pb.ArchiveFormat.ValueType
    ) -> AsyncGenerator[files_pb.ArchiveSnapshotResponse, None]:
        """Stream a snapshot as an archive."""
        request = files_pb.ArchiveSnapshotRequest(
            snapshot_id=snapshot_id, format=archive_format, prefix=""
        )
        return _streamed(self.stub.ArchiveSnapshot(request))


async def _pieces(entry: FileEntry, content: bytes) -> AsyncIterator[files_pb.WriteFilesRequest]:
    yield files_pb.WriteFilesRequest(header=entry, data=content)


async def _streamed(call: Any) -> AsyncGenerator[Any, None]:
    """Yield a call's answers; cancel it when left early (a dropped call is never collected)."""
    try:
        with rpc_errors():
            async for response in call:
                yield response
    finally:
        call.cancel()
