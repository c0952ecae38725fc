"""Streams behave as contract §2 says, sentence by sentence."""

from tests.unit.bridge.orchestrator import COMPLETED, PENDING, Script, phase_info
from tests.unit.bridge.sse import stages
from tests.unit.bridge.world import World


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
