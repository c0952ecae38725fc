"""A wire that can be cut: forwards TCP connections to a target that may change."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class Wire:
    """The connections that pass, and where new ones go."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.opened = 0
        self.requests: list[str] = []
        self._down = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._pumps: set[asyncio.Task[None]] = set()
        self.url = ""

    def cut(self) -> None:
        """Break every connection, and refuse new ones."""
        self._down = True
        for writer in tuple(self._writers):
            writer.transport.abort()

    def restore(self) -> None:
        """Let connections pass again."""
        self._down = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Forward one connection both ways."""
        self.opened += 1
        if self._down:
            writer.transport.abort()
            return
        host, port = self.target.removeprefix("http://").split(":")
        near, far = await asyncio.open_connection(host, int(port))
        self._writers |= {writer, far}
        try:
            await asyncio.gather(self._pump(reader, far, note=True), self._pump(near, writer))
        finally:
            for each in (writer, far):
                self._writers.discard(each)
                each.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, note: bool = False
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if note and b" HTTP/1.1\r\n" in data:
                    self.requests.append(data.partition(b" HTTP/1.1\r\n")[0].decode())
                writer.write(data)
                await writer.drain()
        if writer.can_write_eof() and not writer.transport.is_closing():
            writer.write_eof()


@asynccontextmanager
async def wire(target: str) -> AsyncIterator[Wire]:
    """Run a wire for the length of a block."""
    made = Wire(target)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        made.cut()
        server.close()
        await server.wait_closed()
