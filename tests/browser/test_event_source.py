"""What a browser's own EventSource makes of the streams, unmodified."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page

from chassis.bus import memory
from tests.browser.listening import CLOSED, heard, listen, numbered
from tests.browser.proxy import wire
from tests.unit.bridge.script import COMPLETED, Script
from tests.unit.bridge.world import bridge, services, settings, world

RETRY = timedelta(milliseconds=200)
STEPS = [f"step_{number}" for number in range(60)]


def steps(script: Script, begin: int, end: int) -> None:
    """Let some things happen."""
    for number in range(begin, end):
        script.happen(f"step_{number}", number / 100)


@pytest.mark.parametrize(
    ("path", "habit"), [("/generations", "onmessage"), ("/generations/generate", "progress")]
)
async def test_both_habits(page: Page, path: str, habit: str) -> None:
    """Hears everything by `onmessage` on one path, and by `progress` listeners on the other."""
    async with world() as running:
        script = running.orchestrator.add()
        steps(script, 0, 30)
        await page.goto(running.url)
        token = await running.token()
        await listen(page, f"{path}/gen_1/stream?token={token}", habit=habit)
        await heard(page, "step_29")
        steps(script, 30, 60)
        script.happen("completed", 1.0, status=COMPLETED)
        events = await heard(page, "completed")
    assert events[0]["stage"] == "connected"
    assert numbered(events) == [*STEPS, "completed"]


async def test_cut_and_restored(page: Page) -> None:
    """Resumes by itself after the network was away: nothing lost, nothing doubled."""
    async with world(stream_retry=RETRY) as running, wire(running.url) as network:
        script = running.orchestrator.add()
        steps(script, 0, 20)
        await page.goto(network.url)
        await listen(page, f"/generations/gen_1/stream?token={await running.token()}")
        await heard(page, "step_19")
        network.cut()
        steps(script, 20, 40)
        await page.wait_for_function("() => window.errors > 0")
        network.restore()
        await heard(page, "step_39")
        steps(script, 40, 60)
        script.happen("completed", 1.0, status=COMPLETED)
        assert numbered(await heard(page, "completed")) == [*STEPS, "completed"]


@pytest.mark.parametrize("drained", [True, False])
async def test_another_replica_takes_over(page: Page, *, drained: bool) -> None:
    """Goes on at another replica when the first is stopped, or just gone."""
    configured = settings(stream_retry=RETRY)
    async with services() as (orchestrator, files, target), memory.connect() as bus:
        script = orchestrator.add()
        async with AsyncExitStack() as first, AsyncExitStack() as rest:
            one = await first.enter_async_context(
                bridge(configured, orchestrator, files, target, bus)
            )
            two = await rest.enter_async_context(
                bridge(configured, orchestrator, files, target, bus)
            )
            network = await rest.enter_async_context(wire(one.url))
            steps(script, 0, 20)
            await page.goto(network.url)
            await listen(page, f"/generations/gen_1/stream?token={await one.token()}")
            await heard(page, "step_19")
            network.target = two.url
            if drained:
                await first.aclose()
            else:
                network.cut()
                network.restore()
            steps(script, 20, 60)
            script.happen("completed", 1.0, status=COMPLETED)
            events = await heard(page, "completed")
    assert numbered(events) == [*STEPS, "completed"]
    assert any(event["stage"] == "handover" for event in events) == drained


async def test_ended_stream_stops_reconnecting(page: Page) -> None:
    """Comes back once after the end, and never again, also when the page forgets to close."""
    async with world(stream_retry=RETRY) as running, wire(running.url) as network:
        script = running.orchestrator.add()
        steps(script, 0, 5)
        script.happen("completed", 1.0, status=COMPLETED)
        await page.goto(network.url)
        await listen(page, f"/generations/gen_1/stream?token={await running.token()}")
        await heard(page, "completed")
        await page.wait_for_function(CLOSED)
        before = len([each for each in network.requests if "/stream" in each])
        await asyncio.sleep(5 * RETRY.total_seconds())
        after = len([each for each in network.requests if "/stream" in each])
        assert before == after == 2
        events = await heard(page, "completed")
    assert numbered(events).count("completed") == 1


async def test_second_tab(chromium: Browser) -> None:
    """Tells a second tab the same; the first one's URL opens nothing there."""
    async with world() as running:
        script = running.orchestrator.add()
        steps(script, 0, 10)
        first, second = await chromium.new_page(), await (await chromium.new_context()).new_page()
        url = f"/generations/gen_1/stream?token={await running.token()}"
        for tab in (first, second):
            await tab.goto(running.url)
        await listen(first, url)
        await heard(first, "step_9")
        await listen(second, url)
        await second.wait_for_function(CLOSED)
        await listen(second, f"/generations/gen_1/stream?token={await running.token()}")
        script.happen("completed", 1.0, status=COMPLETED)
        stories = [numbered(await heard(tab, "completed")) for tab in (first, second)]
    assert stories[0] == stories[1] == [*STEPS[:10], "completed"]


@asynccontextmanager
async def elsewhere(host: str = "localhost") -> AsyncIterator[str]:
    """Serve an empty page at an origin of its own, which it yields; by default at another site."""
    page = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi"

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(page)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://{host}:{server.sockets[0].getsockname()[1]}"


@pytest.mark.parametrize("credentials", [True, False])
async def test_allowed_origin(page: Page, *, credentials: bool) -> None:
    """Lets a page of an allowed origin listen, with credentials and without."""
    async with elsewhere() as origin, world(allowed_origins=(origin,)) as running:
        script = running.orchestrator.add()
        steps(script, 0, 3)
        script.happen("completed", 1.0, status=COMPLETED)
        await page.goto(origin)
        url = f"{running.url}/generations/gen_1/stream?token={await running.token()}"
        await listen(page, url, credentials=credentials)
        assert numbered(await heard(page, "completed")) == [*STEPS[:3], "completed"]


async def test_other_origin(page: Page) -> None:
    """Lets no page of another origin listen."""
    async with elsewhere() as origin, world(allowed_origins=("https://a.example",)) as running:
        running.orchestrator.add()
        await page.goto(origin)
        await listen(page, f"{running.url}/generations/gen_1/stream?token={await running.token()}")
        await page.wait_for_function(CLOSED)
        assert await page.evaluate("() => window.heard") == []
