"""What the bus promises when its one server crashes, freezes or loses its store."""

import asyncio
import shutil
from datetime import timedelta
from functools import partial

import nats
import pytest
from nats.aio.msg import Msg

from chassis.bus import jetstream
from chassis.bus.errors import CursorUnknownError
from chassis.bus.interface import Bus, Cursor
from chassis.errors import UnavailableError
from chassis.testing.nats import NatsServer
from tests.integration.bus.helpers import eventually, open_log, take, write

MINUTE = timedelta(minutes=1)
WAIT_SECONDS = 30


async def test_nothing_acknowledged_is_lost_when_the_server_is_killed(
    bus: Bus, server: NatsServer
) -> None:
    """Goes on after each of three crashes: every message once, in order, for every reader."""
    log = await open_log(bus)
    stop = asyncio.Event()
    async with log.subscribe("e.>") as everything, log.subscribe("e.1") as one:
        writers = [asyncio.create_task(write(log, writer, stop)) for writer in range(3)]
        for _ in range(3):
            await asyncio.sleep(0.3)
            server.kill()
            await asyncio.sleep(0.2)
            server.start()
        await asyncio.sleep(0.5)
        stop.set()
        acknowledged = [entry for writer in writers for entry in await writer]
        last = max(sequence for _, sequence in acknowledged)
        assert await take(everything, last) == list(range(1, last + 1))
        mine = [sequence for name, sequence in acknowledged if name.startswith("1 ")]
        assert await take(one, mine[-1]) == mine
    stored = {
        message.data.decode(): message.cursor.sequence async for message in log.history("e.>")
    }
    assert len(acknowledged) > 100
    assert stored == dict(acknowledged)


async def test_fenced_writer_goes_on_across_a_crash(bus: Bus, server: NatsServer) -> None:
    """Never takes its own message, stored just before the crash, for somebody else's."""
    log = await open_log(bus)
    last = 0
    crash = asyncio.get_running_loop().call_later(0.2, server.kill)
    for number in range(400):
        if crash.when() < asyncio.get_running_loop().time() and server.ended:
            server.start()
        append = partial(log.append, "e.a", b"x", message_id=str(number), expected_last=last)
        place = await eventually(append)
        last = place.sequence
    assert last == 400


async def test_append_under_way_outlasts_a_short_crash(bus: Bus, server: NatsServer) -> None:
    """Asks again by itself, with the same message id, for an acknowledgement that got lost."""
    log = await open_log(bus)
    server.pause()
    appends = [
        asyncio.create_task(log.append("e.a", b"x", message_id=str(number))) for number in range(50)
    ]
    await asyncio.sleep(0)
    server.kill()
    server.start()
    places = await asyncio.gather(*appends)
    assert sorted(place.sequence for place in places) == list(range(1, 51))


async def test_job_is_done_although_the_server_forgot_who_has_it(
    bus: Bus, server: NatsServer
) -> None:
    """Takes a job off the queue when nobody answers its acknowledgement any more."""
    queue = await bus.work_queue("queue", acknowledge_within=MINUTE, max_deliveries=3)
    for number in range(2):
        await queue.put(str(number).encode(), message_id=str(number))
    job = await queue.get(wait=MINUTE)
    assert job is not None
    client = await nats.connect(server.url)
    await client.jetstream().delete_consumer("queue", "workers")
    await client.close()
    await job.done()
    rest = await queue.get(wait=MINUTE)
    assert rest is not None
    assert (rest.data, rest.deliveries) == (b"1", 1)
    assert await queue.get(wait=timedelta()) is None


async def test_calls_fail_at_once_while_the_server_is_away(bus: Bus, server: NatsServer) -> None:
    """Says so instead of hanging, and recovers by itself."""
    log = await open_log(bus)
    queue = await bus.work_queue("queue", acknowledge_within=MINUTE, max_deliveries=3)
    store = await bus.key_value("store")
    await store.create("k", b"v", ttl=MINUTE)
    await queue.put(b"x", message_id="1")
    server.kill()
    calls = (
        bus.ping,
        lambda: log.append("e.a", b"x", message_id="1"),
        lambda: log.last("e.a"),
        lambda: anext(aiter(log.history("e.a"))),
        lambda: queue.put(b"x", message_id="2"),
        lambda: queue.get(wait=MINUTE),
        lambda: store.create("k2", b"v", ttl=MINUTE),
        lambda: store.get("k"),
        lambda: store.take("k"),
        lambda: log.subscribe("e.a").__aenter__(),
    )
    for call in calls:
        with pytest.raises(UnavailableError) as caught:
            async with asyncio.timeout(5):
                await call()
        assert caught.value.retry_after is not None
    server.start()
    await eventually(bus.ping)
    assert await eventually(lambda: store.take("k")) == b"v"
    job = await eventually(lambda: queue.get(wait=MINUTE))
    assert job is not None
    assert job.data == b"x"


async def test_frozen_server_is_noticed(bus: Bus, server: NatsServer) -> None:
    """Ends calls to a server that holds the connection and says nothing."""
    log = await open_log(bus)
    async with log.subscribe("e.a") as batches:
        server.pause()
        with pytest.raises(UnavailableError):
            async with asyncio.timeout(10):
                await log.append("e.a", b"x", message_id="1")
        server.resume()
        place = await eventually(lambda: log.append("e.a", b"x", message_id="1"))
        assert await take(batches, place.sequence) == [1]


