"""Streams behave as contract §2 says, sentence by sentence."""

import asyncio
import contextlib
from contextlib import AsyncExitStack
from datetime import timedelta

import httpx

from chassis.bus import memory
from tests.unit.bridge.script import COMPLETED, FAILED, PENDING, PROCESSING, Script, phase_info
from tests.unit.bridge.sse import stages
from tests.unit.bridge.world import World, services, settings, world
from tests.unit.bridge.world import bridge as run_bridge


def finished(script: Script) -> None:
    """Let a whole generation happen."""
    script.happen("queued", 0.0, status=PENDING)
    script.happen("initializing", 0.01)
    script.happen("phase_1_complete", 0.2, phase_info=phase_info(1, 5))
    script.happen("completed", 1.0, status=COMPLETED, phase_info=phase_info(6, 30))


async def test_headers(bridge: World) -> None:
    """Sends the headers that keep proxies and caches out of the way."""
    bridge.orchestrator.add()
    async with bridge.watch() as stream:
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"


async def test_order_of_the_first_frames(bridge: World) -> None:
    """Begins with `retry:`, then `connected` without an id, then the history."""
    finished(bridge.orchestrator.add())
    async with bridge.watch() as stream:
        first = await stream.frame()
        assert first is not None
        assert set(first.fields) == {"retry"}
        connected = await stream.frame()
        assert connected is not None
        assert connected.stage == "connected"
        assert "id" not in connected.fields
        assert connected.json["status"] == "pending"
        assert connected.json["progress"] == 0.0
        rest = await stream.rest()
    assert stages(rest) == ["queued", "initializing", "phase_1_complete", "completed"]
    assert [frame.fields["id"] for frame in rest] == ["e1-1", "e1-2", "e1-3", "e1-4"]


async def test_live_tail_follows_the_history(bridge: World) -> None:
    """Goes on with what happens after the history, each event once and in order."""
    script = bridge.orchestrator.add()
    script.happen("queued", 0.0, status=PENDING)
    async with bridge.watch() as stream:
        await stream.until("queued")
        for number in range(200):
            script.happen(f"step_{number}", 0.3)
        script.happen("completed", 1.0, status=COMPLETED)
        rest = await stream.rest()
    assert stages(rest) == [*(f"step_{number}" for number in range(200)), "completed"]


async def test_resume(bridge: World) -> None:
    """Sends every event after `Last-Event-ID`, once, in order."""
    finished(bridge.orchestrator.add())
    async with bridge.watch(last_event_id="e1-2") as stream:
        frames = await stream.rest()
    assert stages(frames) == ["connected", "phase_1_complete", "completed"]
    assert frames[0].json["progress"] == 0.01


async def test_end_stops_reconnecting(bridge: World) -> None:
    """Answers 204 to a client that has the terminal event."""
    finished(bridge.orchestrator.add())
    path = f"/generations/gen_1/stream?token={await bridge.token()}"
    async with bridge.stream(path, last_event_id="e1-4") as stream:
        assert stream.status == 204


async def test_unknown_cursor_is_told(bridge: World) -> None:
    """Says `history_truncated` to a client whose cursor is unknown, then starts over."""
    finished(bridge.orchestrator.add())
    async with bridge.watch(last_event_id="other-9") as stream:
        frames = await stream.rest()
    assert stages(frames)[:3] == ["connected", "history_truncated", "queued"]
    assert stages(frames)[-1] == "completed"


async def test_framings(bridge: World) -> None:
    """Names frames on the one path and not on the other, unless `?frames=` says so."""
    finished(bridge.orchestrator.add())
    expected = {
        "/generations/generate/gen_1/stream?token=": "progress",
        "/generations/gen_1/stream?token=": None,
        "/generations/generate/gen_1/stream?frames=message&token=": None,
        "/generations/gen_1/stream?frames=named&token=": "progress",
    }
    for path, name in expected.items():
        async with bridge.stream(path + await bridge.token()) as stream:
            names = {frame.fields.get("event") for frame in await stream.rest()}
        assert names == {name}, path


async def test_from_now_and_from_snapshot(bridge: World) -> None:
    """Begins at the tail, or with one frame that says how far it is."""
    script = bridge.orchestrator.add()
    script.happen("initializing", 0.01)
    script.happen("phase_1_complete", 0.2, phase_info=phase_info(1, 5))
    async with (
        bridge.watch(query="&from=now") as tail,
        bridge.watch(query="&from=snapshot") as snapshot,
    ):
        assert (await tail.until("connected"))[0].json["progress"] == 0.2
        told = (await snapshot.until("snapshot"))[-1].json
        assert (told["progress"], told["phases_completed"], told["files_so_far"]) == (0.2, 1, 5)
        script.happen("completed", 1.0, status=COMPLETED)
        assert stages(await tail.rest()) == ["completed"]
        assert stages(await snapshot.rest()) == ["completed"]


