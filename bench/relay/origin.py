"""Where the fronts under load have their events from: an orchestrator that tells generations.

usage: origin.py EVENTS INTERVAL_MICROSECONDS [SLOTS]
Prints its port, waits for a line on its standard input, then tells the events. Every generation
tells one event an interval; generations are spread over so many slots of it.
"""

import asyncio
import sys
import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator
from typing import Any

import grpc
import uvloop
from backsmith.orchestrator.v1 import generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import (
    OrchestratorServiceServicer,
    add_OrchestratorServiceServicer_to_server,
)
from backsmith.progress.v1 import progress_pb2 as progress

PADDING = "x" * 160
HELLO, END = -1, -2
"""What comes before and after the events; who has the first is really watched."""
POLL = 0.01
"""How often a relay looks for new watches before the events come, in seconds."""


class Pace:
    """When each event is told, for every generation of a slot at once.

    Args:
        events: How many events each generation tells.
        interval: The seconds between two of a generation's events.
        slots: Over how many parts of the interval the generations are spread.
    """

    def __init__(self, events: int, interval: float, slots: int) -> None:
        self.events = events
        self.slots = slots
        self._interval = interval
        self._began = asyncio.Event()
        self._begin = 0.0

    def go(self) -> None:
        """Begin."""
        self._begin = asyncio.get_running_loop().time()
        self._began.set()

    @property
    def gone(self) -> bool:
        """Whether it has begun."""
        return self._began.is_set()

    def slot(self, generation: str) -> int:
        """Return the slot of a generation."""
        return zlib.crc32(generation.encode()) % self.slots

    async def until(self, number: int, slot: int) -> None:
        """Wait until a slot's event is due."""
        await self._began.wait()
        due = self._begin + (number + slot / self.slots) * self._interval
        await asyncio.sleep(due - asyncio.get_running_loop().time())


class Origin(OrchestratorServiceServicer):
    """Generations that all tell the same, each by a call of its own or all over one relay."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace

    async def GetGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return any generation."""
        del context
        return pb.GetGenerationResponse(
            generation=generation_pb2.Generation(
                generation_id=request.generation_id, status=progress.GENERATION_STATUS_PROCESSING
            )
        )

    async def WatchGeneration(  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[pb.WatchGenerationResponse]:
        """Tell one generation's events."""
        del context
        generation = request.generation_id
        yield pb.WatchGenerationResponse(events=[_event(HELLO, generation)], caught_up=True)
        slot = self._pace.slot(generation)
        for number in range(self._pace.events):
            await self._pace.until(number, slot)
            yield pb.WatchGenerationResponse(events=[_event(number, generation)])
        yield pb.WatchGenerationResponse(events=[_event(END, generation)])

    async def RelayGenerations(  # noqa: N802
        self, requests: Any, context: Any
    ) -> AsyncIterator[pb.RelayGenerationsResponse]:
        """Tell every generation that is watched its events."""
        del context
        watched: dict[str, str] = {}
        fresh: asyncio.Queue[str] = asyncio.Queue()
        reading = asyncio.create_task(self._read(requests, watched, fresh))
        try:
            while not self._pace.gone:
                name = await self._next(fresh)
                if name:
                    hello = [_event(HELLO, watched[name])]
                    item = pb.RelayItem(watch_id=name, events=hello, caught_up=True)
                    yield pb.RelayGenerationsResponse(items=[item])
            async for response in self._told(watched):
                yield response
        finally:
            reading.cancel()

    async def _told(self, watched: dict[str, str]) -> AsyncIterator[pb.RelayGenerationsResponse]:
        slots: dict[int, list[tuple[str, str]]] = defaultdict(list)
        for name, generation in watched.items():
            slots[self._pace.slot(generation)].append((name, generation))
        for number in range(self._pace.events):
            for slot in sorted(slots):
                await self._pace.until(number, slot)
                yield pb.RelayGenerationsResponse(
                    items=[
                        pb.RelayItem(watch_id=name, events=[_event(number, generation)])
                        for name, generation in slots[slot]
                    ]
                )
        yield pb.RelayGenerationsResponse(
            items=[
                pb.RelayItem(watch_id=name, events=[_event(END, generation)], ended=True)
                for name, generation in watched.items()
            ]
        )

    async def _next(self, fresh: asyncio.Queue[str]) -> str:
        try:
            async with asyncio.timeout(POLL):
                return await fresh.get()
        except TimeoutError:
            return ""

    async def _read(self, requests: Any, watched: Any, fresh: Any) -> None:
        async for request in requests:
            if request.WhichOneof("change") == "subscribe":
                watched[request.subscribe.watch_id] = request.subscribe.generation_id
                await fresh.put(request.subscribe.watch_id)
            else:
                watched.pop(request.unsubscribe.watch_id, None)


def _event(number: int, generation: str) -> pb.WatchedEvent:
    ended = number == END
    message = f"event {number:06} at {time.monotonic_ns()} {PADDING}"
    event = progress.ProgressEvent(
        generation_id=generation,
        status=progress.GENERATION_STATUS_COMPLETED
        if ended
        else progress.GENERATION_STATUS_PROCESSING,
        stage="completed" if ended else "generating_file",
        progress=1.0 if ended else 0.5,
        message=message if number >= 0 else "hello",
        project_id="prj_bench",
        version=1,
    )
    return pb.WatchedEvent(cursor=f"bench-{number}", event=event)


async def main() -> None:
    """Serve until killed."""
    events, interval, *slots = (int(word) for word in sys.argv[1:])
    pace = Pace(events, interval / 1e6, slots[0] if slots else 1)
    server = grpc.aio.server()
    add_OrchestratorServiceServicer_to_server(Origin(pace), server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await asyncio.to_thread(sys.stdin.readline)
    pace.go()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(main())
