"""A server over a real socket: errors, deadlines, credentials, health, reflection and drain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import grpc
import pytest
from google.protobuf.wrappers_pb2 import StringValue
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from chassis.auth import Authenticator, AuthSettings, TokenIssuer, current_principal
from chassis.channel import ChannelSettings, dial
from chassis.errors import (
    DeadlineExceededError,
    InternalError,
    LimitExceededError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
)
from chassis.health import Health
from chassis.server import ServerSettings, Service, serve
from chassis.status import rpc_errors

AUTH = AuthSettings(secret="a-secret-of-at-least-thirty-two-bytes", mode="development")
NAME = "test.v1.EchoService"


class Echo:
    """Answers by what the request says; the tests' own service."""

    def __init__(self) -> None:
        """Start with nothing abandoned and no reason to stop."""
        self.stopping = asyncio.Event()
        self.closed = asyncio.Event()

    async def say(self, request: StringValue, _context: Any) -> StringValue:
        """Echo, or fail as asked."""
        match request.value:
            case "missing":
                raise NotFoundError("No such thing.", reason="THING_UNKNOWN")
            case "bug":
                raise ValueError("postgresql://user:hunter2@db")
            case "hang":
                await asyncio.Event().wait()
            case "who":
                return StringValue(value=current_principal().user_id)
        return request

    async def count(self, request: StringValue, _context: Any) -> AsyncIterator[StringValue]:
        """Stream numbers; fail after the tenth, or go on until told to stop."""
        try:
            for number in range(10):
                yield StringValue(value=str(number))
            if request.value == "bug":
                raise ValueError("postgresql://user:hunter2@db")
            if request.value == "limit":
                raise LimitExceededError("Ten are enough.")
            await self.stopping.wait()
        finally:
            self.closed.set()

    def register(self, servicer: "Echo", server: grpc.aio.Server) -> None:
        """Add both methods to a server."""
        codec = {
            "request_deserializer": StringValue.FromString,
            "response_serializer": StringValue.SerializeToString,
        }
        handlers = {
            "Say": grpc.unary_unary_rpc_method_handler(servicer.say, **codec),
            "Count": grpc.unary_stream_rpc_method_handler(servicer.count, **codec),
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(NAME, handlers),))


@asynccontextmanager
async def running(
    echo: Echo, *, probe: Any = None, settings: ServerSettings | None = None, user: str = "alice"
) -> AsyncIterator[grpc.aio.Channel]:
    """Serve the echo on a free port and dial it as a user."""
    settings = settings or ServerSettings(health_interval=timedelta(milliseconds=50))
    probes = {"thing": probe} if probe else {}
    issuer = TokenIssuer(AUTH)
    async with (
        serve(
            settings,
            services=[Service(name=NAME, servicer=echo, register=echo.register)],
            authenticator=Authenticator(AUTH),
            health_of=Health(probes=probes, interval=settings.health_interval),
            stopping=echo.stopping,
        ) as address,
        dial(address, ChannelSettings(), lambda: issuer.user_token(user)) as channel,
    ):
        yield channel


def say(channel: grpc.aio.Channel, value: str) -> Any:
    """Call Say."""
    call: Any = channel.unary_unary(
        f"/{NAME}/Say",
        request_serializer=StringValue.SerializeToString,
        response_deserializer=StringValue.FromString,
    )
    return call(StringValue(value=value))


def count(channel: grpc.aio.Channel, value: str) -> Any:
    """Call Count."""
    call: Any = channel.unary_stream(
        f"/{NAME}/Count",
        request_serializer=StringValue.SerializeToString,
        response_deserializer=StringValue.FromString,
    )
    return call(StringValue(value=value))


async def collect(call: Any, received: list[str]) -> None:
    """Keep every message of a stream, also when it ends by an error."""
    while (message := await call.read()) is not grpc.aio.EOF:
        received.append(message.value)


async def test_answers_and_knows_its_caller() -> None:
    """The token's user is the principal of the call."""
    async with running(Echo(), user="bob") as channel:
        assert (await say(channel, "who")).value == "bob"


async def test_named_error_arrives_whole() -> None:
    """A named error keeps its class, message and reason."""
    async with running(Echo()) as channel:
        with pytest.raises(NotFoundError, match=r"No such thing\.") as caught, rpc_errors():
            await say(channel, "missing")
    assert caught.value.reason == "THING_UNKNOWN"


