"""What has just come to a feed, as bytes made once for every viewer who is caught up."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from bridge.sse.frames import Framing, body, chunk
from bridge.sse.ring import Ring

T = TypeVar("T")


class _Made(dict[Framing, T]):
    """One thing for each framing, made when it is first looked up; a look-up is all it costs."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[Framing], T]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, framing: Framing) -> T:
        made = self[framing] = self._make(framing)
        return made


class News:
    """The newest entries of a ring, from a position on.

    Args:
        ring: Where they are.
        begin: The first of them.
    """

    __slots__ = ("at", "begin", "chunks", "cursor", "end", "messages", "terminal", "whole")

    def __init__(self, ring: Ring, begin: int) -> None:
        self.at = asyncio.get_running_loop().time()
        self.begin = begin
        self.end = ring.end
        self.whole = begin >= ring.first
        """Whether the ring holds all of it; a batch may be longer than that."""
        last = ring.last
        self.terminal = last is not None and last.event.terminal
        self.cursor = last.event.cursor if last else ""
        frames = _Made(partial(ring.frames, begin))
        self.chunks = _Made(lambda framing: chunk(frames[framing]))
        """All of it as one chunk of a chunked response, by framing."""
        self.messages = _Made(lambda framing: body(frames[framing]))
        """All of it as one ASGI message, by framing."""