async def test_closes_at_every_moment_of_a_loss(settings: jetstream.BusSettings) -> None:
    """Ends in time however far the client has come with a lost connection."""
    for turns in range(40):
        async with asyncio.timeout(10), jetstream.connect(settings) as bus:
            await bus.ping()
            bus._connection.session().client._transport._io_writer.transport.abort()
            for _ in range(turns):
                await asyncio.sleep(0)


async def test_second_answer_is_dropped(settings: jetstream.BusSettings) -> None:
    """Takes the first answer of a cluster that answers one request twice."""
    async with jetstream.connect(settings) as bus:
        session = bus._connection.session()

        async def answer_twice(request: Msg) -> None:
            for data in (b"first", b"second"):
                await session.publish(request.reply, data)

        await session.subscribe("twice", answer_twice)
        for _ in range(20):
            assert (await session.request("twice")).data == b"first"


async def test_starts_before_the_server(
    server: NatsServer, settings: jetstream.BusSettings
) -> None:
    """Lets a service start without NATS, and makes the streams when it comes."""
    server.kill()
    patient = jetstream.BusSettings(url=settings.url, connect_within=timedelta(milliseconds=50))
    async with jetstream.connect(patient) as bus:
        with pytest.raises(UnavailableError):
            await open_log(bus)
        server.start()
        log = await eventually(lambda: open_log(bus))
        assert (await log.append("e.a", b"x", message_id="1")).sequence == 1


async def test_job_in_hand_is_finished_across_a_crash(bus: Bus, server: NatsServer) -> None:
    """Takes a job off the queue although it was handed out over an earlier connection."""
    queue = await bus.work_queue("queue", acknowledge_within=MINUTE, max_deliveries=3)
    await queue.put(b"x", message_id="1")
    job = await queue.get(wait=MINUTE)
    assert job is not None
    server.kill()
    server.start()
    await eventually(job.keep)
    await eventually(job.done)
    assert await eventually(lambda: queue.get(wait=timedelta())) is None


async def test_lost_store_is_another_incarnation(bus: Bus, server: NatsServer) -> None:
    """Tells every holder of an old cursor, live ones too, and goes on with a new log."""
    log = await open_log(bus)
    for number in range(5):
        await log.append("e.a", b"x", message_id=str(number))
    before = log.epoch
    async with log.subscribe("e.a") as batches:
        assert await take(batches, 5) == [1, 2, 3, 4, 5]
        server.kill()
        shutil.rmtree(server.store)
        server.start()
        with pytest.raises(CursorUnknownError):
            await take(batches, 6)
    place = await eventually(lambda: log.append("e.a", b"new", message_id="0"))
    assert place == Cursor(epoch=log.epoch, sequence=1)
    assert log.epoch != before
    with pytest.raises(CursorUnknownError):
        async with log.subscribe("e.a", after=Cursor(epoch=before, sequence=1)):
            pytest.fail("subscribed")
    async with log.subscribe("e.a") as batches:
        assert await take(batches, 1) == [1]


async def test_frozen_server_holds_up_no_flood_of_appends(bus: Bus, server: NatsServer) -> None:
    """Ends appends that fill every buffer on the way, and goes on when the server does."""
    log = await open_log(bus)
    data = bytes(64 * 1024)
    server.pause()
    appends = [log.append("e.a", data, message_id=str(number)) for number in range(400)]
    async with asyncio.timeout(WAIT_SECONDS):
        results = await asyncio.gather(*appends, return_exceptions=True)
    assert {type(result) for result in results} == {UnavailableError}
    server.resume()
    for number in range(400):
        await eventually(partial(log.append, "e.a", data, message_id=str(number)))
    assert [m.cursor.sequence async for m in log.history("e.a")] == list(range(1, 401))


async def test_every_replica_learns_of_the_new_incarnation(
    bus: Bus, settings: jetstream.BusSettings, server: NatsServer
) -> None:
    """Names the new incarnation also where another replica was first to make it."""
    async with jetstream.connect(settings) as other_bus:
        log, other = await open_log(bus), await open_log(other_bus)
        before = log.epoch
        server.kill()
        shutil.rmtree(server.store)
        server.start()
        places = [
            await eventually(partial(each.append, "e.a", b"x", message_id=str(number)))
            for number, each in enumerate((log, other))
        ]
    assert [place.sequence for place in places] == [1, 2]
    assert places[0].epoch == places[1].epoch != before


async def test_log_is_brought_in_line_with_its_settings(
    bus: Bus, settings: jetstream.BusSettings
) -> None:
    """Keeps the messages and the incarnation when subjects or retention change."""
    log = await open_log(bus)
    place = await log.append("e.a", b"x", message_id="1")
    async with jetstream.connect(settings) as later:
        wider = await later.event_log("log", subjects=("e.>", "f.>"), retention=2 * MINUTE)
        assert wider.epoch == log.epoch
        assert (await wider.append("f.a", b"x", message_id="2")).sequence == 2
        found = await wider.last("e.a")
        assert found is not None
        assert found.cursor == place


async def test_stream_made_by_hand_gets_an_incarnation(
    bus: Bus, settings: jetstream.BusSettings, server: NatsServer
) -> None:
    """Marks a stream that somebody else made, once for everybody."""
    client = await nats.connect(server.url)
    await client.jetstream().add_stream(name="log", subjects=["e.>"], allow_direct=True)
    await client.jetstream().publish("e.a", b"before")
    await client.close()
    log = await open_log(bus)
    async with jetstream.connect(settings) as other:
        assert log.epoch == (await open_log(other)).epoch != ""
    assert [message.data async for message in log.history("e.a")] == [b"before"]
