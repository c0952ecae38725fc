"""When the live feed is in doubt: a gap, a lost tail, silence, the end of its consumer."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.bus.jetstream import BusSettings
from chassis.bus.jetstream.feed import Feed

SETTINGS = BusSettings(heartbeat=timedelta(milliseconds=20))


class Unsubscribed:
    """A subscription that ends."""

    async def unsubscribe(self) -> None:
        """End."""


class Wire:
    """A session whose server is the test."""

    def __init__(self) -> None:
        self.client = Client()
        self.ended = asyncio.Event()
        self.asked: list[tuple[str, Any]] = []
        self.sent: list[str] = []
        self.bring: Callable[[Msg], Awaitable[None]]

    async def subscribe(self, _: str, take: Callable[[Msg], Awaitable[None]]) -> Unsubscribed:
        """Let the test bring messages."""
        self.bring = take
        return Unsubscribed()

    async def api(self, call: str, body: dict[str, Any]) -> dict[str, Any]:
        """Agree to everything."""
        self.asked.append((call, body))
        return {}

    async def publish(self, subject: str) -> None:
        """Note what was sent."""
        self.sent.append(subject)

    async def message(self, sequence: int, delivered: int) -> None:
        """Bring a message of the log."""
        reply = f"$JS.ACK.log.feed.1.{sequence}.{delivered}.1700000000000000000.0"
        await self.bring(Msg(_client=self.client, subject="e.a", reply=reply, data=b"x"))

    async def status(self, headers: dict[str, str], reply: str = "") -> None:
        """Bring a control message."""
        await self.bring(Msg(_client=self.client, subject="i", reply=reply, headers=headers))


class Log:
    """Collects what a feed delivers."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.sequences: list[int] = []
        session: Any = self.wire
        self.feed = Feed("log", SETTINGS, session=session, deliver=self.take)

    def take(self, _: Msg, sequence: int, __: int) -> None:
        """Note a sequence."""
        self.sequences.append(sequence)


@pytest.fixture
def log() -> Log:
    """A feed with nothing delivered yet."""
    return Log()


async def test_starts_after_the_position(log: Log) -> None:
    """Asks for what follows, without acknowledgements."""
    async with log.feed.attached(after=41):
        ((call, body),) = log.wire.asked
    assert call.startswith("CONSUMER.CREATE.log.")
    assert body["config"]["opt_start_seq"] == 42
    assert body["config"]["ack_policy"] == "none"
    assert any(subject.startswith("$JS.API.CONSUMER.DELETE.log.") for subject in log.wire.sent)


async def test_lives_while_messages_come_in_order(log: Log) -> None:
    """Takes gaps between sequences for other subjects' messages, not for losses."""
    async with log.feed.attached(after=0):
        await log.wire.message(3, 1)
        await log.wire.message(7, 2)
        await log.wire.status({"Status": "100", "Nats-Last-Consumer": "2"})
        assert await log.feed.alive()
    assert log.sequences == [3, 7]


async def test_gap_is_noticed_at_once_and_nothing_after_it_delivered(log: Log) -> None:
    """Stops at the first missing delivery."""
    async with log.feed.attached(after=0):
        await log.wire.message(1, 1)
        await log.wire.message(3, 3)
        await log.wire.message(4, 4)
        assert not await log.feed.alive()
    assert log.sequences == [1]


async def test_lost_tail_is_noticed_by_the_heartbeat(log: Log) -> None:
    """Sees from a heartbeat that more was sent than has arrived."""
    async with log.feed.attached(after=0):
        await log.wire.message(1, 1)
        await log.wire.status({"Status": "100", "Nats-Last-Consumer": "10"})
        assert not await log.feed.alive()


async def test_end_of_the_consumer_is_noticed(log: Log) -> None:
    """Ends when the server says that the consumer is gone."""
    async with log.feed.attached(after=0):
        await log.wire.status({"Status": "409", "Description": "Consumer Deleted"})
        assert not await log.feed.alive()


async def test_silence_is_noticed(log: Log) -> None:
    """Gives up after a few heartbeats that did not come."""
    async with asyncio.timeout(2), log.feed.attached(after=0):
        while await log.feed.alive():
            pass


async def test_heartbeats_keep_it_alive(log: Log) -> None:
    """Waits for ever on a quiet log."""
    async with log.feed.attached(after=0):
        for _ in range(10):
            await log.wire.status({"Status": "100", "Nats-Last-Consumer": "0"})
            assert await log.feed.alive()


async def test_end_of_the_session_is_noticed(log: Log) -> None:
    """Ends with its connection."""
    async with log.feed.attached(after=0):
        log.wire.ended.set()
        assert not await log.feed.alive()


async def test_flow_control_is_answered(log: Log) -> None:
    """Tells the server that it keeps up, also when the server asks by a heartbeat."""
    async with log.feed.attached(after=0):
        await log.wire.status({"Status": "100"}, reply="flow.1")
        stalled = {"Status": "100", "Nats-Last-Consumer": "0", "Nats-Consumer-Stalled": "flow.2"}
        await log.wire.status(stalled)
        assert log.wire.sent == ["flow.1", "flow.2"]
        assert await log.feed.alive()
