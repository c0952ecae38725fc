"""One subscriber: the history up to the live feed, then the feed, and back when it falls behind."""

import asyncio
from collections.abc import AsyncGenerator

from chassis.bus.errors import CursorExpiredError, CursorUnknownError
from chassis.bus.interface import Cursor, Message
from chassis.bus.jetstream.errors import away
from chassis.bus.jetstream.history import Page, newest, read_page
from chassis.bus.jetstream.hub import Hub, Position
from chassis.bus.jetstream.inbox import Inbox
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.streams import Stream, StreamState
from chassis.errors import UnavailableError

RETRY_SECONDS = 0.2


class Reader:
    """Follows a subject from a cursor on.

    It has seen all that matches up to `_through`. It first attaches to the feed, whose messages
    wait meanwhile, then reads the history up to where it attached, then what waits.
    """

    def __init__(self, subject: str, settings: BusSettings, *, stream: Stream, hub: Hub) -> None:
        self._subject = subject
        self._settings = settings
        self._stream = stream
        self._hub = hub
        self._inbox = Inbox(settings.subscriber_buffer, size_limit=settings.subscriber_buffer_size)
        self._attached: Position | None = None
        self._caught_up = False
        self._epoch = ""
        self._through = 0

    async def start(self, after: Cursor | None) -> tuple[Message, ...]:
        """Join the feed and return the first part of the history.

        Raises:
            CursorUnknownError: The cursor is not of this incarnation, or of the future.
            CursorExpiredError: What follows the cursor may be gone.
            UnavailableError: The log cannot be reached.
        """
        self._hub.join()
        if after is None:
            state = await self._stream.state()
            self._epoch, self._through = state.epoch, max(state.first - 1, 0)
        else:
            self._epoch, self._through = after.epoch, after.sequence
        return await self._read_on(gap_allowed=after is None)

    def close(self) -> None:
        """Leave the feed."""
        self._hub.leave(self._subject, self._inbox)

    async def batches(
        self, first: tuple[Message, ...]
    ) -> AsyncGenerator[tuple[Message, ...], None]:
        """Yield the first part and all that follows."""
        batch = first
        while True:
            if batch:
                yield batch
            batch = await (self._live() if self._caught_up else self._history())

    async def _live(self) -> tuple[Message, ...]:
        """Return what the feed has brought; nothing, and a detached reader, when that broke off."""
        taken = await self._inbox.take()
        fresh = tuple(m for m in taken if m.cursor.sequence > self._through)
        if fresh:
            self._through = fresh[-1].cursor.sequence
        if self._inbox.resume is not None:
            self._through = max(self._through, self._inbox.resume)
            self._detach()
        return fresh

    async def _history(self) -> tuple[Message, ...]:
        """Return the next part of the history, however long the log is away."""
        while True:
            try:
                return await self._read_on(gap_allowed=False)
            except UnavailableError:
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_on(self, *, gap_allowed: bool) -> tuple[Message, ...]:
        attached = self._attached = self._attached or await self._attach()
        page = await self._page()
        self._check(await self._stream.state(), gap_allowed=gap_allowed)
        if attached.epoch != self._epoch:
            self._detach()
            raise away("The live feed is being attached anew; try again")
        if page.messages:
            self._through = page.messages[-1].cursor.sequence
        if page.complete and await self._is_whole():
            self._caught_up = True
        return page.messages

    async def _page(self) -> Page:
        try:
            return await read_page(
                self._stream,
                self._settings,
                self._subject,
                epoch=self._epoch,
                after=self._through,
            )
        except UnavailableError:
            self._check(await self._stream.state(), gap_allowed=True)
            raise

    async def _is_whole(self) -> bool:
        """Ask the leader whether the history ends here: a replica that lags may have said so."""
        if self._settings.replicas == 1:
            return True
        found = await newest(self._stream, self._subject)
        return found is None or found["seq"] <= self._through

    def _check(self, state: StreamState, *, gap_allowed: bool) -> None:
        if state.epoch != self._epoch or self._through > state.last:
            raise CursorUnknownError("The cursor is not of this log; read from the start")
        if self._through + 1 < state.first and not gap_allowed:
            raise CursorExpiredError("Messages after the cursor are gone; read from the start")

    async def _attach(self) -> Position:
        self._inbox.restart()
        return await self._hub.attach(self._subject, self._inbox)

    def _detach(self) -> None:
        self._hub.detach(self._subject, self._inbox)
        self._attached = None
        self._caught_up = False