async def test_ended_generation_in_full(bridge: World) -> None:
    """Opens for a generation that has ended: the whole history and the terminal event, once."""
    script = bridge.orchestrator.add()
    script.happen("queued", 0.0, status=PENDING)
    script.happen("error", 0.3, status=FAILED, error="the model gave up")
    for query in ("", "&from=snapshot", "&from=now"):
        async with bridge.watch(query=query) as stream:
            frames = await stream.rest()
        assert [frame.json["status"] for frame in frames].count("failed") == 1
        assert frames[-1].json["error"] == "the model gave up"
        assert all(frame.json["status"] != "failed" for frame in frames[:-1])


async def test_heartbeats() -> None:
    """Sends a comment in silence, or an event that scripts see if they ask for it."""
    async with world(stream_heartbeat=timedelta(milliseconds=50)) as bridge:
        bridge.orchestrator.add().happen("initializing", 0.01)
        async with bridge.watch() as comments, bridge.watch(query="&heartbeat=named") as named:
            await comments.until("initializing")
            beat = await comments.frame()
            assert beat is not None
            assert beat.comment == "heartbeat"
            await named.until("initializing")
            beat = await named.frame()
            assert beat is not None
            assert beat.fields == {"event": "heartbeat", "data": "{}"}


async def test_timeout() -> None:
    """Says `timeout`, with the status unchanged, and closes after too long a silence."""
    async with world(stream_idle_timeout=timedelta(milliseconds=100)) as bridge:
        bridge.orchestrator.add().happen("initializing", 0.01)
        async with bridge.watch() as stream:
            frames = await stream.rest()
    assert stages(frames) == ["connected", "initializing", "timeout"]
    assert frames[-1].json["status"] == "processing"
    assert frames[-1].json["progress"] == 0.01
    assert "id" not in frames[-1].fields


async def test_lost_source_is_attached_to_again(bridge: World) -> None:
    """Shows nothing of a lost source: goes on at its cursor, with nothing lost or doubled."""
    script = bridge.orchestrator.add()
    script.happen("initializing", 0.01)
    async with bridge.watch() as stream:
        await stream.until("initializing")
        await bridge.orchestrator.cut()
        script.happen("phase_1_complete", 0.2)
        script.happen("completed", 1.0, status=COMPLETED)
        assert stages(await stream.rest()) == ["phase_1_complete", "completed"]
    assert [watch.after_cursor for watch in bridge.orchestrator.watches][:2] == ["", "e1-1"]


async def test_source_away_at_the_start(bridge: World) -> None:
    """Opens while the orchestrator is away, and delivers when it is back."""
    script = bridge.orchestrator.add()
    finished(script)
    token = await bridge.token()
    bridge.orchestrator.away = True
    async with bridge.stream(f"/generations/gen_1/stream?token={token}") as stream:
        assert stream.status == 200
        await stream.until("connected")
        bridge.orchestrator.away = False
        assert stages(await stream.rest())[-1] == "completed"


async def test_restarted_log_is_told(bridge: World) -> None:
    """Says `history_truncated` to those who watch when the log was made anew."""
    script = bridge.orchestrator.add()
    script.happen("initializing", 0.01)
    async with bridge.watch() as stream:
        await stream.until("initializing")
        script.begin_anew("e2")
        script.happen("phase_1_complete", 0.2)
        script.happen("completed", 1.0, status=COMPLETED)
        frames = await stream.rest()
    assert stages(frames) == ["history_truncated", "phase_1_complete", "completed"]
    assert frames[-1].fields["id"] == "e2-2"


async def test_drain_hands_over() -> None:
    """Ends open streams at a stop with `handover` and a `retry:`, and without a terminal event."""
    async with services() as (orchestrator, files, target), memory.connect() as bus:
        orchestrator.add().happen("initializing", 0.01)
        async with AsyncExitStack() as of_bridge, AsyncExitStack() as of_stream:
            running = await of_bridge.enter_async_context(
                run_bridge(settings(), orchestrator, files, target, bus)
            )
            stream = await of_stream.enter_async_context(running.watch())
            await stream.until("initializing")
            stopping = asyncio.create_task(of_bridge.aclose())
            frames = []
            while (frame := await stream.frame()) is not None:
                frames.append(frame)
            await stopping
        assert "retry" in frames[0].fields
        assert frames[1].stage == "handover"
        assert frames[1].json["status"] == "processing"
        await orchestrator.idle()


