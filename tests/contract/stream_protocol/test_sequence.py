"""What a stream tells, and in which order (docs/stream-protocol.md, sections 3 and 4)."""

import asyncio

import pytest

from tests.contract.stream_protocol.target import TERMINAL, Target, stored, told
from tests.unit.bridge.sse import stages


async def test_headers(target: Target) -> None:
    """Is an event stream that nobody caches or buffers."""
    started = await target.start()
    async with target.watch(started["generation_id"]) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"].lower() == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"


async def test_first_frames(target: Target) -> None:
    """Begins with `retry:`, then `connected`, which has no id and no terminal status."""
    started = await target.start()
    for _ in ("while it runs", "after its end"):
        async with target.watch(started["generation_id"]) as stream:
            first = await stream.frame()
            assert first is not None
            assert int(first.fields["retry"]) > 0
            connected = await stream.event()
            assert connected is not None
            assert connected.stage == "connected"
            assert connected.json["status"] in {"pending", "processing"}
            assert connected.json["progress"] == 0.0
            assert "id" not in connected.fields
            await stream.rest()


async def test_whole_stream(target: Target) -> None:
    """Numbers every stored event, never goes backwards, and ends with one terminal event."""
    started = await target.start()
    async with target.watch(started["generation_id"]) as stream:
        frames = await stream.rest()
    kept = stored(frames)
    assert frames[1:] == kept, "nothing but `connected` came without an id"
    ids = [frame.fields["id"] for frame in kept]
    assert len(set(ids)) == len(ids)
    progress = [frame.json["progress"] for frame in frames]
    assert progress == sorted(progress)
    assert 0.0 <= progress[0] <= progress[-1] == 1.0
    ends = [frame for frame in frames if frame.json["status"] in TERMINAL]
    assert ends == [frames[-1]]
    assert {frame.json["generation_id"] for frame in frames} == {started["generation_id"]}


async def test_late_joiners_see_the_same(target: Target) -> None:
    """Tells everybody the same, whenever they come."""
    started = await target.start()

    async def join(delay: float) -> list[tuple[str, str]]:
        await asyncio.sleep(delay)
        return told(await target.history(started["generation_id"]))

    first, *others = await asyncio.gather(*(join(delay) for delay in (0, 0.05, 0.2, 1)))
    assert first
    assert all(other == first for other in others)


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("/generations/generate", "", "progress"),
        ("/generations/generate", "&frames=message", None),
        ("/generations", "", None),
        ("/generations", "&frames=named", "progress"),
    ],
)
async def test_framing(target: Target, path: str, query: str, name: str | None) -> None:
    """Names frames on one path and not on the other, unless asked otherwise."""
    identifier = (await target.start())["generation_id"]
    token = await target.token(identifier, path=path)
    async with target.stream(f"{path}/{identifier}/stream?token={token}{query}") as stream:
        assert {frame.fields.get("event") for frame in await stream.rest()} == {name}


async def test_from_snapshot_and_now(target: Target) -> None:
    """Tells a latecomer how far it is, or nothing, and then the end."""
    identifier = (await target.start())["generation_id"]
    end = (await target.history(identifier))[-1]
    async with target.watch(identifier, query="&from=snapshot") as stream:
        frames = await stream.rest()
    assert stages(frames) == ["connected", "snapshot", end.stage]
    assert frames[1].json["status"] not in TERMINAL
    async with target.watch(identifier, query="&from=now") as stream:
        assert stages(await stream.rest()) == ["connected", end.stage]
