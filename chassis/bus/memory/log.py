"""An event log in the process."""

import asyncio
import secrets
from bisect import bisect_right
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import islice

from chassis.bus.errors import CursorExpiredError, CursorUnknownError, StaleAppendError
from chassis.bus.interface import Cursor, Message
from chassis.bus.memory.recent import RecentIds
from chassis.bus.subjects import SubjectIndex, check_pattern, check_subject, is_exact, matches
from chassis.clock import Clock
from chassis.errors import InvalidInputError

BATCH_MESSAGES = 500


class _Reader:
    """Where one subscriber stands: it has all that matches up to `position`.

    While it is `live` nothing unread matches, however far the log has moved on.
    """

    __slots__ = ("arrived", "live", "position")

    def __init__(self, position: int) -> None:
        self.position = position
        self.live = False
        self.arrived = asyncio.Event()

    def notice(self, sequence: int) -> None:
        """Wake up for a message; nothing before it was missed."""
        if self.live:
            self.position = sequence - 1
            self.live = False
            self.arrived.set()

    async def wait(self) -> None:
        """Return when something unread matches."""
        while self.live:
            self.arrived.clear()
            await self.arrived.wait()


class MemoryLog:
    """Messages by sequence number, indexed by subject, until they are too old."""

    def __init__(
        self,
        clock: Clock,
        *,
        subjects: tuple[str, ...],
        retention: timedelta,
        deduplicate_within: timedelta,
    ) -> None:
        self._clock = clock
        self._subjects = subjects
        self._retention = retention
        self._ids = RecentIds(clock, window=deduplicate_within)
        self._epoch = secrets.token_hex(8)
        self._messages: dict[int, Message] = {}
        self._by_subject: dict[str, list[int]] = {}
        self._first = 1
        self._last = 0
        self._readers: SubjectIndex[_Reader] = SubjectIndex()

    @property
    def epoch(self) -> str:
        """The incarnation that new cursors name."""
        return self._epoch

    async def append(
        self, subject: str, data: bytes, *, message_id: str, expected_last: int | None = None
    ) -> Cursor:
        """Append a message, once per `message_id`, and return its place."""
        self._check_owned(subject)
        self._expire()
        repeated = self._ids.find(message_id)
        if repeated is not None:
            return Cursor(epoch=self._epoch, sequence=repeated)
        newest = self._by_subject.get(subject, [0])[-1]
        if expected_last is not None and expected_last != newest:
            raise StaleAppendError(f"The newest message of {subject!r} is {newest} now")
        return self._store(subject, data, message_id)

    async def last(self, subject: str) -> Message | None:
        """Return the newest message of a subject, or None when it has none."""
        check_pattern(subject)
        self._expire()
        newest = max((found[-1] for found in self._sequences(subject)), default=0)
        return self._messages.get(newest)

    async def end(self) -> Cursor:
        """Return the place of the newest message ever taken, kept or not."""
        return Cursor(epoch=self._epoch, sequence=self._last)

    async def history(self, subject: str) -> AsyncIterator[Message]:
        """Yield what is kept of a subject (wildcards allowed), in order, up to now."""
        check_pattern(subject)
        self._expire()
        position, end = self._first - 1, self._last
        while position < end:
            batch, position = self._after(subject, position)
            for message in batch:
                if message.cursor.sequence <= end:
                    yield message

    @asynccontextmanager
    async def subscribe(
        self, subject: str, *, after: Cursor | None = None
    ) -> AsyncIterator[AsyncIterator[tuple[Message, ...]]]:
        """Read a subject: what is kept after a cursor, then what follows."""
        check_pattern(subject)
        self._expire()
        reader = _Reader(self._start(after))
        self._readers.add(subject, reader)
        batches = self._read(subject, reader)
        try:
            yield batches
        finally:
            self._readers.remove(subject, reader)
            await batches.aclose()

    async def _read(
        self, subject: str, reader: _Reader
    ) -> AsyncGenerator[tuple[Message, ...], None]:
        while True:
            await reader.wait()
            self._expire()
            if reader.position + 1 < self._first:
                raise _expired()
            batch, reader.position = self._after(subject, reader.position)
            reader.live = reader.position >= self._last
            if batch:
                yield batch

    def _start(self, after: Cursor | None) -> int:
        if after is None:
            return self._first - 1
        if after.epoch != self._epoch or after.sequence > self._last:
            raise CursorUnknownError("The cursor is not of this log; read from the start")
        if after.sequence + 1 < self._first:
            raise _expired()
        return after.sequence

    def _after(self, subject: str, position: int) -> tuple[tuple[Message, ...], int]:
        sequences = self._follow(subject, position)
        batch = tuple(self._messages[seq] for seq in islice(sequences, BATCH_MESSAGES))
        full = len(batch) == BATCH_MESSAGES
        return batch, batch[-1].cursor.sequence if full else self._last

    def _follow(self, subject: str, position: int) -> Iterable[int]:
        if is_exact(subject):
            found = self._by_subject.get(subject, [])
            return found[bisect_right(found, position) :]
        return (
            sequence
            for sequence in range(max(position + 1, self._first), self._last + 1)
            if matches(subject, self._messages[sequence].subject)
        )

    def _sequences(self, subject: str) -> Iterable[list[int]]:
        if is_exact(subject):
            return [self._by_subject[subject]] if subject in self._by_subject else []
        return (found for own, found in self._by_subject.items() if matches(subject, own))

    def _store(self, subject: str, data: bytes, message_id: str) -> Cursor:
        self._last += 1
        cursor = Cursor(epoch=self._epoch, sequence=self._last)
        self._messages[self._last] = Message(
            subject=subject, data=data, cursor=cursor, time=self._clock.now()
        )
        self._by_subject.setdefault(subject, []).append(self._last)
        self._ids.add(message_id, self._last)
        for reader in self._readers.find(subject):
            reader.notice(self._last)
        return cursor

    def _expire(self) -> None:
        limit = self._clock.now() - self._retention
        while self._messages and self._messages[self._first].time < limit:
            expired = self._messages.pop(self._first)
            kept = self._by_subject[expired.subject]
            del kept[0]
            if not kept:
                del self._by_subject[expired.subject]
            self._first += 1

    def _check_owned(self, subject: str) -> None:
        check_subject(subject)
        if not any(matches(pattern, subject) for pattern in self._subjects):
            raise InvalidInputError(f"{subject!r} is not a subject of this log")


def _expired() -> CursorExpiredError:
    return CursorExpiredError("Messages after the cursor are no longer kept; read from the start")
