"""The generator as the orchestrator calls it."""

from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

import grpc
from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.generator.v1.generator_service_pb2_grpc import GeneratorServiceStub

from chassis.status import rpc_errors

if TYPE_CHECKING:  # the stub for grpc.aio exists for type checkers only
    from backsmith.generator.v1.generator_service_pb2_grpc import GeneratorServiceAsyncStub

T = TypeVar("T")


class Generator:
    """Plans, renders and assesses."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: GeneratorServiceAsyncStub = GeneratorServiceStub(channel)

    async def plan(self, request: pb.PlanRequest) -> pb.PlanResponse:
        """Turn a prompt or a spec into a checked spec.

        Raises:
            InvalidInputError: The plan is refused; names each field.
        """
        with rpc_errors():
            return await self._stub.Plan(request)

    @asynccontextmanager
    async def phase(
        self, request: pb.GeneratePhaseRequest, *, deadline: timedelta
    ) -> AsyncIterator[AsyncIterator[pb.GeneratePhaseResponse]]:
        """Render a phase for the length of a block; leaving it stops the work."""
        call = self._stub.GeneratePhase(request, timeout=deadline.total_seconds())
        try:
            yield _answers(call)
        finally:
            call.cancel()

    @asynccontextmanager
    async def assessment(
        self, options: pb.AssessOptions, files: Sequence[pb.GeneratedFile]
    ) -> AsyncIterator[AsyncIterator[pb.AssessProjectResponse]]:
        """Run the quality gates for the length of a block; leaving it stops the work."""
        call = self._stub.AssessProject(_assessment(options, files))
        try:
            yield _answers(call)
        finally:
            call.cancel()


def _assessment(
    options: pb.AssessOptions, files: Sequence[pb.GeneratedFile]
) -> Iterator[pb.AssessProjectRequest]:
    yield pb.AssessProjectRequest(options=options)
    for file in files:
        yield pb.AssessProjectRequest(file=file)


async def _answers(call: AsyncIterable[T]) -> AsyncIterator[T]:
    with rpc_errors():
        async for answer in call:
            yield answer
