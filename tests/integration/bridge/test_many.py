"""Many viewers, and many generations: all complete, and none is told anything wrong."""

import asyncio
import re

import pytest

from tests.unit.bridge.script import COMPLETED, play
from tests.unit.bridge.world import World, world

EVENT = re.compile(rb"^id: (\S+)$", re.MULTILINE)

pytestmark = pytest.mark.slow


async def cursors(bridge: World, generation_id: str, bearer: str) -> list[bytes]:
    """Read a stream raw, to its end; return the ids in it."""
    host, port = bridge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET /generations/{generation_id}/stream HTTP/1.1\r\n"
        f"Host: test\r\nAuthorization: {bearer}\r\nConnection: close\r\n\r\n".encode()
    )
    told = await reader.read(-1)
    writer.close()
    await writer.wait_closed()
    assert told.startswith(b"HTTP/1.1 200 "), told[:2000]
    assert told.count(b'"status":"completed"') == 1
    return EVENT.findall(told)


async def test_two_thousand_viewers_of_one_generation() -> None:
    """Tells two thousand viewers the same, from one source."""
    async with world(
        stream_max_streams_per_user=5000, stream_connects_per_minute=100_000
    ) as bridge:
        script = bridge.orchestrator.add()
        script.happen("initializing", 0.01)
        bearer = bridge.as_user()["authorization"]
        viewers = [asyncio.create_task(cursors(bridge, "gen_1", bearer)) for _ in range(2000)]
        async with asyncio.timeout(90):
            while len(bridge.parts.door.streams) < 2000:  # noqa: ASYNC110 - counted elsewhere
                await asyncio.sleep(0.05)
        for number in range(20):
            script.happen(f"step_{number}", 0.3)
            await asyncio.sleep(0.02)
        script.happen("completed", 1.0, status=COMPLETED)
        stories = await asyncio.gather(*viewers)
        expected = [event.cursor.encode() for event in script.events]
        assert all(story == expected for story in stories)
        assert bridge.orchestrator.calls["GetGeneration"] < 200, "who comes together asks once"


async def test_five_hundred_generations() -> None:
    """Completes five hundred generations with a viewer each, over one call."""
    async with world(
        stream_max_streams_per_user=5000, stream_connects_per_minute=100_000
    ) as bridge:
        names = [f"gen_{number}" for number in range(500)]
        scripts = {name: bridge.orchestrator.add(name) for name in names}
        bearer = bridge.as_user()["authorization"]
        viewers = [asyncio.create_task(cursors(bridge, name, bearer)) for name in scripts]
        await asyncio.gather(*(play(script) for script in scripts.values()))
        stories = await asyncio.gather(*viewers)
        for story, script in zip(stories, scripts.values(), strict=True):
            assert story == [event.cursor.encode() for event in script.events]
        assert bridge.orchestrator.relays <= 1, "one call at a time carries all"
