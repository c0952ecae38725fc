"""Calls that stream."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.auth import require_internal, require_user
from orchestrator_svc.calls.parts import Answering, Context
from orchestrator_svc.relaying import Relay
from orchestrator_svc.watching import until


class StreamCalls(Answering):
    """Answers calls that stream; each ends by itself when the process is about to."""

    async def WatchGeneration(
        self, request: pb.WatchGenerationRequest, context: Context
    ) -> AsyncIterator[pb.WatchGenerationResponse]:
        """Stream a generation's progress."""
        watch = self._parts.watching.generation(
            require_user(), request.generation_id, request.after_cursor
        )
        async with aclosing(watch), aclosing(until(self._parts.stopping, watch)) as batches:
            async for batch in batches:
                yield pb.WatchGenerationResponse(events=batch.events, caught_up=batch.caught_up)

    async def WatchChannel(
        self, request: pb.WatchChannelRequest, context: Context
    ) -> AsyncIterator[pb.WatchChannelResponse]:
        """Stream what happens in a channel."""
        watch = self._parts.channels.watch(require_user(), request.channel, request.after_cursor)
        async with aclosing(watch), aclosing(until(self._parts.stopping, watch)) as responses:
            async for response in responses:
                yield response

    async def RelayGenerations(
        self, request_iterator: AsyncIterator[pb.RelayGenerationsRequest], context: Context
    ) -> AsyncIterator[pb.RelayGenerationsResponse]:
        """Carry any number of watches over one stream."""
        require_internal()
        relay = Relay(self._parts.watching, max_watches=self._parts.max_relayed)
        items = relay.run(request_iterator)
        async with aclosing(items), aclosing(until(self._parts.stopping, items)) as responses:
            async for response in responses:
                yield response
