"""How bytes reach one client: through ASGI, or straight to uvicorn's transport.

The transport behind ASGI's `send` is private to uvicorn. Everything that knows it stands here, and
`direct_writer` looks for each part of it before it is used; anything else gets plain ASGI.
"""

import asyncio
import types
from collections.abc import Awaitable, Callable, Coroutine, Generator, MutableMapping
from typing import Any, Protocol, cast

from bridge.sse.frames import Framing, body, chunk
from bridge.sse.news import News

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
Receive = Callable[[], Awaitable[Message]]


class Writer(Protocol):
    """The way to one client, after the response has started."""

    @property
    def unfinished(self) -> bool:
        """Whether something taken by `write_now` waits for `write` to bring it to its end."""
        ...

    def write_now(self, news: News, framing: Framing) -> bool:
        """Write some of the body without waiting; tell whether that could be done.

        If not, none of it was taken, or all of it is `unfinished`.
        """
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
    """Writes through ASGI, whatever the server.

    A `send` that need not wait is over in one step, which `write_now` makes by itself: no task has
    to be woken for it. One that does wait is kept, and `write` brings it to its end.
    """

    __slots__ = ("_kept", "_send")

    def __init__(self, send: Send) -> None:
        self._send = send
        self._kept: tuple[Coroutine[Any, Any, None], Any] | None = None

    @property
    def unfinished(self) -> bool:
        """Whether a `send` waits."""
        return self._kept is not None

    def write_now(self, news: News, framing: Framing) -> bool:
        """Send in one step; what takes more is kept."""
        if self._kept is not None:
            return False
        sending = cast("Coroutine[Any, Any, None]", self._send(news.messages[framing]))
        try:
            waits_for = sending.send(None)
        except StopIteration:
            return True
        self._kept = sending, waits_for
        return False

    async def write(self, data: bytes) -> None:
        """Write some of the body; waits while the client is slow."""
        if self._kept is not None:
            kept, self._kept = self._kept, None
            await _continued(*kept)
        if data:
            await self._send(body(data))

    async def finish(self) -> None:
        """End the body properly."""
        await self.write(b"")
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    def cut(self) -> None:
        """Drop what waits; returning without a proper end makes the server cut."""
        if self._kept is not None:
            self._kept[0].close()
            self._kept = None


@types.coroutine
def _continued(coroutine: Coroutine[Any, Any, None], waits_for: Any) -> Generator[Any, Any, None]:
    """Bring a coroutine to its end that somebody else has begun, and that waits for something."""
    try:
        while True:
            try:
                value = yield waits_for
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as error:  # noqa: BLE001 - a cancellation is for the coroutine, too
                waits_for = coroutine.throw(error)
            else:
                waits_for = coroutine.send(value)
    except StopIteration:
        return


class DirectWriter(AsgiWriter):
    """Writes framed chunks to the transport while the client keeps up; ends through ASGI."""

    __slots__ = ("_cycle", "_flow", "_transport")

    def __init__(self, send: Send, cycle: Any) -> None:
        super().__init__(send)
        self._cycle = cycle
        self._flow = cycle.flow
        self._transport: asyncio.Transport = cycle.transport

    def write_now(self, news: News, framing: Framing) -> bool:
        """Write a chunk unless the client is behind, or gone."""
        if self._flow.write_paused or self._cycle.disconnected:
            return False
        self._transport.write(news.chunks[framing])
        return True

    async def write(self, data: bytes) -> None:
        """Write some of the body; waits until the client is not behind any more."""
        await self._flow.drain()
        if data and not self._cycle.disconnected:
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
