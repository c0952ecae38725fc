"""Compression that lets every event through at once."""

import zlib

from bridge.sse.frames import Framing
from bridge.sse.news import News
from bridge.sse.writer import Writer

GZIP = 31
"""zlib's window bits for a gzip stream of the largest window."""

MEMORY_LEVEL = 5
"""zlib's memory level: 16 KiB a stream where the default has 128."""


class GzipWriter:
    """Compresses what another writer writes, flushed at each write.

    Every client has a compressor of its own, so that nothing can be written by the feed for all.
    """

    __slots__ = ("_compressor", "_writer")

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._compressor = zlib.compressobj(wbits=GZIP, memLevel=MEMORY_LEVEL)

    @property
    def unfinished(self) -> bool:
        """Never: nothing is taken by `write_now`."""
        return False

    def write_now(self, news: News, framing: Framing) -> bool:
        """Never: the bytes made for all are no good to one."""
        del news, framing
        return False

    async def write(self, data: bytes) -> None:
        """Write some of the body; waits while the client is slow."""
        packed = self._compressor.compress(data) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
        await self._writer.write(packed)

    async def finish(self) -> None:
        """End the compressed stream, then the body."""
        await self._writer.write(self._compressor.flush())
        await self._writer.finish()

    def cut(self) -> None:
        """End the connection without ending the body."""
        self._writer.cut()
