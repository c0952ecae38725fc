"""Readers that lag, and histories longer than what is kept: nothing is lost on the way."""

import asyncio
import contextlib
import re
from datetime import timedelta

import pytest

from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.sse import stages
from tests.unit.bridge.world import World, world


async def all_of(reader: asyncio.StreamReader) -> bytes:
    """Return what comes before a connection ends or is cut."""
    read = b""
    with contextlib.suppress(ConnectionError):
        while piece := await reader.read(65536):
            read += piece
    return read


async def raw_get(bridge: World, path: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a connection that asks for a path and reads nothing."""
    host, port = bridge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1024)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
    await writer.drain()
    return reader, writer


async def test_history_beyond_the_ring() -> None:
    """Sends the whole history also when the ring holds only its end."""
    async with world(stream_ring_events=16) as bridge:
        bridge.orchestrator.batch = 7
        script = bridge.orchestrator.add()
        cursors = [script.happen(f"step_{number}", 0.3) for number in range(100)]
        async with bridge.watch() as first:
            await first.until("step_99")
            async with (
                bridge.watch() as fresh,
                bridge.watch(last_event_id=cursors[9]) as behind,
                bridge.watch(last_event_id=cursors[97]) as near,
            ):
                assert stages(await fresh.until("step_99"))[1:] == [f"step_{n}" for n in range(100)]
                assert stages(await behind.until("step_99"))[1:] == [
                    f"step_{n}" for n in range(10, 100)
                ]
                assert stages(await near.until("step_99"))[1:] == ["step_98", "step_99"]
                script.happen("completed", 1.0, status=COMPLETED)
                for stream in (first, fresh, behind, near):
                    assert stages(await stream.rest()) == ["completed"]


async def test_history_that_comes_at_once_and_is_longer_than_the_ring() -> None:
    """Tells a fresh viewer all of it: that the ring lost its begin is no fault of the viewer."""
    async with world(stream_ring_events=16) as bridge:
        bridge.orchestrator.batch = 100
        script = bridge.orchestrator.add()
        for number in range(60):
            script.happen(f"step_{number}", 0.3)
        async with bridge.watch() as first:
            assert stages(await first.until("step_59"))[1:] == [f"step_{n}" for n in range(60)]


async def test_who_returns_at_once_shares_what_the_ring_has_lost() -> None:
    """Asks the source once for all who return with the same cursor."""
    async with world(stream_ring_events=16, stream_replay_linger=timedelta(minutes=1)) as bridge:
        bridge.orchestrator.batch = 100
        script = bridge.orchestrator.add()
        cursors = [script.happen(f"step_{number}", 0.3) for number in range(60)]

        async def returned() -> list[str]:
            async with bridge.watch(last_event_id=cursors[9]) as stream:
                return stages(await stream.until("step_59"))[1:]

        async with bridge.watch() as first:
            await first.until("step_59")
            told = await asyncio.gather(*(returned() for _ in range(20)))
        assert told == [[f"step_{number}" for number in range(10, 60)]] * 20
        asked = [watch.after_cursor for watch in bridge.orchestrator.watches]
        assert asked.count(cursors[9]) == 1


async def test_slow_reader_is_cut_and_nobody_notices() -> None:
    """Cuts a reader that is too far behind; others go on, and it resumes where it was."""
    async with world(stream_ring_events=64, stream_stall_timeout=timedelta(seconds=0.5)) as bridge:
        script = bridge.orchestrator.add()
        script.happen("initializing", 0.01)
        token = await bridge.token()
        reader, writer = await raw_get(bridge, f"/generations/gen_1/stream?token={token}")
        async with bridge.watch() as quick:
            await quick.until("initializing")
            for number in range(400):
                script.happen(f"step_{number}", 0.3, partial_output="x" * 50_000)
                await quick.until(f"step_{number}")
            script.happen("completed", 1.0, status=COMPLETED)
            assert stages(await quick.rest()) == ["completed"]
        read = await all_of(reader)
        writer.close()
        assert b'"completed"' not in read
        ids = [found.decode() for found in re.findall(rb"id: (\S+)\ndata: [^\n]*\n\n", read)]
        assert ids == [f"e1-{number + 1}" for number in range(len(ids))]
        cookie = re.search(rb"set-cookie: ([^;]+)", read)[1].decode()  # type: ignore[index]
        path = f"/generations/gen_1/stream?token={token}"
        async with bridge.stream(path, cookie=cookie, last_event_id=ids[-1]) as stream:
            rest = [frame.fields["id"] for frame in (await stream.rest())[1:]]
        assert [*ids, *rest] == [event.cursor for event in script.events]


@pytest.mark.parametrize("direct", [True, False])
async def test_both_ways_of_writing(*, direct: bool) -> None:
    """Tells the same through uvicorn's transport and through plain ASGI, to slow readers, too."""
    async with world(stream_direct_writes=direct) as bridge:
        script = bridge.orchestrator.add()
        script.happen("initializing", 0.01)
        async with bridge.watch() as stream:
            await stream.until("initializing")
            for number in range(300):
                script.happen(f"step_{number}", 0.3, partial_output="x" * 5_000)
                if number % 50 == 0:
                    await asyncio.sleep(0)
            script.happen("completed", 1.0, status=COMPLETED)
            told = stages(await stream.rest())
    assert told == [*(f"step_{number}" for number in range(300)), "completed"]
