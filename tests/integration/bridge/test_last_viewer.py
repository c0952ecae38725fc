"""What becomes of a generation when its viewers leave, over real bridges and an orchestrator.

Every sleep here is a time in which somebody watches, or in which nobody does.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

from backsmith.progress.v1 import progress_pb2

from chassis.auth import TokenIssuer
from orchestrator_svc.settings import AbandonmentSettings
from tests.integration.bridge.test_process import Running, running
from tests.integration.orchestrator_svc.conftest import (  # noqa: F401 - fixtures
    AUTH,
    Client,
    System,
    files_address,
    generator,
    generator_address,
    system,
)
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
from tests.unit.bridge.sse import open_stream
from tests.unit.bridge.world import World, settings
from tests.unit.bridge.world import bridge as run_bridge

AFTER = 5
PATIENT = AbandonmentSettings(interval=timedelta(milliseconds=50), listen_first=timedelta())


@asynccontextmanager
async def orchestrator(system: System) -> AsyncIterator[Client]:  # noqa: F811
    """Run an orchestrator that need not listen first: nothing was away."""
    async with system.orchestrator(abandonment=PATIENT) as client:
        yield client


async def held(client: Client, generator: FakeGenerator, **more: Any) -> str:  # noqa: F811
    """Start a generation that does not end by itself."""
    hold = generator.hold(2)
    started = await client.start(user_id="alice", **more)
    await hold.reached.wait()
    return str(started.generation_id)


async def status(client: Client, generation_id: str) -> "progress_pb2.GenerationStatus.ValueType":
    """Return where a generation stands."""
    generation = await client.get(generation_id, user_id="alice")
    return generation.status  # type: ignore[no-any-return]


async def end(client: Client, generation_id: str) -> str:
    """Wait for the end of a generation; watching over gRPC makes nobody a viewer."""
    story = await client.story(generation_id, user_id="alice")
    return story[-1].stage


@asynccontextmanager
async def two_bridges(system: System, target: str) -> AsyncIterator[list[World]]:  # noqa: F811
    """Run two bridges over one orchestrator."""
    configured = settings(auth=AUTH)
    async with AsyncExitStack() as stack:
        worlds = [
            await stack.enter_async_context(
                run_bridge(configured, None, None, target, system.bus)  # type: ignore[arg-type]
            )
            for _ in range(2)
        ]
        for each in worlds:
            each.issuer = TokenIssuer(AUTH)
        yield worlds


async def test_bouncing_and_leaving(system: System, generator: FakeGenerator) -> None:  # noqa: F811
    """Goes on while a viewer bounces between two bridges, and ends when it stays away."""
    async with orchestrator(system) as client, two_bridges(system, client.address) as bridges:
        generation_id = await held(client, generator)
        answer = await bridges[0].http.post(
            f"/generations/{generation_id}/stream-token",
            json={"cancel_after": AFTER},
            headers=bridges[0].as_user(),
        )
        assert answer.status_code == 200
        began = left = time.monotonic()
        for turn in range(8):
            async with bridges[turn % 2].watch(generation_id) as stream:
                await stream.until("phase_1_complete")
                await asyncio.sleep(1)
            left = time.monotonic()
        assert left - began > AFTER
        assert await status(client, generation_id) == progress_pb2.GENERATION_STATUS_PROCESSING
        assert await end(client, generation_id) == "cancelled"
        assert AFTER <= time.monotonic() - left < AFTER + 4


async def test_a_viewer_elsewhere_counts(system: System, generator: FakeGenerator) -> None:  # noqa: F811
    """Goes on when the viewers of one bridge leave while another bridge has one."""
    async with orchestrator(system) as client, two_bridges(system, client.address) as bridges:
        generation_id = await held(client, generator, cancel_after=timedelta(seconds=AFTER))
        async with bridges[1].watch(generation_id) as staying:
            await staying.until("phase_1_complete")
            async with bridges[0].watch(generation_id) as leaving:
                await leaving.until("phase_1_complete")
            await asyncio.sleep(AFTER + 1)
            assert await status(client, generation_id) == progress_pb2.GENERATION_STATUS_PROCESSING
        assert await end(client, generation_id) == "cancelled"


async def test_closing_a_tab_is_no_cancel(system: System, generator: FakeGenerator) -> None:  # noqa: F811
    """Goes on without viewers unless it was asked to be cancelled."""
    async with orchestrator(system) as client, two_bridges(system, client.address) as bridges:
        hold = generator.hold(2)
        started = await client.start(user_id="alice")
        async with bridges[0].watch(started.generation_id) as stream:
            await stream.until("phase_1_complete")
        await asyncio.sleep(AFTER + 1)
        hold.release.set()
        assert await end(client, started.generation_id) == "completed"


async def resumed(bridge: Running, path: str, cookie: str) -> Any:
    """Open a stream again, as an EventSource does."""
    return open_stream(bridge.url + path, headers={"cookie": cookie})


async def test_killed_bridge(
    nats_url: str,
    system: System,  # noqa: F811
    generator: FakeGenerator,  # noqa: F811
) -> None:
    """Waits for the viewers of a bridge that was killed, and counts when they leave the next."""
    interval = {"BACKSMITH_STREAM_REPORT_INTERVAL": "0.5"}
    async with orchestrator(system) as client:
        generation_id = await held(client, generator, cancel_after=timedelta(seconds=AFTER))
        stream_path = f"/generations/{generation_id}/stream"
        async with running(nats_url, client.address, auth=AUTH, **interval) as first:
            path = f"{stream_path}?token={await first.token(stream_path)}"
            async with open_stream(first.url + path) as stream:
                await stream.until("phase_1_complete")
                cookie = stream.headers["set-cookie"].partition(";")[0]
                await asyncio.sleep(1)
                first.process.kill()
        async with running(nats_url, client.address, auth=AUTH, **interval) as second:
            async with await resumed(second, path, cookie) as stream:
                await stream.until("phase_1_complete")
                await asyncio.sleep(AFTER + 3)
                state = await status(client, generation_id)
                assert state == progress_pb2.GENERATION_STATUS_PROCESSING
            assert await end(client, generation_id) == "cancelled"
