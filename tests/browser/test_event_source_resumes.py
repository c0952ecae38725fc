"""A browser's own EventSource comes back: after a kill, in another tab, from another origin."""

from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page

from chassis.testing.ports import free_port
from tests.browser.listening import CLOSED, heard, listen, numbered
from tests.browser.proxy import wire
from tests.browser.test_event_source import RETRY, STEPS, elsewhere, steps
from tests.integration.bridge.test_process import running
from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.world import services, world

STREAM = "/generations/gen_1/stream"


async def test_killed_and_restarted(page: Page, nats_url: str) -> None:
    """Resumes by itself when the bridge, the only one, is killed and started again."""
    variables = {
        "BACKSMITH_BRIDGE_LISTEN": f"127.0.0.1:{free_port()}",
        "BACKSMITH_STREAM_RETRY": "0.2",
    }
    async with services() as (orchestrator, _, target):
        script = orchestrator.add()
        steps(script, 0, 20)
        async with running(nats_url, target, **variables) as first:
            await page.goto(first.url)
            await listen(page, f"{STREAM}?token={await first.token()}")
            await heard(page, "step_19")
            first.process.kill()
            await first.process.wait()
        steps(script, 20, 40)
        await page.wait_for_function("() => window.errors > 2")
        async with running(nats_url, target, **variables):
            await heard(page, "step_39")
            steps(script, 40, 60)
            script.happen("completed", 1.0, status=COMPLETED)
            events = await heard(page, "completed")
            await page.wait_for_function(CLOSED)
    assert numbered(events) == [*STEPS, "completed"]


async def test_duplicated_tab(chromium: Browser) -> None:
    """Tells a second tab of the same browser, which has the cookie, the same from the start."""
    async with world() as bridge, AsyncExitStack() as held:
        script = bridge.orchestrator.add()
        steps(script, 0, 10)
        context = await chromium.new_context()
        held.push_async_callback(context.close)
        first, second = await context.new_page(), await context.new_page()
        url = f"{STREAM}?token={await bridge.token()}"
        for tab in (first, second):
            await tab.goto(bridge.url)
            await listen(tab, url)
            await heard(tab, "step_9")
        script.happen("completed", 1.0, status=COMPLETED)
        stories = [numbered(await heard(tab, "completed")) for tab in (first, second)]
    assert stories[0] == stories[1] == [*STEPS[:10], "completed"]


@pytest.mark.parametrize("credentials", [True, False])
async def test_another_origin_resumes_with_credentials_only(
    page: Page, *, credentials: bool
) -> None:
    """Resumes from another origin if the page sends the cookie along, and ends if it does not."""
    async with AsyncExitStack() as held:
        origin = await held.enter_async_context(elsewhere("127.0.0.1"))
        bridge = await held.enter_async_context(
            world(allowed_origins=(origin,), stream_retry=RETRY)
        )
        network = await held.enter_async_context(wire(bridge.url))
        script = bridge.orchestrator.add()
        steps(script, 0, 20)
        await page.goto(origin)
        url = f"{network.url}{STREAM}?token={await bridge.token()}"
        await listen(page, url, credentials=credentials)
        await heard(page, "step_19")
        network.cut()
        steps(script, 20, 60)
        script.happen("completed", 1.0, status=COMPLETED)
        await page.wait_for_function("() => window.errors > 0")
        network.restore()
        await page.wait_for_function(CLOSED)
        told = numbered(await page.evaluate("() => window.heard"))
    assert told == ([*STEPS, "completed"] if credentials else STEPS[:20])


async def test_silence_is_no_end(page: Page) -> None:
    """Comes back by itself after the server closed a silent stream, and goes on where it was."""
    async with world(stream_retry=RETRY, stream_idle_timeout=timedelta(seconds=0.3)) as bridge:
        script = bridge.orchestrator.add()
        steps(script, 0, 10)
        await page.goto(bridge.url)
        await listen(page, f"{STREAM}?token={await bridge.token()}")
        await heard(page, "timeout")
        steps(script, 10, 60)
        script.happen("completed", 1.0, status=COMPLETED)
        assert numbered(await heard(page, "completed")) == [*STEPS, "completed"]
