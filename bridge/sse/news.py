"""What has just come to a feed, as bytes made once for every viewer who is caught up."""

import asyncio

from bridge.sse.frames import Framing, chunk
from bridge.sse.ring import Ring


class News:
    """The newest entries of a ring, from a position on.

    Args:
        ring: Where they are.
        begin: The first of them.
    """

    __slots__ = ("_chunks", "_frames", "_ring", "at", "begin", "cursor", "end", "terminal")

    def __init__(self, ring: Ring, begin: int) -> None:
        self._ring = ring
        self._frames: dict[Framing, bytes] = {}
        self._chunks: dict[Framing, bytes] = {}
        self.at = asyncio.get_running_loop().time()
        self.begin = begin
        self.end = ring.end
        last = ring.last
        self.terminal = last is not None and last.event.terminal
        self.cursor = last.event.cursor if last else ""

    def frames(self, framing: Framing) -> bytes:
        """Return all of it."""
        made = self._frames.get(framing)
        if made is None:
            places = range(self.begin, self.end)
            made = b"".join(self._ring.at(place).framed(framing) for place in places)
            self._frames[framing] = made
        return made

    def chunk(self, framing: Framing) -> bytes:
        """Return all of it as one chunk of a chunked response."""
        made = self._chunks.get(framing)
        if made is None:
            made = self._chunks[framing] = chunk(self.frames(framing))
        return made
