"""Asks a service whether it serves: `python -m chassis.probe HOST:PORT`, or an `http://` URL.

Exits with 0 if it does and with 1 if not: what a container's health check wants.
"""

import asyncio
import http.client
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

TIMEOUT_SECONDS = 3.0


def main(arguments: Sequence[str]) -> str:
    """Return why the service does not serve; empty when it does."""
    if len(arguments) != 1:
        return "usage: python -m chassis.probe HOST:PORT | http://HOST:PORT/PATH"
    target = arguments[0]
    if target.startswith("http://"):
        return ask_http(target)
    return asyncio.run(ask_grpc(target))


def ask_http(url: str) -> str:
    """Return why a URL does not answer with success; empty when it does."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS):  # noqa: S310 - http:// alone
            return ""
    except (OSError, urllib.error.HTTPError, http.client.HTTPException) as error:
        return f"{url}: {error}"


async def ask_grpc(target: str) -> str:
    """Return why a gRPC server's health is not SERVING; empty when it is."""
    async with grpc.aio.insecure_channel(target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)  # type: ignore[no-untyped-call]
        request = health_pb2.HealthCheckRequest()
        try:
            answer = await stub.Check(request, timeout=TIMEOUT_SECONDS)
        except grpc.aio.AioRpcError as error:
            return f"{target}: {error.code().name}"
    if answer.status == health_pb2.HealthCheckResponse.SERVING:
        return ""
    return f"{target}: {health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or 0)
