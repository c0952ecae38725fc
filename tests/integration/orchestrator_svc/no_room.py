"""Small disks to fill, and what a run shows of itself while there is no room."""

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backsmith.progress.v1 import progress_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.auth import TokenIssuer
from chassis.channel import ChannelSettings, dial
from chassis.server import ServerSettings
from tests.integration.orchestrator_svc.conftest import AUTH, QUICK, Client

COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING
BLOCK = 4096
WAIT_SECONDS = 30
OFTEN = ServerSettings(drain=timedelta(seconds=1), health_interval=timedelta(milliseconds=200))
IMPATIENT = replace(QUICK, patience=timedelta(milliseconds=500))
"""Waits for what is away much shorter than these tests leave the disk full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A small file system of its own."""

    path: Path

    def fill(self) -> None:
        """Leave no room."""
        with (self.path / "filler").open("wb", buffering=0) as filler:
            try:
                while filler.write(bytes(BLOCK)) == BLOCK:
                    pass
            except OSError:
                return

    def make_room(self) -> None:
        """Free what was filled."""
        (self.path / "filler").unlink()


@contextmanager
def small_disk(path: Path, *, size: int) -> Iterator[Disk]:
    """Mount a file system of so many bytes; skips visibly where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("only root may mount the small disk that is filled here")
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)]
    done = subprocess.run(mount, check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"this machine mounts no small disk: {done.stderr}")
    try:
        yield Disk(path=path)
    finally:
        subprocess.run(["umount", "--lazy", str(path)], check=True)


async def health(address: str, wanted: int) -> None:
    """Return once a service says of itself what is wanted."""
    token = TokenIssuer(AUTH).user_token("ada")
    async with (
        dial(address, ChannelSettings(), lambda: token) as channel,
        asyncio.timeout(WAIT_SECONDS),
    ):
        stub: Any = health_pb2_grpc.HealthStub(channel)
        call = stub.Watch(health_pb2.HealthCheckRequest())
        async for answer in call:
            if answer.status == wanted:
                break
        call.cancel()


async def ended(client: Client, generation_id: str) -> bool:
    """Tell whether a generation has ended."""
    return bool((await client.get(generation_id)).HasField("end_time"))


async def completed(client: Client, generation_id: str) -> None:
    """Pass when a generation ends well, with everything told once and in order."""
    async with asyncio.timeout(WAIT_SECONDS):
        story = await client.story(generation_id)
    assert story[-1].status == COMPLETED
    keys = [(event.stage, event.current_file) for event in story]
    assert len(set(keys)) == len(keys)
    progress = [event.progress for event in story]
    assert progress == sorted(progress)
