"""How bytes reach one client: through ASGI, or straight to uvicorn's transport.

The transport behind ASGI's `send` is private to uvicorn. Everything that knows it stands here, and
`direct_writer` looks for each part of it before it is used; anything else gets plain ASGI.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

from bridge.sse.frames import chunk

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


class Writer(Protocol):
    """The way to one client, after the response has started."""

    def write_now(self, data: Callable[[], bytes]) -> bool:
        """Write an HTTP chunk without waiting, if that can be done; tell whether it was."""
        ...

    async def write(self, data: bytes) -> None:
        """Write some of the body; waits while the client is slow."""
        ...

    async def finish(self) -> None:
        """End the body properly."""
        ...

    def cut(self) -> None:
        """End the connection without ending the body, where the transport allows it."""
        ...


class AsgiWriter:
    """Writes through ASGI, whatever the server."""

    __slots__ = ("_send",)

    def __init__(self, send: Send) -> None:
        self._send = send

    def write_now(self, data: Callable[[], bytes]) -> bool:
        """Never: ASGI may always have to wait."""
        del data
        return False

    async def write(self, data: bytes) -> None:
        """Write some of the body; waits while the client is slow."""
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def finish(self) -> None:
        """End the body properly."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def cut(self) -> None:
        """Nothing: returning from the application without a proper end makes the server cut."""


class DirectWriter(AsgiWriter):
    """Writes framed chunks to the transport while the client keeps up, and through ASGI else."""

    __slots__ = ("_cycle", "_flow", "_transport")

    def __init__(self, send: Send, cycle: Any) -> None:
        super().__init__(send)
        self._cycle = cycle
        self._flow = cycle.flow
        self._transport: asyncio.Transport = cycle.transport

    def write_now(self, data: Callable[[], bytes]) -> bool:
        """Write an HTTP chunk unless the client is behind, or gone."""
        if self._flow.write_paused or self._cycle.disconnected:
            return False
        self._transport.write(data())
        return True

    async def write(self, data: bytes) -> None:
        """Write some of the body; waits until the client is not behind any more."""
        await self._flow.drain()
        if not self._cycle.disconnected:
            self._transport.write(chunk(data))
            await self._flow.drain()

    def cut(self) -> None:
        """End the connection at once; what waits to be sent is dropped."""
        self._transport.abort()


def writer_for(send: Send, *, direct: bool) -> Writer:
    """Return the fastest writer that the server behind `send` allows."""
    cycle = getattr(send, "__self__", None)
    if direct and cycle is not None and _is_uvicorn_cycle(cycle):
        return DirectWriter(send, cycle)
    return AsgiWriter(send)


def _is_uvicorn_cycle(cycle: Any) -> bool:
    """Tell whether an object has every part of uvicorn's HTTP/1.1 cycle that we use."""
    flow = getattr(cycle, "flow", None)
    transport = getattr(cycle, "transport", None)
    return (
        callable(getattr(transport, "write", None))
        and callable(getattr(transport, "abort", None))
        and isinstance(getattr(cycle, "disconnected", None), bool)
        and getattr(cycle, "chunked_encoding", None) is True
        and isinstance(getattr(flow, "write_paused", None), bool)
        and asyncio.iscoroutinefunction(getattr(flow, "drain", None))
    )
