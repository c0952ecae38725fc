"""One stream from the orchestrator for every generation that is watched in this process.

A message over gRPC costs the same whatever its size, so that the events of many generations come
in one, and one call serves all watches. It is opened for the first watch and cancelled after the
last; when it breaks, every watch ends as unavailable, and each feed attaches again at its cursor.
"""

import asyncio
import contextvars
from collections import deque
from collections.abc import AsyncIterator
from itertools import count
from typing import TYPE_CHECKING

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from bridge.sse.event import Batch, Topic
from bridge.sse.progress import event_from_watched
from chassis.errors import InternalError, ServiceError, UnavailableError
from chassis.status import ERRORS, rpc_errors

if TYPE_CHECKING:
    from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import (
        OrchestratorServiceAsyncStub,
    )

WAITING_ITEMS = 64
"""How many items wait for one watch before the relay as a whole waits for it."""

WAITING_REQUESTS = 100_000
"""How many changes of what is watched wait to be sent; far more than there are streams."""

ERRORS_BY_NUMBER = {code.value[0]: error for code, error in ERRORS.items()}


class RelaySource:
    """Watches generations over one shared call."""

    def __init__(self, stub: "OrchestratorServiceAsyncStub") -> None:
        self._stub = stub
        self._relay: _Relay | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Cancel the call, and wait until it is gone."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def watch(self, topic: Topic, after: str) -> AsyncIterator[Batch]:
        """Yield what follows a cursor, then what happens; ends after the terminal event."""
        if self._relay is None or self._relay.over:
            self._relay = _Relay(self._stub)
            self._tasks.add(self._relay.task)
            self._relay.task.add_done_callback(self._tasks.discard)
        relay = self._relay
        watch = relay.subscribe(topic, after)
        try:
            while True:
                item = await watch.next()
                events = [event_from_watched(watched) for watched in item.events]
                if events or item.caught_up:
                    yield Batch(events=events, caught_up=item.caught_up)
                if item.HasField("error"):
                    raise _error(item.error)
                if item.ended:
                    return
        finally:
            relay.unsubscribe(watch)


class _Watch:
    """What waits for one generation's feed."""

    __slots__ = ("_arrived", "_items", "_room", "failure", "name")

    def __init__(self, name: str) -> None:
        self.name = name
        self.failure: ServiceError | None = None
        self._items: deque[pb.RelayItem] = deque()
        self._arrived = asyncio.Event()
        self._room = asyncio.Event()

    async def next(self) -> pb.RelayItem:
        """Return the next item.

        Raises:
            ServiceError: The relay is over.
        """
        while not self._items:
            if self.failure is not None:
                raise self.failure
            self._arrived.clear()
            await self._arrived.wait()
        self._room.set()
        return self._items.popleft()

    async def put(self, item: pb.RelayItem) -> None:
        """Add an item; waits while too many wait."""
        while len(self._items) >= WAITING_ITEMS and self.failure is None:
            self._room.clear()
            await self._room.wait()
        self._items.append(item)
        self._arrived.set()

    def fail(self, error: ServiceError) -> None:
        """End the watch once its items are read; lets go of whoever waits for either end."""
        self.failure = error
        self._arrived.set()
        self._room.set()


class _Relay:
    """One call, and the watches on it."""

    def __init__(self, stub: "OrchestratorServiceAsyncStub") -> None:
        self._stub = stub
        self._names = count(1)
        self._watches: dict[str, _Watch] = {}
        self._requests: asyncio.Queue[pb.RelayGenerationsRequest] = asyncio.Queue(WAITING_REQUESTS)
        self.over = False
        # A context of its own: the call is the bridge's, not that of whoever watches first.
        self.task = asyncio.create_task(self._run(), name="relay", context=contextvars.Context())

    def subscribe(self, topic: Topic, after: str) -> _Watch:
        """Watch one more generation."""
        watch = _Watch(str(next(self._names)))
        self._watches[watch.name] = watch
        wanted = pb.RelaySubscribe(
            watch_id=watch.name,
            generation_id=topic.name,
            user_id=topic.user_id,
            after_cursor=after,
        )
        self._requests.put_nowait(pb.RelayGenerationsRequest(subscribe=wanted))
        return watch

    def unsubscribe(self, watch: _Watch) -> None:
        """Watch one less; after the last the call is cancelled."""
        watch.fail(UnavailableError("The watch was given up."))
        self._watches.pop(watch.name, None)
        if not self._watches:
            self.over = True
            self.task.cancel()
        elif not self.over:
            gone = pb.RelayUnsubscribe(watch_id=watch.name)
            self._requests.put_nowait(pb.RelayGenerationsRequest(unsubscribe=gone))

    async def _run(self) -> None:
        failure: ServiceError = UnavailableError("The relay ended.")
        try:
            await self._read()
        except ServiceError as error:
            failure = error
        finally:
            self.over = True
            for watch in self._watches.values():
                watch.fail(failure)

    async def _read(self) -> None:
        call = self._stub.RelayGenerations(self._sent())
        try:
            with rpc_errors():
                async for response in call:
                    for item in response.items:
                        await self._hand_out(item)
        finally:
            call.cancel()

    async def _sent(self) -> AsyncIterator[pb.RelayGenerationsRequest]:
        while True:
            yield await self._requests.get()

    async def _hand_out(self, item: pb.RelayItem) -> None:
        watch = self._watches.get(item.watch_id)
        if watch is not None:
            await watch.put(item)


def _error(error: pb.RelayError) -> ServiceError:
    error_class = ERRORS_BY_NUMBER.get(error.code, InternalError)
    return error_class(error.message, reason=error.reason)
