"""A stop ends: in bounded time, however many streams are open, and whatever their readers do."""

import asyncio
import re
import signal
import time
from collections.abc import AsyncIterator

import pytest

from chassis.auth import TokenIssuer
from tests.integration.bridge.test_process import STREAM, Running, running
from tests.unit.bridge.orchestrator import FakeOrchestrator
from tests.unit.bridge.world import AUTH, services

LIMITS = {
    "BACKSMITH_STREAM_MAX_STREAMS_PER_USER": "5000",
    "BACKSMITH_STREAM_CONNECTS_PER_MINUTE": "100000",
}
RETRIES = re.compile(rb"^retry: (\d+)$", re.MULTILINE)


@pytest.fixture
async def orchestrator() -> AsyncIterator[tuple[FakeOrchestrator, str]]:
    """A scripted orchestrator and where it serves."""
    async with services() as (scripted, _, target):
        scripted.add().happen("step_0", 0.1)
        yield scripted, target


async def opened(
    bridge: Running, *, buffer: int = 4096
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a stream, raw; what is not read beyond the buffer holds the server up."""
    host, port = bridge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=buffer)
    bearer = TokenIssuer(AUTH).user_token("alice")
    writer.write(
        f"GET {STREAM} HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {bearer}\r\n\r\n".encode()
    )
    await reader.readuntil(b'"stage":"step_0"')
    return reader, writer


async def stopped(bridge: Running) -> float:
    """Send SIGTERM; return how long it took to exit with 0."""
    began = time.monotonic()
    bridge.process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(60):
        assert await bridge.process.wait() == 0
    return time.monotonic() - began


@pytest.mark.parametrize("streams", [100, pytest.param(2000, marks=pytest.mark.slow)])
@pytest.mark.timeout(300)
async def test_every_stream_is_handed_over(
    nats_url: str, orchestrator: tuple[FakeOrchestrator, str], streams: int
) -> None:
    """Tells every client when to come back, each at another time, and exits soon after."""
    scripted, target = orchestrator
    async with running(nats_url, target, **LIMITS) as bridge:
        clients = []
        for _ in range(streams // 100):
            clients += await asyncio.gather(*(opened(bridge) for _ in range(100)))
        endings = [asyncio.create_task(reader.read()) for reader, _ in clients]
        took = await stopped(bridge)
        told = await asyncio.gather(*endings)
        for _, writer in clients:
            writer.close()
        await scripted.idle()
    assert took < 30
    assert all(b'"stage":"handover"' in each and each.endswith(b"0\r\n\r\n") for each in told)
    waits = [int(RETRIES.findall(each)[-1]) for each in told]
    assert len(set(waits)) > streams // 4, "clients come back at different times"
    assert all(100 <= wait <= 1000 for wait in waits)


async def test_stalled_readers_hold_nothing_up(
    nats_url: str, orchestrator: tuple[FakeOrchestrator, str]
) -> None:
    """Exits in time although some clients read nothing, and lets go of its source."""
    scripted, target = orchestrator
    async with running(nats_url, target, **LIMITS) as bridge:
        stalled = await asyncio.gather(*(opened(bridge) for _ in range(5)))
        quick, quick_writer = await opened(bridge, buffer=2**24)
        for number in range(1, 150):
            scripted.scripts["gen_1"].happen(f"step_{number}", 0.1, partial_output="x" * 50_000)
        await quick.readuntil(b'"stage":"step_149"')
        reading = asyncio.create_task(quick.read())
        took = await stopped(bridge)
        assert b'"stage":"handover"' in await reading
        for _, writer in [*stalled, (quick, quick_writer)]:
            writer.transport.abort()
        await scripted.idle()
    assert took < 30
