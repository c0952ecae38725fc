"""A pipe that a child writes and we read by lines.

asyncio's own subprocess pipes would hide a child's death for as long as one of its descendants
keeps the other end open.
"""

import asyncio
import os
from collections.abc import AsyncIterator

CHUNK_BYTES = 64 * 1024
MAX_LINE_BYTES = 1024 * 1024


class Pipe:
    """One pipe.

    Args:
        writer: The descriptor that the child inherits.
        reader: What comes out.
        transport: Reads the other descriptor.
    """

    def __init__(
        self, writer: int, reader: asyncio.StreamReader, transport: asyncio.ReadTransport
    ) -> None:
        self.writer = writer
        self._reader = reader
        self._transport = transport

    @classmethod
    async def open(cls) -> "Pipe":
        """Make a pipe.

        Raises:
            OSError: The machine is out of descriptors.
        """
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader()
        source, writer = os.pipe()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(source, "rb", buffering=0)
        )
        return cls(writer, reader, transport)

    def close_writer(self) -> None:
        """Close our copy of the child's end, so that the pipe ends with the child's."""
        os.close(self.writer)

    def close(self) -> None:
        """Stop reading."""
        self._transport.close()

    async def lines(self) -> AsyncIterator[str]:
        """Yield the lines until the pipe ends; one that is endless comes in pieces."""
        pending = b""
        while chunk := await self._reader.read(CHUNK_BYTES):
            *lines, pending = (pending + chunk).split(b"\n")
            if len(pending) > MAX_LINE_BYTES:
                lines.append(pending)
                pending = b""
            for line in lines:
                yield line.decode(errors="replace")
        if pending:
            yield pending.decode(errors="replace")
