"""The other services, as the bridge calls them: typed, with our errors instead of gRPC's."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import grpc
from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.files.v1.files_service_pb2_grpc import FilesServiceStub
from backsmith.orchestrator.v1 import generation_pb2, project_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub

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

    async def start(
        self, request: orchestrator_pb.StartGenerationRequest
    ) -> generation_pb2.Generation:
        """Accept a generation."""
        with rpc_errors():
            return (await self.stub.StartGeneration(request)).generation

    async def generation(self, generation_id: str) -> generation_pb2.Generation:
        """Return a generation."""
        with rpc_errors():
            request = orchestrator_pb.GetGenerationRequest(generation_id=generation_id)
            return (await self.stub.GetGeneration(request)).generation

    async def generations(
        self, request: orchestrator_pb.ListGenerationsRequest
    ) -> orchestrator_pb.ListGenerationsResponse:
        """Return a page of generations."""
        with rpc_errors():
            return await self.stub.ListGenerations(request)

    async def project(self, project_id: str) -> project_pb2.Project:
        """Return a project."""
        with rpc_errors():
            request = orchestrator_pb.GetProjectRequest(project_id=project_id)
            return (await self.stub.GetProject(request)).project


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

    def read(
        self, snapshot_id: str, path: str, *, offset: int = 0, limit: int = 0
    ) -> AsyncIterator[files_pb.ReadFileResponse]:
        """Stream a file, or a range of it; the first message carries its entry."""
        request = files_pb.ReadFileRequest(
            snapshot_id=snapshot_id, path=path, offset=offset, limit=limit
        )
        return _streamed(self.stub.ReadFile(request))

    def archive(
        self, snapshot_id: str, *, prefix: str
    ) -> AsyncIterator[files_pb.ArchiveSnapshotResponse]:
        """Stream a snapshot as a zip."""
        request = files_pb.ArchiveSnapshotRequest(
            snapshot_id=snapshot_id, format=files_pb.ARCHIVE_FORMAT_ZIP, prefix=prefix
        )
        return _streamed(self.stub.ArchiveSnapshot(request))


async def _streamed(call: Any) -> AsyncIterator[Any]:
    """Yield a call's answers; cancel it when left early (a dropped call is never collected)."""
    try:
        with rpc_errors():
            async for response in call:
                yield response
    finally:
        call.cancel()
