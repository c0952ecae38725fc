"""Events that a feed's ring does not reach: told to one viewer, up to where the ring does."""

from collections.abc import AsyncIterator
from itertools import takewhile

from bridge.sse.event import Event
from bridge.sse.feed import Feed


class Replay:
    """A way through the history of a stream, ended where the ring takes over.

    Args:
        feed: The stream.
        after: The cursor to begin after; empty for the start.
    """

    __slots__ = ("_feed", "cursor", "joins_at")

    def __init__(self, feed: Feed, after: str) -> None:
        self._feed = feed
        self.cursor = after
        """The last event told."""
        self.joins_at: int | None = None
        """Where the ring takes over; None when it does right after the last event told."""

    async def events(self) -> AsyncIterator[list[Event]]:
        """Yield what the ring lacks, in order.

        Raises:
            OutOfRangeError: The cursor is unknown, or too old.
            UnavailableError: The source was lost before the ring was reached.
        """
        while True:
            page = await self._feed.history.after(self.cursor)
            events = list(page.events)
            while lacking := self._lacking(events):
                self.cursor = lacking[-1].cursor
                yield lacking
                del events[: len(lacking)]
            if events:
                self.joins_at = self._feed.ring.find(events[0].cursor)
            if events or page.caught_up:
                return

    def _lacking(self, events: list[Event]) -> list[Event]:
        """Return the events before the first that the ring has at this moment."""
        find = self._feed.ring.find
        return list(takewhile(lambda event: find(event.cursor) is None, events))
