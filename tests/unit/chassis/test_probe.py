"""The probe of container health checks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc
import pytest
from grpc_health.v1 import health_pb2_grpc
from grpc_health.v1._async import HealthServicer

from chassis.health import NOT_SERVING, SERVING
from chassis.probe import ask_grpc, ask_http, main


@asynccontextmanager
async def health_server(status: int) -> AsyncIterator[str]:
    """Serve a health and yield the address."""
    server = grpc.aio.server()
    servicer = HealthServicer()
    await servicer.set("", status)
    health_pb2_grpc.add_HealthServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(None)


@asynccontextmanager
async def http_server(status: str) -> AsyncIterator[str]:
    """Serve one status over HTTP and yield the URL."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/readyz"


async def test_a_serving_service_passes() -> None:
    """Says nothing about a server whose health is SERVING."""
    async with health_server(SERVING) as address:
        assert await ask_grpc(address) == ""


async def test_a_service_without_its_dependencies_does_not() -> None:
    """Tells the health of a server that is up and cannot serve."""
    async with health_server(NOT_SERVING) as address:
        assert await ask_grpc(address) == f"{address}: NOT_SERVING"


async def test_nobody_there_is_told() -> None:
    """Tells that nothing listens."""
    assert await ask_grpc("127.0.0.1:1") == "127.0.0.1:1: UNAVAILABLE"


@pytest.mark.parametrize(("status", "told"), [("200 OK", ""), ("503 Gone", "503")])
async def test_http_is_asked_by_its_status(status: str, told: str) -> None:
    """Passes a success and tells any other status."""
    async with http_server(status) as url:
        answer = await asyncio.to_thread(ask_http, url)
        assert told in answer
        assert bool(answer) == bool(told)


def test_http_nobody_there_is_told() -> None:
    """Tells that nothing listens at a URL."""
    assert "refused" in main(["http://127.0.0.1:1/readyz"])


def test_the_command_line_is_checked() -> None:
    """Explains itself when it is used wrongly."""
    assert main([]).startswith("usage")
