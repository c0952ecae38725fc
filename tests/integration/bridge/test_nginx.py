"""Two bridges behind nginx, configured as `docs/nginx.conf` says."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from chassis.bus import memory
from chassis.testing.ports import free_port
from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.sse import open_stream, stages
from tests.unit.bridge.world import World, bridge, services, settings

NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
CONFIGURATION = Path(__file__).parents[3] / "docs" / "nginx.conf"

pytestmark = pytest.mark.skipif(
    not Path(NGINX).exists(), reason="no nginx: apt-get install nginx-light"
)


@asynccontextmanager
async def nginx(folder: Path, upstreams: Sequence[str], *, tls: bool = False) -> AsyncIterator[str]:
    """Run nginx in front of some bridges, and yield its URL.

    With TLS it speaks HTTP/2, by the lines that the configuration has for that.
    """
    port = free_port()
    servers = "\n".join(f"server {url.removeprefix('http://')};" for url in upstreams)
    text = CONFIGURATION.read_text().replace("server 127.0.0.1:8000;", servers)
    if tls:
        text = text.replace("listen 127.0.0.1:8080;", "")
        text = text.replace("# listen 127.0.0.1:8443", f"listen {port}").replace("# ssl_", "ssl_")
    (folder / "nginx.conf").write_text(text.replace("listen 127.0.0.1:8080", f"listen {port}"))
    process = await asyncio.create_subprocess_exec(
        NGINX, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"
    )
    try:
        await _listening(port)
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        process.terminate()
        await process.wait()


async def _listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


async def test_client_bounces_between_two_bridges(tmp_path: Path) -> None:
    """Tells one sequence to a client that reaches another replica at each connect."""
    async with (
        services() as (orchestrator, files, target),
        memory.connect() as bus,
        AsyncExitStack() as held,
    ):
        worlds: list[World] = [
            await held.enter_async_context(bridge(settings(), orchestrator, files, target, bus))
            for _ in range(2)
        ]
        url = await held.enter_async_context(nginx(tmp_path, [each.url for each in worlds]))
        script = orchestrator.add()
        expected = [f"step_{number}" for number in range(40)]
        for stage in expected:
            script.happen(stage, 0.3)
        script.happen("completed", 1.0, status=COMPLETED)
        http = await held.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10))
        headers: dict[str, str] = {}
        told: list[str] = []
        while told[-1:] != ["completed"]:
            answer = await http.post("/generations/gen_1/stream-token", headers=worlds[0].as_user())
            path = f"{url}/generations/gen_1/stream?token={answer.json()['sse_token']}"
            async with open_stream(path, headers=headers) as stream:
                await stream.until("connected")
                for _ in range(5):
                    event = await stream.event()
                    if event is None:
                        break
                    told += stages([event])
                    headers = {"last-event-id": event.fields["id"]}
        assert told == [*expected, "completed"]


async def test_events_pass_at_once(tmp_path: Path) -> None:
    """Holds no event back."""
    async with (
        services() as (orchestrator, files, target),
        memory.connect() as bus,
        bridge(settings(), orchestrator, files, target, bus) as running,
        nginx(tmp_path, [running.url]) as url,
    ):
        script = orchestrator.add()
        path = f"{url}/generations/gen_1/stream?token={await running.token()}"
        async with open_stream(path) as stream:
            for number in range(5):
                script.happen(f"step_{number}", 0.3)
                await stream.until(f"step_{number}")
