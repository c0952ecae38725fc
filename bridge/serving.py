"""The HTTP server: uvicorn, with a drain of its own before uvicorn's.

uvicorn waits for open responses at a stop, and for streams that would be for ever. So at the end of
`serve` the sockets are closed first, then every stream is handed over, and only then uvicorn stops.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp

from bridge.protocol import ProblemProtocol
from bridge.settings import BridgeSettings
from bridge.sse.streams import Streams

BACKLOG = 2048


class _Server(uvicorn.Server):
    """uvicorn, started and stopped by us."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets=sockets)
        self.ready.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process."""
        yield

    def stop_accepting(self) -> None:
        """Refuse new connections; those that are open go on."""
        for server in self.servers:
            server.close()


@contextlib.asynccontextmanager
async def serve(app: ASGIApp, settings: BridgeSettings, streams: Streams) -> AsyncIterator[str]:
    """Serve an application for the length of a block, then drain; yields the URL.

    Raises:
        OSError: The address is taken or not this machine's.
    """
    listening = _listen(settings.listen)
    host, port = listening.getsockname()[:2]
    server = _Server(_config(app, settings))
    running = asyncio.create_task(server.serve(sockets=[listening]), name="uvicorn")
    ready = asyncio.create_task(server.ready.wait())
    await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED)
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{port}"
    finally:
        ready.cancel()
        server.stop_accepting()
        await streams.drain(settings.drain)
        server.should_exit = True
        await running


def _config(app: ASGIApp, settings: BridgeSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=ProblemProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=BACKLOG,
        limit_concurrency=settings.max_connections,
        timeout_graceful_shutdown=max(1, int(settings.stop_grace.total_seconds())),
    )


def _listen(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family, kind, protocol, _, name = socket.getaddrinfo(
        host.strip("[]") or None, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listening = socket.socket(family, kind, protocol)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(name)
    except OSError as error:
        listening.close()
        raise OSError(f"cannot serve on {address}: {error.strerror}") from error
    listening.listen(BACKLOG)
    listening.settimeout(0)
    return listening
