"""A stream's past, beyond the ring: each page is fetched once for all who ask at that time."""

import asyncio
from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta

from bridge.sse.event import Batch, Source, Topic
from chassis.errors import ServiceError, UnavailableError


class History:
    """Pages of a stream's events, by the cursor that they follow.

    Whoever asks first fetches; who asks meanwhile waits for the same page, and who asks soon after
    is given it as it was. If the first one goes away, the next one fetches.

    Args:
        topic: Which stream.
        source: Where its events come from.
        linger: How long a page is kept for those who ask next.
    """

    def __init__(self, topic: Topic, source: Source, *, linger: timedelta) -> None:
        self._topic = topic
        self._source = source
        self._linger = linger
        self._pages: dict[str, asyncio.Future[Batch | None]] = {}

    async def after(self, cursor: str) -> Batch:
        """Return some events that follow a cursor; empty for the start.

        Raises:
            OutOfRangeError: The cursor is unknown, or too old.
            UnavailableError: The source was lost.
        """
        while (page := self._pages.get(cursor)) is not None:
            if page.done():
                # More may have come since: it tells no end.
                return replace(_told(page), caught_up=False)
            await asyncio.wait([page])
            if page.result() is not None:
                return _told(page)
        return await self._fetch(cursor)

    async def _fetch(self, cursor: str) -> Batch:
        loop = asyncio.get_running_loop()
        page = self._pages[cursor] = loop.create_future()
        kept = False
        try:
            batch = await self._read(cursor)
            page.set_result(batch)
            kept = bool(batch.events)
        except ServiceError as error:
            page.set_exception(error)
            page.exception()  # nobody else may be waiting for it
            raise
        finally:
            if not page.done():
                page.set_result(None)
            if kept:
                loop.call_later(self._linger.total_seconds(), self._pages.pop, cursor)
            else:
                del self._pages[cursor]
        return batch

    async def _read(self, cursor: str) -> Batch:
        watching = self._source.watch(self._topic, cursor)
        async with aclosing(watching) as batches:  # type: ignore[type-var]
            async for batch in batches:
                if batch.events or batch.caught_up:
                    return batch
        raise UnavailableError("The source was lost during a replay.")


def _told(page: "asyncio.Future[Batch | None]") -> Batch:
    batch = page.result()
    assert batch is not None  # noqa: S101 - only pages with events are kept
    return batch
