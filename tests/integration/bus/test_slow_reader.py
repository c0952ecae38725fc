"""What becomes of readers who are slow, many, or looked after by a failing feed."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial

import nats
import pytest

from chassis.bus import jetstream
from chassis.bus.errors import CursorExpiredError
from chassis.bus.interface import Bus, EventLog, Message
from chassis.errors import LimitExceededError
from chassis.testing.nats import NatsServer
from tests.integration.bus.helpers import eventually, open_log, take, until

BUFFER = 64


async def append(log: EventLog, subject: str, numbers: range) -> None:
    """Append numbered messages, many at once."""
    await asyncio.gather(
        *(log.append(subject, b"x", message_id=f"{subject} {number}") for number in numbers)
    )


async def short_log(bus: Bus) -> EventLog:
    """Open a log that keeps its messages for a second."""
    return await bus.event_log("short", subjects=("e.>",), retention=timedelta(seconds=1))


async def is_empty(log: EventLog) -> bool:
    """Tell whether the log has nothing left."""
    return await log.last("e.>") is None


async def test_buffered_messages_outlive_their_expiry(bus: Bus) -> None:
    """Goes from what was buffered to what is kept, when nothing in between was missed."""
    log = await short_log(bus)
    async with log.subscribe("e.a") as slow, log.subscribe("e.>") as feed:
        await append(log, "e.a", range(BUFFER))
        await take(feed, BUFFER)
        await until(partial(is_empty, log))
        await append(log, "e.b", range(5))
        await until(partial(is_empty, log))
        await append(log, "e.a", range(BUFFER, BUFFER + 2))
        await take(feed, BUFFER + 7)
        expected = [*range(1, BUFFER + 1), BUFFER + 6, BUFFER + 7]
        assert await take(slow, expected[-1]) == expected


async def test_reader_too_slow_for_the_retention_is_told(bus: Bus) -> None:
    """Says that messages are gone, instead of passing over them."""
    log = await short_log(bus)
    async with log.subscribe("e.a") as slow, log.subscribe("e.>") as feed:
        await append(log, "e.a", range(BUFFER * 2))
        await take(feed, BUFFER * 2)
        await until(partial(is_empty, log))
        assert await take(slow, BUFFER) == list(range(1, BUFFER + 1))
        with pytest.raises(CursorExpiredError):
            await take(slow, BUFFER + 1)


async def test_thousand_readers_share_one_consumer(bus: Bus, server: NatsServer) -> None:
    """Costs the server one consumer, whoever reads what."""
    log = await open_log(bus)
    async with AsyncExitStack() as stack:
        readers = await asyncio.gather(
            *(stack.enter_async_context(log.subscribe(f"e.{n}")) for n in range(1000))
        )
        client = await nats.connect(server.url)
        info = await client.jetstream().stream_info("log")
        await client.close()
        assert info.state.consumer_count == 1
        await asyncio.gather(
            *(log.append(f"e.{n}", str(n).encode(), message_id=str(n)) for n in range(1000))
        )
        found = await asyncio.gather(*(anext(reader) for reader in readers))
    assert [int(batch[0].data) for batch in found] == list(range(1000))


async def test_feed_ends_when_nobody_reads(server: NatsServer) -> None:
    """Leaves no consumer behind when it has had no reader for a while, and starts again."""
    settings = jetstream.BusSettings(
        url=server.url,
        heartbeat=timedelta(milliseconds=100),
        idle_feed=timedelta(milliseconds=300),
    )
    client = await nats.connect(server.url)
    async with jetstream.connect(settings) as bus:
        log = await open_log(bus)
        async with log.subscribe("e.a") as batches:
            await append(log, "e.a", range(1))
            assert await take(batches, 1) == [1]

        async def is_unread() -> bool:
            return (await client.jetstream().stream_info("log")).state.consumer_count == 0

        await until(is_unread)
        await asyncio.sleep(0.3)
        assert await is_unread()
        async with log.subscribe("e.a") as batches:
            await append(log, "e.a", range(1, 2))
            assert await take(batches, 2) == [1, 2]
    await client.close()


async def test_lost_consumer_is_replaced(bus: Bus, server: NatsServer) -> None:
    """Attaches the feed again when its consumer is taken away, without gap or repeat."""
    log = await open_log(bus)
    client = await nats.connect(server.url)
    stream = client.jetstream()
    async with log.subscribe("e.a") as batches:
        for number in range(3):
            await append(log, "e.a", range(number * 10, number * 10 + 5))
            for consumer in await stream.consumers_info("log"):
                await stream.delete_consumer("log", consumer.name)
            await append(log, "e.a", range(number * 10 + 5, number * 10 + 10))
        assert await take(batches, 30) == list(range(1, 31))
    await client.close()


async def test_deleted_stream_is_made_anew(bus: Bus, server: NatsServer) -> None:
    """Makes everything again that was deleted under a living connection."""
    log = await open_log(bus)
    queue = await bus.work_queue("q", acknowledge_within=timedelta(seconds=30), max_deliveries=1)
    store = await bus.key_value("s")
    await append(log, "e.a", range(3))
    client = await nats.connect(server.url)
    for name in ("log", "q", "KV_s"):
        await client.jetstream().delete_stream(name)
    await client.close()
    assert (await log.append("e.a", b"x", message_id="new")).sequence == 1
    await queue.put(b"job", message_id="1")
    job = await queue.get(wait=timedelta(seconds=10))
    assert job is not None
    assert await eventually(lambda: store.create("k", b"v", ttl=timedelta(minutes=1)))
    assert await store.take("k") == b"v"


async def test_message_beyond_the_servers_limit_is_refused(bus: Bus) -> None:
    """Says how large a message may be."""
    log = await open_log(bus)
    with pytest.raises(LimitExceededError, match="1048576"):
        await log.append("e.a", bytes(2 * 1024 * 1024), message_id="1")


async def test_large_messages_are_read_in_small_pages(server: NatsServer) -> None:
    """Bounds a page by its bytes, and still gets past a message that is larger."""
    settings = jetstream.BusSettings(url=server.url, replay_batch_size=1000)
    sizes = [300, 300, 300, 300, 5000, 0, 300]
    async with jetstream.connect(settings) as bus:
        log = await open_log(bus)
        for number, size in enumerate(sizes):
            await log.append("e.a", bytes(size), message_id=str(number))
        assert [len(m.data) async for m in log.history("e.a")] == sizes
        async with log.subscribe("e.a") as batches:
            assert max([len(batch) for batch in await _until(batches, len(sizes))]) < len(sizes)


async def _until(
    batches: AsyncIterator[tuple[Message, ...]], count: int
) -> list[tuple[Message, ...]]:
    found: list[tuple[Message, ...]] = []
    while sum(map(len, found)) < count:
        found.append(await anext(batches))
    return found
