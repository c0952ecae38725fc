"""The generator as a process of its own."""

import asyncio
import os
import sys

from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.generator.v1.generator_service_pb2_grpc import GeneratorServiceStub

from chassis.auth import AuthSettings, TokenIssuer
from chassis.channel import ChannelSettings, dial

SECRET = "a-secret-of-at-least-thirty-two-bytes"
REQUESTS = [
    pb.AssessProjectRequest(options=pb.AssessOptions(tiers=["t1"])),
    pb.AssessProjectRequest(file=pb.GeneratedFile(path="a.py", content=b"")),
]


async def test_children_are_born_whole() -> None:
    """Starts processes without gRPC's fork handlers, under which some of them crash."""
    issuer = TokenIssuer(AuthSettings(secret=SECRET, mode="development"))
    environment = {"BACKSMITH_AUTH_SECRET": SECRET, "BACKSMITH_AUTH_MODE": "development"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "generator_svc"),
        env=os.environ | environment | {"BACKSMITH_SERVER_LISTEN": "127.0.0.1:0"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout
    _, address = (await process.stdout.readline()).decode().split()
    async with dial(
        address, ChannelSettings(), lambda: issuer.internal_token("orchestrator")
    ) as channel:
        call = GeneratorServiceStub(channel).AssessProject(iter(REQUESTS))
        steps = [step async for step in call]
    process.terminate()
    _, told = await process.communicate()
    assert "lint" in {gate.name for gate in steps[-1].report.gates}
    assert "fork" not in told.decode()
