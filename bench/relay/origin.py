"""Where the bridge under load has its events from: an orchestrator that tells one generation.

usage: origin.py EVENTS INTERVAL_MICROSECONDS
Prints its port, waits for a line on its standard input, then tells the events.
"""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

import grpc
from backsmith.orchestrator.v1 import generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import (
    OrchestratorServiceServicer,
    add_OrchestratorServiceServicer_to_server,
)
from backsmith.progress.v1 import progress_pb2 as progress

PADDING = "x" * 180


class Origin(OrchestratorServiceServicer):
    """Generations that all tell the same, over one relay."""

    def __init__(self, events: int, interval: float) -> None:
        self._events = events
        self._interval = interval
        self.go = asyncio.Event()

    async def GetGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return any generation."""
        del context
        return pb.GetGenerationResponse(
            generation=generation_pb2.Generation(
                generation_id=request.generation_id, status=progress.GENERATION_STATUS_PROCESSING
            )
        )

    async def RelayGenerations(  # noqa: N802
        self, requests: Any, context: Any
    ) -> AsyncIterator[pb.RelayGenerationsResponse]:
        """Tell every generation that is watched the same events."""
        del context
        watched: dict[str, str] = {}
        fresh: asyncio.Queue[str] = asyncio.Queue()
        reading = asyncio.create_task(self._read(requests, watched, fresh))
        try:
            while not self.go.is_set():
                name = await self._next(fresh)
                if name:
                    item = pb.RelayItem(watch_id=name, caught_up=True)
                    yield pb.RelayGenerationsResponse(items=[item])
            async for response in self._told(watched):
                yield response
        finally:
            reading.cancel()

    async def _told(self, watched: dict[str, str]) -> AsyncIterator[pb.RelayGenerationsResponse]:
        begin = asyncio.get_running_loop().time()
        for number in range(self._events):
            await asyncio.sleep(begin + number * self._interval - asyncio.get_running_loop().time())
            items = [
                pb.RelayItem(watch_id=name, events=[_event(number, generation)])
                for name, generation in watched.items()
            ]
            yield pb.RelayGenerationsResponse(items=items)
        ends = [
            pb.RelayItem(watch_id=name, events=[_event(-1, generation)], ended=True)
            for name, generation in watched.items()
        ]
        yield pb.RelayGenerationsResponse(items=ends)

    async def _next(self, fresh: asyncio.Queue[str]) -> str:
        try:
            async with asyncio.timeout(0.01):
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
    ended = number < 0
    event = progress.ProgressEvent(
        generation_id=generation,
        status=progress.GENERATION_STATUS_COMPLETED
        if ended
        else progress.GENERATION_STATUS_PROCESSING,
        stage="completed" if ended else "generating_file",
        progress=1.0 if ended else 0.5,
        message="the end" if ended else f"event {number:06} {PADDING}",
        project_id="prj_bench",
        version=1,
    )
    return pb.WatchedEvent(cursor=f"bench-{number}", event=event)


async def main() -> None:
    """Serve until killed."""
    events, interval = int(sys.argv[1]), int(sys.argv[2])
    origin = Origin(events, interval / 1e6)
    server = grpc.aio.server()
    add_OrchestratorServiceServicer_to_server(origin, server)
    print(server.add_insecure_port("127.0.0.1:0"), flush=True)
    await server.start()
    await asyncio.to_thread(sys.stdin.readline)
    origin.go.set()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(main())
