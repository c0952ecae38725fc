"""What the bus promises on three servers when one of them dies."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from chassis.bus import jetstream
from chassis.bus.interface import Bus, EventLog, Message
from chassis.errors import UnavailableError
from chassis.testing.nats import NatsServer
from tests.integration.bus.helpers import eventually, open_log, take, until, write

MINUTE = timedelta(minutes=1)

Cluster = tuple[NatsServer, ...]


def cluster_settings(cluster: Cluster) -> jetstream.BusSettings:
    """Return settings for three replicas that notice a loss soon."""
    return jetstream.BusSettings(
        url=",".join(server.url for server in cluster),
        replicas=3,
        answer_within=timedelta(seconds=1),
        retry_within=timedelta(seconds=15),
        heartbeat=timedelta(milliseconds=200),
        subscriber_buffer=64,
    )


def leader_of(cluster: Cluster, stream: str) -> NatsServer:
    """Return the server that leads a stream."""
    leader = cluster[0].leader_of(stream)
    return next(server for server in cluster if server.name == leader)


async def sequences(bus: Bus) -> list[Message]:
    """Return the whole log."""
    log = await open_log(bus)
    return [message async for message in log.history("e.>")]


@pytest.mark.parametrize("how", ["kill", pytest.param("pause", marks=pytest.mark.slow)])
async def test_loss_of_the_leader_loses_nothing(cluster: Cluster, how: str) -> None:
    """Goes on with two servers: every message once, in order, and every job and value kept."""
    async with jetstream.connect(cluster_settings(cluster)) as bus:
        log = await eventually(lambda: open_log(bus))
        queue = await bus.work_queue("queue", acknowledge_within=MINUTE, max_deliveries=3)
        store = await bus.key_value("store")
        await queue.put(b"job", message_id="1")
        await store.create("k", b"v", ttl=MINUTE)
        stop = asyncio.Event()
        async with log.subscribe("e.>") as everything, log.subscribe("e.1") as one:
            writers = [asyncio.create_task(write(log, writer, stop)) for writer in range(3)]
            await asyncio.sleep(0.5)
            leader = leader_of(cluster, "log")
            getattr(leader, how)()
            await asyncio.sleep(3)
            stop.set()
            acknowledged = [entry for writer in writers for entry in await writer]
            last = max(sequence for _, sequence in acknowledged)
            assert await take(everything, last) == list(range(1, last + 1))
            mine = [sequence for name, sequence in acknowledged if name.startswith("1 ")]
            assert await take(one, mine[-1]) == mine
        stored = {m.data.decode(): m.cursor.sequence for m in await sequences(bus)}
        assert stored == dict(acknowledged)
        assert await eventually(lambda: store.take("k")) == b"v"
        job = await eventually(lambda: queue.get(wait=MINUTE))
        assert job is not None
        assert job.data == b"job"


async def test_many_make_a_stream_at_once(cluster: Cluster) -> None:
    """Gives all of them the same one, or says that it is not there yet: never more than that."""
    async with AsyncExitStack() as stack:
        buses = [
            await stack.enter_async_context(jetstream.connect(cluster_settings(cluster)))
            for _ in range(6)
        ]
        logs = await asyncio.gather(*(eventually(partial(open_log, bus)) for bus in buses))
        assert len({log.epoch for log in logs}) == 1


async def test_a_replica_without_a_leader_does_not_tell_where_the_log_ends(
    cluster: Cluster,
) -> None:
    """Is away for a server that lags and has nobody to ask, though that server would answer."""
    behind, *others = cluster
    everywhere = cluster_settings(cluster)
    async with AsyncExitStack() as stack:
        bus = await stack.enter_async_context(jetstream.connect(everywhere))
        there = await stack.enter_async_context(
            jetstream.connect(replace(everywhere, url=behind.url))
        )
        log = await eventually(partial(open_log, bus))
        lagging = await eventually(partial(open_log, there))
        await eventually(partial(log.append, "e.1", b"old", message_id="old"))
        behind.pause()
        newest = await eventually(partial(log.append, "e.1", b"new", message_id="new"))
        for server in others:
            server.kill()
        behind.resume()
        await until(partial(is_refused_by_the_server, lagging))
        for server in others:
            server.start(wait=False)
        assert await eventually(log.end) == newest


async def is_refused_by_the_server(log: EventLog) -> bool:
    """Tell whether a server answered, and its answer was not taken for the leader's."""
    with pytest.raises(UnavailableError) as refused:
        await log.end()
    return "choosing a leader" in str(refused.value)
