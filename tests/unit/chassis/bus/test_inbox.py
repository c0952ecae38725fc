"""The bounded queue between the live feed and one subscriber."""

import asyncio
from datetime import UTC, datetime

import pytest

from chassis.bus.interface import Cursor, Message
from chassis.bus.jetstream.inbox import Inbox


def message(sequence: int, data: bytes = b"") -> Message:
    """Return a message at a place."""
    cursor = Cursor(epoch="e", sequence=sequence)
    return Message(subject="s", data=data, cursor=cursor, time=datetime(2026, 1, 1, tzinfo=UTC))


async def test_gives_all_that_waits_at_once() -> None:
    """Hands over one batch, then waits."""
    inbox = Inbox(10, size_limit=1000)
    inbox.push(message(1))
    inbox.push(message(2))
    assert [m.cursor.sequence for m in await inbox.take()] == [1, 2]
    waiting = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.push(message(3))
    assert [m.cursor.sequence for m in await waiting] == [3]


async def test_remembers_where_it_stopped_when_it_is_full() -> None:
    """Takes no more past its bound, and names the last place that it has everything up to."""
    inbox = Inbox(2, size_limit=1000)
    for sequence in (3, 5, 9, 11):
        inbox.push(message(sequence))
    assert inbox.resume == 8
    assert [m.cursor.sequence for m in await inbox.take()] == [3, 5]
    inbox.push(message(12))
    assert await inbox.take() == ()


async def test_stops_at_its_size_too() -> None:
    """Holds no more bytes than it may, however few the messages; taking them makes room."""
    inbox = Inbox(10, size_limit=100)
    inbox.push(message(1, bytes(60)))
    assert len(await inbox.take()) == 1
    inbox.push(message(2, bytes(60)))
    inbox.push(message(3, bytes(60)))
    assert inbox.resume == 2
    assert [m.cursor.sequence for m in await inbox.take()] == [2]


async def test_first_place_it_stopped_at_counts() -> None:
    """Does not move its place on when it is told again."""
    inbox = Inbox(2, size_limit=1000)
    inbox.fall_behind(4)
    inbox.fall_behind(9)
    assert inbox.resume == 4


async def test_starts_again_empty() -> None:
    """Takes messages again after a restart, and has forgotten the old ones."""
    inbox = Inbox(1, size_limit=1000)
    inbox.push(message(1))
    inbox.push(message(2))
    inbox.restart()
    inbox.push(message(3))
    assert [m.cursor.sequence for m in await inbox.take()] == [3]
    assert inbox.resume is None


async def test_failure_reaches_the_subscriber() -> None:
    """Raises what ended the feed for good."""
    inbox = Inbox(1, size_limit=1000)
    waiting = asyncio.create_task(inbox.take())
    await asyncio.sleep(0)
    inbox.fail(RuntimeError("broken"))
    with pytest.raises(RuntimeError, match="broken"):
        await waiting
