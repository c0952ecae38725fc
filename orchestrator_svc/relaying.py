"""Many watches over one stream: what a bridge needs for all its viewers."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.errors import ServiceError
from chassis.status import code_of
from orchestrator_svc.paging import invalid
from orchestrator_svc.watching import Watching

MAX_ITEMS = 64
"""How many items one response carries at most, and how many wait for a slow reader."""


class Relay:
    """The watches of one caller; lives as long as its stream."""

    def __init__(self, watching: Watching, *, max_watches: int) -> None:
        self._watching = watching
        self._max_watches = max_watches
        self._items: asyncio.Queue[pb.RelayItem] = asyncio.Queue(MAX_ITEMS)
        self._watches: dict[str, asyncio.Task[None]] = {}

    async def run(
        self, requests: AsyncIterator[pb.RelayGenerationsRequest]
    ) -> AsyncGenerator[pb.RelayGenerationsResponse, None]:
        """Do what the requests say, and yield what the watches have to say.

        Ends when the caller has ended its requests and every watch is over.

        Raises:
            InvalidInputError: A watch id is empty or in use, or there are too many.
        """
        reading = asyncio.create_task(self._read(requests), name="relay-requests")
        try:
            while not (reading.done() and not self._watches and self._items.empty()):
                response = await self._next(reading)
                if response is not None:
                    yield response
        finally:
            await self._close(reading)

    async def _next(self, reading: "asyncio.Task[None]") -> pb.RelayGenerationsResponse | None:
        following = asyncio.ensure_future(self._items.get())
        waiting: set[asyncio.Future[object]] = {following}  # type: ignore[arg-type]
        if not reading.done():
            waiting.add(reading)  # type: ignore[arg-type]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            if not following.done():
                following.cancel()
        if reading.done():
            reading.result()
        if not following.done() or following.cancelled():
            return None
        items = [following.result()]
        while not self._items.empty() and len(items) < MAX_ITEMS:
            items.append(self._items.get_nowait())
        return pb.RelayGenerationsResponse(items=items)

    async def _read(self, requests: AsyncIterator[pb.RelayGenerationsRequest]) -> None:
        async for request in requests:
            match request.WhichOneof("change"):
                case "subscribe":
                    self._subscribe(request.subscribe)
                case "unsubscribe":
                    self._unsubscribe(request.unsubscribe.watch_id)
                case _:
                    raise invalid("change", "is not set", "UNSPECIFIED")

    def _subscribe(self, wanted: pb.RelaySubscribe) -> None:
        if not wanted.watch_id or wanted.watch_id in self._watches:
            raise invalid("subscribe.watch_id", "is empty or in use", "WATCH_ID")
        if len(self._watches) >= self._max_watches:
            raise invalid("subscribe", f"is one more than {self._max_watches}", "TOO_MANY")
        self._watches[wanted.watch_id] = asyncio.create_task(
            self._watch(wanted), name=f"watch-{wanted.watch_id}"
        )

    def _unsubscribe(self, watch_id: str) -> None:
        if watch := self._watches.pop(watch_id, None):
            watch.cancel()

    async def _watch(self, wanted: pb.RelaySubscribe) -> None:
        last = pb.RelayItem(watch_id=wanted.watch_id, ended=True)
        try:
            async for batch in self._watching.generation(
                wanted.user_id, wanted.generation_id, wanted.after_cursor
            ):
                await self._items.put(
                    pb.RelayItem(
                        watch_id=wanted.watch_id, events=batch.events, caught_up=batch.caught_up
                    )
                )
        except ServiceError as error:
            last.error.CopyFrom(_error(error))
        await self._items.put(last)
        self._watches.pop(wanted.watch_id, None)

    async def _close(self, reading: "asyncio.Task[None]") -> None:
        tasks = [reading, *self._watches.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _error(error: ServiceError) -> pb.RelayError:
    return pb.RelayError(code=code_of(error).value[0], reason=error.reason, message=error.message)
