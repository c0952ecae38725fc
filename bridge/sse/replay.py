"""Events that a feed's ring does not reach: fetched for one viewer, up to where the ring does."""

from collections.abc import AsyncIterator
from contextlib import aclosing

from bridge.sse.event import Event
from bridge.sse.feed import Feed
from chassis.errors import UnavailableError


class Replay:
    """A watch of the viewer's own, ended where the ring takes over.

    Args:
        feed: The stream.
        after: The cursor to begin after; empty for the start.
    """

    __slots__ = ("_feed", "cursor")

    def __init__(self, feed: Feed, after: str) -> None:
        self._feed = feed
        self.cursor = after
        """The last event told; once the replay is over, the ring has it or will have it soon."""

    async def events(self) -> AsyncIterator[list[Event]]:
        """Yield what the ring lacks, in order.

        Raises:
            OutOfRangeError: The cursor is unknown, or too old.
            UnavailableError: The source was lost before the ring was reached.
        """
        watching = self._feed.source.watch(self._feed.topic, self.cursor)
        async with aclosing(watching) as batches:  # type: ignore[type-var]
            async for batch in batches:
                lacking = [event for event in batch.events if not self._here(event)]
                reached = len(lacking) < len(batch.events)
                if lacking:
                    self.cursor = lacking[-1].cursor
                    yield lacking
                if reached or batch.caught_up or (lacking and lacking[-1].terminal):
                    return
        raise UnavailableError("The source was lost during a replay.")

    def _here(self, event: Event) -> bool:
        return self._feed.ring.find(event.cursor) is not None
