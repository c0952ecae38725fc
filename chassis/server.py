"""A gRPC server as every service runs it: health, reflection, interceptors, drain."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import grpc
from grpc_health.v1 import health, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from chassis.auth import Authenticator
from chassis.health import Health
from chassis.interceptors.server import server_interceptors


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSettings:
    """How a service serves."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_SERVER"

    listen: str = "127.0.0.1:0"
    """The address to serve on, `host:port`; port 0 takes a free one and tells it."""

    unary_deadline: timedelta = timedelta(minutes=1)
    """How long a call with one answer may take, in seconds, whatever its caller allows."""

    stream_deadline: timedelta = timedelta(hours=1)
    """How long a call with a streamed answer may take, in seconds, whatever its caller allows."""

    drain: timedelta = timedelta(seconds=5)
    """How long calls may go on after a stop was asked for, in seconds."""

    max_message_bytes: int = 8 * 1024 * 1024
    """The largest message, in bytes."""

    max_concurrent_rpcs: int = 4096
    """How many calls are served at a time; more are refused with RESOURCE_EXHAUSTED."""

    health_interval: timedelta = timedelta(seconds=1)
    """How often what the service needs is asked whether it answers, in seconds."""

    metrics_port: int = 0
    """Where Prometheus finds `/metrics`, on the same host; 0 turns it off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One gRPC service to serve."""

    name: str
    """Its full name, `package.Service`."""

    servicer: Any
    """What answers."""

    register: Callable[[Any, grpc.aio.Server], None]
    """The generated `add_…_to_server`."""


@asynccontextmanager
async def serve(
    settings: ServerSettings,
    *,
    services: Sequence[Service],
    authenticator: Authenticator,
    health_of: Health,
    stopping: asyncio.Event,
    internal_only: bool = False,
) -> AsyncIterator[str]:
    """Serve for the length of a block, then drain.

    Args:
        settings: How to serve.
        services: What to serve, besides health and reflection.
        authenticator: Verifies every caller.
        health_of: What the services need.
        stopping: Set before the drain, so that open watches end themselves.
        internal_only: Whether users' own tokens are refused; only other services may call.

    Yields:
        The address served, `host:port`.

    Raises:
        OSError: The address is taken or not this machine's.
    """
    server = grpc.aio.server(
        interceptors=server_interceptors(
            authenticator,
            internal_only=internal_only,
            unary_deadline=settings.unary_deadline,
            stream_deadline=settings.stream_deadline,
        ),
        options=_options(settings),
        maximum_concurrent_rpcs=settings.max_concurrent_rpcs,
    )
    names = [service.name for service in services]
    for service in services:
        service.register(service.servicer, server)
    health_pb2_grpc.add_HealthServicer_to_server(health_of.servicer, server)  # type: ignore[no-untyped-call]
    reflection.enable_server_reflection(  # type: ignore[no-untyped-call]
        [*names, health.SERVICE_NAME, reflection.SERVICE_NAME], server
    )
    host = settings.listen.rpartition(":")[0]
    try:
        port = server.add_insecure_port(settings.listen)
    except RuntimeError as error:
        raise OSError(f"cannot serve on {settings.listen}: {error}") from error
    async with health_of.watch(names):
        await server.start()
        try:
            yield f"{host}:{port}"
        finally:
            await health_of.drain()
            stopping.set()
            await server.stop(settings.drain.total_seconds())


def _options(settings: ServerSettings) -> list[tuple[str, int]]:
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", settings.max_message_bytes),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 5_000),
        ("grpc.http2.max_ping_strikes", 0),
    ]