async def test_stream_opened_during_a_drain() -> None:
    """Hands a stream over at once that is opened while the bridge drains already."""
    async with world() as bridge:
        bridge.orchestrator.add().happen("initializing", 0.01)
        bridge.parts.door.streams.draining = True
        async with bridge.watch() as stream:
            assert stages(await stream.rest())[-1] == "handover"


async def test_two_bridges_tell_the_same(bridge: World) -> None:
    """Resumes on another replica with the cursor of the first."""
    script = bridge.orchestrator.add()
    finished(script)
    async with services() as (other, files, target), memory.connect() as bus:
        other.scripts = bridge.orchestrator.scripts
        async with run_bridge(settings(), other, files, target, bus) as second:
            async with bridge.watch() as stream:
                cursor = (await stream.until("initializing"))[-1].fields["id"]
            async with second.watch(last_event_id=cursor) as stream:
                assert stages(await stream.rest())[1:] == ["phase_1_complete", "completed"]


async def test_one_source_for_all_viewers(bridge: World) -> None:
    """Reads the source once, however many watch."""
    script = bridge.orchestrator.add()
    script.happen("initializing", 0.01)
    async with AsyncExitStack() as held:
        streams = [await held.enter_async_context(bridge.watch()) for _ in range(20)]
        for stream in streams:
            await stream.until("initializing")
        assert bridge.orchestrator.watching["gen_1"] == 1
        script.happen("completed", 1.0, status=COMPLETED)
        for stream in streams:
            assert stages(await stream.rest()) == ["completed"]


async def test_source_is_let_go() -> None:
    """Cancels its watch when the last viewer has gone and nobody returns."""
    async with world(stream_linger=timedelta(milliseconds=20)) as bridge:
        bridge.orchestrator.add().happen("initializing", 0.01)
        async with bridge.watch() as stream:
            await stream.until("initializing")
        await bridge.orchestrator.idle()


async def test_line_breaks_cannot_forge_frames(bridge: World) -> None:
    """Keeps what a message says inside its one line."""
    script = bridge.orchestrator.add()
    script.happen("initializing", 0.01, message="a\r\n\r\nevent: progress\ndata: {}\n\n\0b")
    async with bridge.watch() as stream:
        frame = (await stream.until("initializing"))[-1]
    assert set(frame.fields) == {"id", "data"}
    assert frame.json["message"] == "a\r\n\r\nevent: progress\ndata: {}\n\n\0b"


async def test_retried_generation_is_not_over(bridge: World) -> None:
    """Goes on after the failure of an attempt that was retried."""
    script = bridge.orchestrator.add()
    cursor = script.happen("error", 0.3, status=FAILED, error="once")
    async with bridge.watch() as stream:
        await stream.rest()
    script.events[0].event.status = PROCESSING
    script.events[0].event.stage = "attempt_failed"
    script.happen("queued", 0.3, status=PENDING)
    async with bridge.watch(last_event_id=cursor) as stream:
        await stream.until("queued")
        script.happen("completed", 1.0, status=COMPLETED)
        assert stages(await stream.rest()) == ["completed"]


async def test_compression_flushes_every_event() -> None:
    """Compresses for clients that accept it, where a setting allows it, event by event."""
    async with world(stream_compression=True) as bridge:
        script = bridge.orchestrator.add()
        async with bridge.watch(accept_encoding="gzip") as stream:
            assert stream.headers["content-encoding"] == "gzip"
            for number in range(5):
                script.happen(f"step_{number}", 0.3)
                await stream.until(f"step_{number}")
            script.happen("completed", 1.0, status=COMPLETED)
            assert stages(await stream.rest()) == ["completed"]
        async with bridge.watch(accept_encoding="identity") as stream:
            assert "content-encoding" not in stream.headers


async def test_a_batch_longer_than_the_ring_is_never_told_in_part() -> None:
    """Cuts a viewer whom a batch takes past the ring rather than skip what the ring lost."""
    async with world(stream_ring_events=4) as bridge:
        bridge.orchestrator.batch = 20
        script = bridge.orchestrator.add()
        script.happen("initializing", 0.01)
        told = []
        async with bridge.watch() as stream:
            await stream.until("initializing")
            for number in range(20):
                script.happen(f"step_{number}", 0.3)
            with contextlib.suppress(httpx.RemoteProtocolError):
                told = stages(await stream.rest())
    assert told == [f"step_{number}" for number in range(len(told))]
