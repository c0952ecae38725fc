"""The event log in JetStream: one stream, one feed, and a reader for each subscriber."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from chassis.bus.errors import StaleAppendError
from chassis.bus.interface import Cursor, Message
from chassis.bus.jetstream.history import Page, newest, read_page
from chassis.bus.jetstream.hub import Hub, Spawn
from chassis.bus.jetstream.publish import WrongLastError, store
from chassis.bus.jetstream.reader import Reader
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.stored import EXPECTED_LAST, MESSAGE_ID, from_api
from chassis.bus.jetstream.streams import Stream
from chassis.bus.subjects import check_pattern, check_subject, matches
from chassis.errors import InvalidInputError

RETRY_SECONDS = 0.1


class JetStreamLog:
    """Messages of one stream."""

    def __init__(
        self, stream: Stream, settings: BusSettings, *, subjects: tuple[str, ...], spawn: Spawn
    ) -> None:
        self._stream = stream
        self._settings = settings
        self._subjects = subjects
        self._hub = Hub(stream, settings, spawn=spawn)

    @property
    def epoch(self) -> str:
        """The incarnation that new cursors name."""
        return self._stream.epoch

    async def append(
        self, subject: str, data: bytes, *, message_id: str, expected_last: int | None = None
    ) -> Cursor:
        """Append a message, once per `message_id`, and return its place.

        An acknowledgement that does not come is asked for again with the same message id, for as
        long as `retry_within`. After `UnavailableError` the message may have been stored or not:
        a repeat with the same message id settles it.
        """
        check_subject(subject)
        if not any(matches(pattern, subject) for pattern in self._subjects):
            raise InvalidInputError(f"{subject!r} is not a subject of this log")
        headers = {MESSAGE_ID: message_id}
        if expected_last is not None:
            headers[EXPECTED_LAST] = str(expected_last)
        try:
            sequence = await store(self._stream, self._settings, subject, data, headers)
        except WrongLastError as error:
            raise StaleAppendError(f"{subject!r} was written to by somebody else") from error
        return Cursor(epoch=self._stream.epoch, sequence=sequence)

    async def last(self, subject: str) -> Message | None:
        """Return the newest message of a subject, or None when it has none."""
        check_pattern(subject)
        found = await newest(self._stream, subject)
        return None if found is None else from_api(found, epoch=self._stream.epoch)

    async def end(self) -> Cursor:
        """Return the place of the newest message ever taken, kept or not."""
        state = await self._stream.state()
        return Cursor(epoch=state.epoch, sequence=state.last)

    async def history(self, subject: str) -> AsyncIterator[Message]:
        """Yield what is kept of a subject (wildcards allowed), in order, up to now."""
        check_pattern(subject)
        position, end = 0, await self._newest(subject)
        while position < end:
            page = await self._page(subject, position)
            for message in page.messages:
                position = message.cursor.sequence
                if position <= end:
                    yield message
            if page.complete and position < end:
                end = min(end, await self._newest(subject))
                await asyncio.sleep(RETRY_SECONDS)  # a replica that lags has answered, or it went

    async def _newest(self, subject: str) -> int:
        found = await newest(self._stream, subject)
        return 0 if found is None else int(found["seq"])

    async def _page(self, subject: str, after: int) -> Page:
        epoch = self._stream.epoch
        return await read_page(self._stream, self._settings, subject, epoch=epoch, after=after)

    @asynccontextmanager
    async def subscribe(
        self, subject: str, *, after: Cursor | None = None
    ) -> AsyncIterator[AsyncIterator[tuple[Message, ...]]]:
        """Read a subject: what is kept after a cursor, then what follows."""
        check_pattern(subject)
        reader = Reader(subject, self._settings, stream=self._stream, hub=self._hub)
        try:
            batches = reader.batches(await reader.start(after))
            try:
                yield batches
            finally:
                await batches.aclose()
        finally:
            reader.close()
