"""Where streams come from: the orchestrator, one relay for all generations, one call a channel."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from bridge.sse.channel_events import event_from_channel
from bridge.sse.event import Batch, Source, Topic
from chassis.auth import Principal, bind_principal
from chassis.errors import NotFoundError
from chassis.status import rpc_errors

if TYPE_CHECKING:
    from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import (
        OrchestratorServiceAsyncStub,
    )

KINDS = {
    "user": channel_pb2.CHANNEL_KIND_USER,
    "project": channel_pb2.CHANNEL_KIND_PROJECT,
    "file": channel_pb2.CHANNEL_KIND_FILE,
}


class Sources:
    """Watches each kind of topic where it comes from.

    Args:
        generations: Where generations' events come from.
        channels: Where channels' events come from.
    """

    def __init__(self, *, generations: Source, channels: Source) -> None:
        self._by_kind = {"generation": generations, "channel": channels}

    def watch(self, topic: Topic, after: str) -> AsyncIterator[Batch]:
        """Yield what follows a cursor, then what happens."""
        return self._by_kind[topic.kind].watch(topic, after)


class ChannelCalls:
    """Watches each channel by a call of its own."""

    def __init__(self, stub: "OrchestratorServiceAsyncStub") -> None:
        self._stub = stub

    async def watch(self, topic: Topic, after: str) -> AsyncIterator[Batch]:
        """Yield what happens after a cursor, or from now on; never ends by itself.

        Raises:
            NotFoundError: The channel is unknown, or not this user's.
        """
        bind_principal(Principal(user_id=topic.user_id))
        request = pb.WatchChannelRequest(channel=_channel(topic.name), after_cursor=after)
        call = self._stub.WatchChannel(request)
        try:
            with rpc_errors():
                async for response in call:
                    events = [event_from_channel(event) for event in response.events]
                    yield Batch(events=events, caught_up=True, cursor=response.cursor)
        finally:
            call.cancel()


def _channel(name: str) -> channel_pb2.Channel:
    kind, _, identifier = name.partition(".")
    if kind not in KINDS or not identifier:
        raise NotFoundError("There is no such channel.")
    return channel_pb2.Channel(kind=KINDS[kind], id=identifier)
