"""Where streams come from: the orchestrator's watches, one call a topic."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb

from bridge.sse.event import Batch, Topic
from bridge.sse.progress import event_from_watched
from chassis.auth import Principal, bind_principal
from chassis.status import rpc_errors

if TYPE_CHECKING:
    from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import (
        OrchestratorServiceAsyncStub,
    )


class WatchSource:
    """Watches each generation by a call of its own."""

    def __init__(self, stub: "OrchestratorServiceAsyncStub") -> None:
        self._stub = stub

    async def watch(self, topic: Topic, after: str) -> AsyncIterator[Batch]:
        """Yield what follows a cursor, then what happens; ends after the terminal event."""
        bind_principal(Principal(user_id=topic.user_id))
        call = self._stub.WatchGeneration(
            orchestrator_pb.WatchGenerationRequest(generation_id=topic.name, after_cursor=after)
        )
        try:
            with rpc_errors():
                async for response in call:
                    events = [event_from_watched(watched) for watched in response.events]
                    yield Batch(events=events, caught_up=response.caught_up)
        finally:
            call.cancel()
