"""The bridge as a process, over a real nats-server: shared tokens, crashes, a stop that ends."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
import pytest

from chassis.auth import AuthSettings, TokenIssuer
from tests.unit.bridge.orchestrator import FakeOrchestrator
from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.sse import open_stream, stages
from tests.unit.bridge.world import AUTH, services

STREAM = "/generations/gen_1/stream"


@dataclass
class Running:
    """A bridge in a process of its own."""

    url: str
    process: asyncio.subprocess.Process
    auth: AuthSettings = AUTH

    async def token(self, stream: str = STREAM) -> str:
        """Return a stream token."""
        bearer = TokenIssuer(self.auth).user_token("alice")
        async with httpx.AsyncClient(base_url=self.url, timeout=20) as http:
            answer = await http.post(
                f"{stream}-token", headers={"authorization": f"Bearer {bearer}"}
            )
        return str(answer.raise_for_status().json()["sse_token"])


@asynccontextmanager
async def running(
    nats_url: str, target: str, *, auth: AuthSettings = AUTH, **variables: str
) -> AsyncIterator[Running]:
    """Run `python -m bridge` for the length of a block."""
    environment = os.environ | {
        "BACKSMITH_AUTH_SECRET": auth.secret,
        "BACKSMITH_AUTH_MODE": "development",
        "BACKSMITH_NATS_URL": nats_url,
        "BACKSMITH_BRIDGE_ORCHESTRATOR_TARGET": target,
        "BACKSMITH_BRIDGE_FILES_TARGET": target,
        "BACKSMITH_BRIDGE_LISTEN": "127.0.0.1:0",
        "BACKSMITH_BRIDGE_DRAIN": "1",
        "BACKSMITH_LOG_LEVEL": "WARNING",
        **variables,
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bridge", env=environment, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        word, url = (await process.stdout.readline()).decode().split()
        assert word == "ready"
        yield Running(url, process, auth)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.fixture
async def orchestrator() -> AsyncIterator[tuple[FakeOrchestrator, str]]:
    """A scripted orchestrator and where it serves."""
    async with services() as (scripted, _, target):
        yield scripted, target


async def test_token_of_one_replica_opens_at_another_once(
    nats_url: str, orchestrator: tuple[FakeOrchestrator, str]
) -> None:
    """Burns a token across replicas: of two simultaneous uses at two bridges one wins."""
    scripted, target = orchestrator
    scripted.add().happen("completed", 1.0, status=COMPLETED)
    async with running(nats_url, target) as one, running(nats_url, target) as two:

        async def use(bridge: Running, token: str) -> int:
            async with open_stream(f"{bridge.url}{STREAM}?token={token}") as stream:
                return stream.status

        for _ in range(20):
            token = await one.token()
            assert sorted(await asyncio.gather(use(one, token), use(two, token))) == [200, 401]


async def test_killed_and_resumed_at_another(
    nats_url: str, orchestrator: tuple[FakeOrchestrator, str]
) -> None:
    """Loses nothing when a bridge is killed: the cookie resumes at another one."""
    scripted, target = orchestrator
    script = scripted.add()
    script.happen("step_0", 0.1)
    async with running(nats_url, target) as two:
        async with running(nats_url, target) as one:
            path = f"{STREAM}?token={await one.token()}"
            async with open_stream(one.url + path) as stream:
                last = (await stream.until("step_0"))[-1]
                cookie = stream.headers["set-cookie"].partition(";")[0]
                one.process.kill()
        script.happen("step_1", 0.2)
        script.happen("completed", 1.0, status=COMPLETED)
        headers = {"cookie": cookie, "last-event-id": last.fields["id"]}
        async with open_stream(two.url + path, headers=headers) as stream:
            assert stages(await stream.rest()) == ["connected", "step_1", "completed"]


async def test_stop_with_many_open_streams(
    nats_url: str, orchestrator: tuple[FakeOrchestrator, str]
) -> None:
    """Hands every stream over at SIGTERM, lets go of its source, and exits in time with 0."""
    scripted, target = orchestrator
    scripted.add().happen("step_0", 0.1)
    async with running(nats_url, target) as bridge, AsyncExitStack() as held:
        opened = []
        for _ in range(40):
            url = f"{bridge.url}{STREAM}?token={await bridge.token()}"
            opened.append(await held.enter_async_context(open_stream(url)))
        await asyncio.gather(*(stream.until("step_0") for stream in opened))
        began = time.monotonic()
        bridge.process.send_signal(signal.SIGTERM)
        ends = [stages(await stream.rest()) for stream in opened]
        assert ends == [["handover"]] * 40
        assert await bridge.process.wait() == 0
        assert time.monotonic() - began < 15
        await scripted.idle()


async def test_nats_away(orchestrator: tuple[FakeOrchestrator, str]) -> None:
    """Starts without NATS, is not ready, and refuses tokens with 503 and `Retry-After`."""
    scripted, target = orchestrator
    scripted.add()
    async with (
        running("nats://127.0.0.1:1", target) as bridge,
        httpx.AsyncClient(base_url=bridge.url, timeout=20) as http,
    ):
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 503
        bearer = TokenIssuer(AUTH).user_token("alice")
        answer = await http.post(f"{STREAM}-token", headers={"authorization": f"Bearer {bearer}"})
        assert answer.status_code == 503
        assert int(answer.headers["retry-after"]) >= 1
