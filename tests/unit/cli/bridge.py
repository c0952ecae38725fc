"""A server that speaks a bridge's routes and misbehaves as a test wants."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

Answer = Callable[[Request], Response]


def frame(number: int, **event: Any) -> str:
    """Return an SSE frame with an id."""
    return f"id: {number}\ndata: {json.dumps(event)}\n\n"


def stream(*frames: str, cut: bool = False) -> Answer:
    """Return an answer that streams frames, and then ends or breaks off."""

    async def body() -> AsyncIterator[str]:
        for each in frames:
            yield each
        if cut:
            raise ConnectionAbortedError

    return lambda _: StreamingResponse(body(), media_type="text/event-stream")


def problem(status: int, detail: str, **more: Any) -> Answer:
    """Return an answer that is a problem document."""
    content = {"status": status, "title": "Problem", "detail": detail, **more}
    return lambda _: JSONResponse(content, status, media_type="application/problem+json")


@dataclass
class Bridge:
    """Answers each path with its answers in turn; the last one repeats."""

    url: str = ""
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def on(self, path: str, *answers: Answer) -> None:
        """Set the answers of a path."""
        self.answers[path] = list(answers)

    def headers(self, name: str) -> Sequence[str | None]:
        """Return a header of each request."""
        return [request.headers.get(name) for request in self.requests]

    async def _answer(self, request: Request) -> Response:
        self.requests.append(request)
        self.bodies.append(await request.body())
        answers = self.answers.get(request.url.path)
        if not answers:
            return problem(404, "There is nothing at this path.")(request)
        return (answers.pop(0) if len(answers) > 1 else answers[0])(request)


@asynccontextmanager
async def serving() -> AsyncIterator[Bridge]:
    """Serve on a free port for the length of a block."""
    bridge = Bridge()
    methods = ["GET", "POST", "PUT"]
    app = Starlette(routes=[Route("/{path:path}", bridge._answer, methods=methods)])
    config = uvicorn.Config(app, port=0, log_config=None, lifespan="off", ws="none")
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells no other way
        await asyncio.sleep(0.005)
    host, port = server.servers[0].sockets[0].getsockname()[:2]
    bridge.url = f"http://{host}:{port}"
    try:
        yield bridge
    finally:
        server.should_exit = True
        await task
