"""The bounded queue between the live feed and one subscriber."""

import asyncio
from collections import deque

from chassis.bus.interface import Message


class Inbox:
    """Live messages that wait for one subscriber.

    Past its bound it takes no more and remembers where it stopped: the subscriber empties it, then
    reads on in the history from there.
    """

    __slots__ = ("_arrived", "_failure", "_limit", "_size", "_size_limit", "_waiting", "resume")

    def __init__(self, limit: int, *, size_limit: int) -> None:
        self.resume: int | None = None
        self._limit = limit
        self._size_limit = size_limit
        self._size = 0
        self._waiting: deque[Message] = deque()
        self._arrived = asyncio.Event()
        self._failure: BaseException | None = None

    def push(self, message: Message) -> None:
        """Add a message, unless the subscriber has fallen behind."""
        if self.resume is not None:
            return
        self._size += len(message.data)
        if len(self._waiting) >= self._limit or self._size > self._size_limit:
            self.fall_behind(message.cursor.sequence - 1)
        else:
            self._waiting.append(message)
            self._arrived.set()

    def fall_behind(self, position: int) -> None:
        """Take no more: what follows a position is to be read from the history."""
        if self.resume is None:
            self.resume = position
            self._arrived.set()

    def fail(self, failure: BaseException) -> None:
        """End the subscription with an error that is not to be mended."""
        self._failure = failure
        self._arrived.set()

    def restart(self) -> None:
        """Take messages again, from the next one on."""
        self.resume = None
        self._waiting.clear()
        self._size = 0
        self._arrived.clear()

    async def take(self) -> tuple[Message, ...]:
        """Return all that waits, as soon as something does; nothing when it has fallen behind."""
        await self._arrived.wait()
        if self._failure is not None:
            raise self._failure
        batch = tuple(self._waiting)
        self._waiting.clear()
        self._size = 0
        if self.resume is None:
            self._arrived.clear()
        return batch
