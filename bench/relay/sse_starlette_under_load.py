"""The same fan-out as sse-starlette has it: a queue a viewer, and a generator that reads it.

usage: sse_starlette_under_load.py EVENTS INTERVAL_MICROSECONDS
Prints its port, waits for a line on its standard input, then sends the events. It makes them
itself: no gRPC stands behind it.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator

import uvicorn
import uvloop
from sse_starlette.sse import EventSourceResponse
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

PADDING = "x" * 320
QUEUES: list[asyncio.Queue[str | None]] = []


async def told(queue: "asyncio.Queue[str | None]") -> AsyncIterator[dict[str, str]]:
    """Yield one viewer's events."""
    yield {"data": "connected"}
    number = 0
    while (data := await queue.get()) is not None:
        yield {"id": f"bench-{number}", "data": data}
        number += 1


async def stream(request: Request) -> EventSourceResponse:
    """Open one viewer's stream."""
    del request
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    QUEUES.append(queue)
    return EventSourceResponse(told(queue))


async def tell(events: int, interval: float) -> None:
    """Send the events to every viewer, once a line came in."""
    await asyncio.to_thread(sys.stdin.readline)
    for number in range(events):
        data = json.dumps({"message": f"event {number:06} {PADDING}"})
        for queue in QUEUES:
            queue.put_nowait(data)
        await asyncio.sleep(interval)
    for queue in QUEUES:
        queue.put_nowait(None)


async def main() -> None:
    """Serve until killed."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(listening.getsockname()[1], flush=True)
    app = Starlette(routes=[Route("/", stream)])
    config = uvicorn.Config(app, log_level="error", http="httptools", lifespan="off")
    telling = asyncio.create_task(tell(int(sys.argv[1]), int(sys.argv[2]) / 1e6))
    await uvicorn.Server(config).serve(sockets=[listening])
    telling.cancel()


if __name__ == "__main__":
    uvloop.run(main())
