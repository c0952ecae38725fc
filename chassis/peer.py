"""Asks another service whether it serves."""

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.errors import UnavailableError
from chassis.health import SERVING, Probe
from chassis.status import rpc_errors

PATIENCE_SECONDS = 1


def serving(channel: grpc.aio.Channel) -> Probe:
    """Return a probe that passes while the service at the other end says that it serves."""
    stub = health_pb2_grpc.HealthStub(channel)  # type: ignore[no-untyped-call]

    async def probe() -> None:
        with rpc_errors():
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=PATIENCE_SECONDS)
        if answer.status != SERVING:
            raise UnavailableError("The service says that it does not serve.")

    return probe
