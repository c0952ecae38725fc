"""Pages of a stream's past: fetched once for all who ask at that time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from bridge.sse.event import Batch, Event, Standing, Topic
from bridge.sse.history import History
from chassis.errors import UnavailableError

TOPIC = Topic(kind="generation", name="gen_1", user_id="ada")
PAGE = Batch(events=[Event(cursor="2", data=b"{}", standing=Standing())], caught_up=True)


class Slow:
    """A source that tells one batch, or fails, when it is let."""

    def __init__(self, told: Batch | UnavailableError) -> None:
        self.asked = 0
        self.begun = asyncio.Event()
        self.ready = asyncio.Event()
        self._told = told

    async def watch(self, topic: Topic, after: str) -> AsyncIterator[Batch]:
        """Yield what was told, after a cursor of a topic."""
        assert (topic, after) == (TOPIC, "1")
        self.asked += 1
        self.begun.set()
        await self.ready.wait()
        if isinstance(self._told, UnavailableError):
            raise self._told
        yield self._told


def asking(history: History, count: int) -> list["asyncio.Task[Batch]"]:
    """Ask so many times at once."""
    return [asyncio.create_task(history.after("1")) for _ in range(count)]


async def test_one_fetches_for_all() -> None:
    """Gives everybody the page that the first one asked for."""
    source = Slow(PAGE)
    tasks = asking(History(TOPIC, source, linger=timedelta(minutes=1)), 5)
    await source.begun.wait()
    source.ready.set()
    assert await asyncio.gather(*tasks) == [PAGE] * 5
    assert source.asked == 1


async def test_next_one_fetches_when_the_first_one_goes() -> None:
    """Lets nobody wait for a page whose reader has left."""
    source = Slow(PAGE)
    first, *others = asking(History(TOPIC, source, linger=timedelta(minutes=1)), 3)
    await source.begun.wait()
    first.cancel()
    source.ready.set()
    pages = await asyncio.gather(*others)
    assert [page.events for page in pages] == [PAGE.events] * 2
    assert first.cancelled()
    assert source.asked == 2


async def test_failure_is_everybodys_and_not_kept() -> None:
    """Tells all who waited of a failure, and asks again for the next one."""
    source = Slow(UnavailableError("away"))
    history = History(TOPIC, source, linger=timedelta(minutes=1))
    tasks = asking(history, 3)
    await source.begun.wait()
    source.ready.set()
    for task in tasks:
        with pytest.raises(UnavailableError, match="away"):
            await task
    assert source.asked == 1
    with pytest.raises(UnavailableError):
        await history.after("1")
    assert source.asked == 2


async def test_kept_page_tells_no_end() -> None:
    """Gives who asks later the events, and leaves it to another page whether there are more."""
    source = Slow(PAGE)
    source.ready.set()
    history = History(TOPIC, source, linger=timedelta(minutes=1))
    assert (await history.after("1")).caught_up
    again = await history.after("1")
    assert (again.events, again.caught_up) == (PAGE.events, False)
    assert source.asked == 1


async def test_page_without_events_is_not_kept() -> None:
    """Asks again where there was nothing: something may have come since."""
    source = Slow(Batch(events=[], caught_up=True))
    source.ready.set()
    history = History(TOPIC, source, linger=timedelta(minutes=1))
    await history.after("1")
    await history.after("1")
    assert source.asked == 2
