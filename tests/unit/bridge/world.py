"""The bridge, served by real uvicorn, over scripted services and a bus in memory."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import grpc
import httpx
from backsmith.files.v1.files_service_pb2_grpc import add_FilesServiceServicer_to_server
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import (
    add_OrchestratorServiceServicer_to_server,
)
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from bridge.app import assembled, create_app
from bridge.parts import Parts
from bridge.serving import serve
from bridge.settings import BridgeSettings, StreamSettings
from chassis.auth import AuthSettings, TokenIssuer
from chassis.bus import memory
from chassis.bus.interface import Bus
from chassis.bus.jetstream import BusSettings
from chassis.channel import ChannelSettings
from tests.unit.bridge.files import FakeFiles
from tests.unit.bridge.orchestrator import FakeOrchestrator
from tests.unit.bridge.sse import Stream, open_stream

AUTH = AuthSettings(secret="a secret for tests, and long enough", mode="development")
PROMPT = "A blog with posts and comments"


@dataclass
class World:
    """A running bridge and what stands behind it."""

    url: str
    http: httpx.AsyncClient
    orchestrator: FakeOrchestrator
    files: FakeFiles
    parts: Parts
    issuer: TokenIssuer = field(default_factory=lambda: TokenIssuer(AUTH))

    def as_user(self, user_id: str = "alice") -> dict[str, str]:
        """Return the header by which a user calls."""
        return {"authorization": f"Bearer {self.issuer.user_token(user_id)}"}

    async def token(self, generation_id: str = "gen_1", *, user_id: str = "alice") -> str:
        """Return a stream token."""
        path = f"/generations/{generation_id}/stream-token"
        answer = await self.http.post(path, headers=self.as_user(user_id))
        return str(answer.raise_for_status().json()["sse_token"])

    def stream(self, path: str, **headers: str) -> Any:
        """Open a stream with nothing but the path and some headers."""
        return open_stream(
            self.url + path, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )

    @asynccontextmanager
    async def watch(
        self, generation_id: str = "gen_1", *, query: str = "", **headers: str
    ) -> AsyncIterator[Stream]:
        """Open a generation's stream of unnamed frames with a fresh token."""
        token = await self.token(generation_id)
        path = f"/generations/{generation_id}/stream?token={token}{query}"
        async with self.stream(path, **headers) as stream:
            assert stream.status == 200, stream.body
            yield stream


def settings(**changes: Any) -> BridgeSettings:
    """Return settings for a bridge in a test; changes prefixed `stream_` go to its streams."""
    of_streams = {
        name.removeprefix("stream_"): changes.pop(name)
        for name in tuple(changes)
        if name.startswith("stream_")
    }
    stream = StreamSettings(
        reattach_backoff=timedelta(milliseconds=20), connect_patience=timedelta(seconds=1)
    )
    base = BridgeSettings(
        auth=AUTH,
        bus=BusSettings(),
        channel=ChannelSettings(max_reconnect_backoff=timedelta(milliseconds=200)),
        stream=replace(stream, **of_streams),
        orchestrator_target="",
        files_target="",
        listen="127.0.0.1:0",
        drain=timedelta(seconds=0.5),
        stop_grace=timedelta(seconds=1),
    )
    return replace(base, **changes)


@asynccontextmanager
async def services() -> AsyncIterator[tuple[FakeOrchestrator, FakeFiles, str]]:
    """Serve scripted services on one free port."""
    orchestrator, files = FakeOrchestrator(), FakeFiles()
    server = grpc.aio.server()
    add_OrchestratorServiceServicer_to_server(orchestrator, server)
    add_FilesServiceServicer_to_server(files, server)
    health_pb2_grpc.add_HealthServicer_to_server(HealthServicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield orchestrator, files, f"127.0.0.1:{port}"
    finally:
        orchestrator.stop()
        await server.stop(0)


@asynccontextmanager
async def bridge(
    configured: BridgeSettings,
    orchestrator: FakeOrchestrator,
    files: FakeFiles,
    target: str,
    bus: Bus,
) -> AsyncIterator[World]:
    """Run a bridge over services that run already."""
    async with AsyncExitStack() as held:
        configured = replace(configured, orchestrator_target=target, files_target=target)
        parts = await held.enter_async_context(assembled(configured, bus))
        url = await held.enter_async_context(
            serve(create_app(parts), configured, parts.door.streams)
        )
        http = await held.enter_async_context(httpx.AsyncClient(base_url=url, timeout=10))
        yield World(url=url, http=http, orchestrator=orchestrator, files=files, parts=parts)


@asynccontextmanager
async def world(**changes: Any) -> AsyncIterator[World]:
    """Run a bridge of its own."""
    async with (
        services() as (orchestrator, files, target),
        memory.connect() as bus,
        bridge(settings(**changes), orchestrator, files, target, bus) as running,
    ):
        yield running


async def generate(bridge: World, body: Any, **headers: str) -> Any:
    """Ask for a generation."""
    named = bridge.as_user() | {name.replace("_", "-"): value for name, value in headers.items()}
    return await bridge.http.post("/generations/generate", json=body, headers=named)
