"""A stream as an ASGI response that outlives the framework's own frames.

An open stream holds every frame of the stack it is awaited under. So the response only starts
itself inside the framework, where its headers pass the middleware, and leaves the rest in the
scope; `Handoff`, the outermost application, runs it when the framework's stack is gone, with the
server's own `send`.
"""

from collections.abc import Awaitable, Callable

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

KEY = "backsmith.stream"
Body = Callable[[Receive, Send], Awaitable[None]]
"""Serves the body of a stream that has started, until it ends."""


class StreamResponse(Response):
    """The start of a stream; `Handoff` runs the rest."""

    def __init__(self, body: Body, headers: dict[str, str]) -> None:
        super().__init__(headers=headers)
        self._serve = body
        del self.headers["content-length"]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the headers and leave the body to `Handoff`."""
        del receive
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        scope[KEY].append(self._serve)


class Handoff:
    """Runs an application, then the body of the stream it may have started."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        left: list[Body] = []
        # A copy: what the framework puts into its scope would stay as long as the stream.
        await self._app({**scope, KEY: left}, receive, send)
        if left:
            await left.pop()(receive, send)