async def test_bug_tells_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception nobody meant is INTERNAL, without its text."""
    async with running(Echo()) as channel:
        with pytest.raises(InternalError) as caught, rpc_errors():
            await say(channel, "bug")
    assert "hunter2" not in caught.value.message


async def test_error_in_mid_stream_is_rendered_too() -> None:
    """What a stream raises after ten messages is told like what it raises at once."""
    async with running(Echo()) as channel:
        for value, error in (("bug", InternalError), ("limit", LimitExceededError)):
            received: list[str] = []
            with pytest.raises(error), rpc_errors():
                await collect(count(channel, value), received)
            assert len(received) == 10


async def test_server_bounds_every_call() -> None:
    """A handler that hangs is ended by the server's own deadline."""
    settings = ServerSettings(unary_deadline=timedelta(milliseconds=50))
    async with running(Echo(), settings=settings) as channel:
        with pytest.raises(DeadlineExceededError, match=r"0\.05 seconds"), rpc_errors():
            await say(channel, "hang")


async def test_cancelled_stream_is_closed() -> None:
    """A caller that leaves in the middle ends the handler's work."""
    echo = Echo()
    async with running(echo) as channel:
        call = count(channel, "")
        await call.read()
        call.cancel()
        await asyncio.wait_for(echo.closed.wait(), 5)


async def test_refuses_calls_without_a_token() -> None:
    """No token and a bad token have reasons of their own."""
    echo = Echo()
    async with running(echo) as good:
        del good
    settings = ServerSettings()
    async with serve(
        settings,
        services=[Service(name=NAME, servicer=echo, register=echo.register)],
        authenticator=Authenticator(AUTH),
        health_of=Health(probes={}, interval=timedelta(seconds=1)),
        stopping=asyncio.Event(),
    ) as address:
        async with grpc.aio.insecure_channel(address) as bare:
            with pytest.raises(UnauthenticatedError) as caught, rpc_errors():
                await say(bare, "hello")
            assert caught.value.reason == "TOKEN_MISSING"
        async with dial(address, ChannelSettings(), lambda: "forged") as forged:
            with pytest.raises(UnauthenticatedError) as caught, rpc_errors():
                await say(forged, "hello")
            assert caught.value.reason == "TOKEN_INVALID"


async def test_internal_service_refuses_users() -> None:
    """A user's own token does not open a service that only services may call."""
    echo = Echo()
    issuer = TokenIssuer(AUTH)
    async with serve(
        ServerSettings(),
        services=[Service(name=NAME, servicer=echo, register=echo.register)],
        authenticator=Authenticator(AUTH),
        health_of=Health(probes={}, interval=timedelta(seconds=1)),
        stopping=asyncio.Event(),
        internal_only=True,
    ) as address:
        async with dial(address, ChannelSettings(), lambda: issuer.user_token("eve")) as user:
            with pytest.raises(PermissionDeniedError), rpc_errors():
                await say(user, "hello")
        async with dial(address, ChannelSettings(), lambda: issuer.internal_token("b")) as service:
            assert (await say(service, "hello")).value == "hello"


async def test_health_follows_its_dependency() -> None:
    """NOT_SERVING while a dependency is away, SERVING again by itself."""
    away = asyncio.Event()

    async def probe() -> None:
        if away.is_set():
            raise ConnectionError("no route")

    async with running(Echo(), probe=probe) as channel:
        stub = health_pb2_grpc.HealthStub(channel)  # type: ignore[no-untyped-call]
        updates = stub.Watch(health_pb2.HealthCheckRequest(service=NAME))
        assert (await updates.read()).status == health_pb2.HealthCheckResponse.SERVING
        away.set()
        assert (await updates.read()).status == health_pb2.HealthCheckResponse.NOT_SERVING
        away.clear()
        assert (await updates.read()).status == health_pb2.HealthCheckResponse.SERVING
        updates.cancel()


async def test_reflection_lists_every_service() -> None:
    """A caller without stubs can find what is served."""
    async with running(Echo()) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)  # type: ignore[no-untyped-call]
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        call = stub.ServerReflectionInfo(iter([request]))
        answer = await call.read()
        call.cancel()
    names = {service.name for service in answer.list_services_response.service}
    assert {NAME, "grpc.health.v1.Health"} <= names


async def test_open_watch_does_not_hold_up_the_drain() -> None:
    """Watches end by the stop event, so that the drain takes no grace at all."""
    echo = Echo()
    settings = ServerSettings(drain=timedelta(hours=1))
    async with asyncio.timeout(10):
        async with running(echo, settings=settings) as channel:
            call = count(channel, "")
            await call.read()


async def test_taken_port_is_an_os_error() -> None:
    """A second server on the same port is refused, not silently joined."""
    echo = Echo()
    health = Health(probes={}, interval=timedelta(seconds=1))
    common: Any = {"services": [], "authenticator": Authenticator(AUTH), "health_of": health}
    async with serve(ServerSettings(), stopping=echo.stopping, **common) as address:
        second = serve(ServerSettings(listen=address), stopping=asyncio.Event(), **common)
        with pytest.raises(OSError, match="cannot serve"):
            async with second:
                pass
