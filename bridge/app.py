"""Puts the bridge together: the only place that chooses its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from fastapi.telemetry import TelemetryConfig
from starlette.routing import Route
from starlette.types import ASGIApp

from bridge import problems
from bridge.clients import Files, Orchestrator
from bridge.door import Door
from bridge.middleware import stack
from bridge.parts import Parts
from bridge.resume import ResumeCookies
from bridge.routes import (
    auth,
    channels,
    conflicts,
    edits,
    generations,
    health,
    life,
    overview,
    page,
    plan,
    projects,
    search,
    start,
    streams,
)
from bridge.routes import files as file_routes
from bridge.serving import serve
from bridge.settings import BridgeSettings
from bridge.shared_state import SharedState
from bridge.sse.hub import hub
from bridge.sse.relay import RelaySource
from bridge.sse.sources import ChannelCalls, Sources
from bridge.sse.streams import Streams
from bridge.tickets import Tickets
from bridge.viewers import reported
from chassis.auth import Authenticator, TokenIssuer
from chassis.bus import jetstream
from chassis.bus.interface import Bus
from chassis.channel import acting_credentials, dial
from chassis.clock import SystemClock
from chassis.health import Health, Probe
from chassis.peer import serving

NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
"""FastAPI's own, which would begin a second trace and put query strings, with tokens, into it."""

ROUTERS = (
    start.router,
    plan.router,
    overview.router,
    search.router,
    projects.router,
    streams.router,
    channels.router,
    file_routes.router,
    edits.router,
    conflicts.router,
    life.router,
    generations.router,
    auth.router,
    health.router,
    page.router,
)
"""In this order: static routes stand before those that take any id, `/generations/{id}` last."""


@asynccontextmanager
async def application(settings: BridgeSettings, stopping: asyncio.Event) -> AsyncIterator[str]:
    """Run the bridge for the length of a block and yield its URL."""
    del stopping
    async with AsyncExitStack() as held:
        bus = await held.enter_async_context(jetstream.connect(settings.bus))
        parts = await held.enter_async_context(assembled(settings, bus))
        yield await held.enter_async_context(serve(create_app(parts), settings, parts.door.streams))


@asynccontextmanager
async def assembled(settings: BridgeSettings, bus: Bus) -> AsyncIterator[Parts]:
    """Connect everything a request may need."""
    clock = SystemClock()
    issuer = TokenIssuer(settings.auth)
    credentials = acting_credentials(issuer, "bridge")
    authenticator = Authenticator(settings.auth)
    async with AsyncExitStack() as held:
        to_orchestrator = await held.enter_async_context(
            dial(settings.orchestrator_target, settings.channel, credentials)
        )
        to_files = await held.enter_async_context(
            dial(settings.files_target, settings.channel, credentials)
        )
        orchestrator = Orchestrator(to_orchestrator)
        relay = RelaySource(orchestrator.stub)
        held.push_async_callback(relay.close)
        sources = Sources(generations=relay, channels=ChannelCalls(orchestrator.stub))
        feeds = await held.enter_async_context(hub(sources, settings.stream, clock=clock))
        probes: dict[str, Probe] = {
            "orchestrator": serving(to_orchestrator),
            "files": serving(to_files),
            "bus": bus.ping,
        }
        watched = Health(probes=probes, interval=settings.ready_interval)
        await held.enter_async_context(watched.watch(()))
        viewers = Streams(settings.stream, clock=clock)
        await held.enter_async_context(reported(orchestrator, viewers, settings))
        yield Parts(
            settings=settings,
            authenticator=authenticator,
            issuer=issuer,
            orchestrator=orchestrator,
            files=Files(to_files),
            health=watched,
            door=Door(
                tickets=Tickets(SharedState(bus), settings.stream, clock=clock),
                cookies=ResumeCookies(settings.auth.secret, settings.stream, clock=clock),
                authenticator=authenticator,
                hub=feeds,
                streams=viewers,
                settings=settings.stream,
                clock=clock,
            ),
        )


def create_app(parts: Parts) -> ASGIApp:
    """Return the ASGI application over some parts."""
    docs = parts.settings.docs
    app = FastAPI(
        title="Backsmith",
        version="1",
        description="Plans, generates, proves and changes complete FastAPI backends.",
        openapi_url="/openapi.json" if docs else None,
        docs_url=None,
        redoc_url=None,
        telemetry=NO_TELEMETRY,
    )
    app.state.parts = parts
    for router in ROUTERS:
        app.include_router(router)
    routes = [each for router in ROUTERS for each in router.routes if isinstance(each, Route)]
    problems.install(app, routes)
    app.openapi_version = "3.2.0"
    return stack(app, parts.settings)
