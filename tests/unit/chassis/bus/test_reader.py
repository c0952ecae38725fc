"""A subscriber's way through a history that its servers tell badly."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from chassis.bus.interface import Cursor, Message
from chassis.bus.jetstream import BusSettings
from chassis.bus.jetstream.hub import Position
from chassis.bus.jetstream.inbox import Inbox
from chassis.bus.jetstream.reader import Reader
from chassis.bus.jetstream.streams import StreamState
from chassis.errors import UnavailableError

EPOCH = "e1"


@dataclass(kw_only=True)
class Servers:
    """Replicas that answer in turn, each with what it has, and a leader that has all."""

    replicas: list[list[int]]
    last: int
    lost: int = 0
    asked: list[int] = field(default_factory=list)

    name = "log"
    epoch = EPOCH

    async def session(self) -> "Servers":
        """Be the session."""
        return self

    async def state(self) -> StreamState:
        """Tell what the leader has."""
        return StreamState(epoch=EPOCH, first=1, last=self.last)

    async def api(self, _: str, __: dict[str, Any]) -> dict[str, Any]:
        """Tell the leader's newest message."""
        return {"message": {"seq": self.last, "subject": "e.a", "time": "2026-01-01T00:00:00Z"}}

    async def request_many(self, _: str, payload: bytes) -> list[Msg]:
        """Answer a direct batch get from the next replica."""
        after = json.loads(payload)["seq"] - 1
        self.asked.append(after)
        kept = self.replicas.pop(0) if len(self.replicas) > 1 else self.replicas[0]
        found = [sequence for sequence in kept if sequence > after]
        if not found:
            return [_msg({"Status": "404"})]
        before = [0, *found]
        page = [_stored(sequence, before[at]) for at, sequence in enumerate(found)]
        if self.lost:
            del page[self.lost]
            self.lost = 0
        end = {"Status": "204", "Nats-Num-Pending": "0", "Nats-Last-Sequence": str(found[-1])}
        return [*page, _msg(end)]


class Feed:
    """A live feed that stands still."""

    def __init__(self, sequence: int) -> None:
        self._sequence = sequence
        self.inbox: Inbox | None = None

    def join(self) -> None:
        """Begin."""

    def leave(self, _: str, __: Inbox) -> None:
        """End."""

    async def attach(self, _: str, inbox: Inbox) -> Position:
        """Take the inbox."""
        self.inbox = inbox
        return Position(epoch=EPOCH, sequence=self._sequence)


def _msg(headers: dict[str, str], data: bytes = b"") -> Msg:
    return Msg(_client=Client(), headers=headers, data=data)


def _stored(sequence: int, before: int) -> Msg:
    headers = {
        "Nats-Subject": "e.a",
        "Nats-Sequence": str(sequence),
        "Nats-Last-Sequence": str(before),
        "Nats-Time-Stamp": "2026-01-01T00:00:00.123456789Z",
    }
    return _msg(headers, b"x")


async def read(servers: Servers, *, replicas: int, feed: Feed) -> list[int]:
    """Return what a new subscriber sees of the history."""
    settings = BusSettings(replicas=replicas, retry_within=timedelta(seconds=1))
    stream: Any = servers
    hub: Any = feed
    reader = Reader("e.a", settings, stream=stream, hub=hub)
    first = await reader.start(Cursor(epoch=EPOCH, sequence=0))
    batches = reader.batches(first)
    seen: list[Message] = []
    while not seen or seen[-1].cursor.sequence < servers.last:
        seen += await anext(batches)
    await batches.aclose()
    return [message.cursor.sequence for message in seen]


async def test_replica_that_lags_hides_nothing() -> None:
    """Asks on when the leader has more than the replica that said it was all."""
    servers = Servers(replicas=[[1, 2], [1, 2, 3], [1, 2, 3, 4, 5]], last=5)
    assert await read(servers, replicas=3, feed=Feed(5)) == [1, 2, 3, 4, 5]
    assert servers.asked == [0, 2, 3]


async def test_empty_replica_hides_nothing() -> None:
    """Asks on when a replica has nothing at all."""
    servers = Servers(replicas=[[], [1, 2]], last=2)
    assert await read(servers, replicas=3, feed=Feed(2)) == [1, 2]


async def test_page_with_a_hole_is_read_again() -> None:
    """Notices that a message of a page got lost on the way."""
    servers = Servers(replicas=[[1, 2, 3, 4]], last=4, lost=2)
    assert await read(servers, replicas=1, feed=Feed(4)) == [1, 2, 3, 4]
    assert servers.asked == [0, 0]


async def test_feed_of_another_incarnation_is_not_joined() -> None:
    """Waits for the feed to follow the incarnation that the reader reads."""

    class Stale(Feed):
        async def attach(self, subject: str, inbox: Inbox) -> Position:
            position = await super().attach(subject, inbox)
            return Position(epoch="older", sequence=position.sequence)

        def detach(self, _: str, __: Inbox) -> None:
            self.inbox = None

    feed = Stale(2)
    with pytest.raises(UnavailableError):
        await read(Servers(replicas=[[1, 2]], last=2), replicas=1, feed=feed)
    assert feed.inbox is None
