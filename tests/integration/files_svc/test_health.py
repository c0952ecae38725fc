"""The service says whether it can store, and recovers by itself."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grpc
import pytest
from backsmith.files.v1 import files_service_pb2 as pb
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from chassis.auth import TokenIssuer
from chassis.errors import LimitExceededError, UnavailableError
from files_svc.settings import FilesSettings
from tests.integration.files_svc.client import FilesClient, entry_of, pieces_of, refusal_of
from tests.integration.files_svc.conftest import AUTH, calling, serving

SERVICE = "backsmith.files.v1.FilesService"


async def until_health(address: str, wanted: int) -> None:
    """Return when the service tells the health wanted."""
    async with grpc.aio.insecure_channel(address) as channel, asyncio.timeout(10):
        stub = health_pb2_grpc.HealthStub(channel)
        watch = stub.Watch(health_pb2.HealthCheckRequest(service=SERVICE))
        async for answer in watch:
            if answer.status == wanted:
                watch.cancel()
                return


async def test_tells_when_the_store_is_away_and_back(
    address: str, client: FilesClient, tmp_path: Path
) -> None:
    """Turns NOT_SERVING while the store cannot be written, and serves again by itself."""
    snapshot_id = await client.commit({"a": b"1"})
    await until_health(address, health_pb2.HealthCheckResponse.SERVING)
    folder = tmp_path / "files"
    folder.rename(tmp_path / "moved")
    folder.write_text("a file in the folder's place")
    await until_health(address, health_pb2.HealthCheckResponse.NOT_SERVING)
    refusal = await refusal_of(client.stub.WriteFiles(pieces_of({"b": b"2"})))
    assert isinstance(refusal, UnavailableError)
    assert str(tmp_path) not in refusal.message
    folder.unlink()
    (tmp_path / "moved").rename(folder)
    await until_health(address, health_pb2.HealthCheckResponse.SERVING)
    assert await client.files(snapshot_id) == {"a": b"1"}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 200 KiB; only root may."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(command, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("fsync", [True, False])
async def test_a_full_disk_is_told_and_recovers(
    settings: FilesSettings, small_disk: Path, *, fsync: bool
) -> None:
    """Says that the disk is full, keeps nothing half-written, and goes on once there is room."""
    store = replace(settings.store, url=small_disk.as_uri(), fsync=fsync)
    token = TokenIssuer(AUTH).internal_token("tests")
    async with (
        serving(replace(settings, store=store)) as address,
        calling(address, token) as client,
    ):
        kept = await client.commit({"small": b"1"})
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(150_000))
        refusal = await refusal_of(client.stub.WriteFiles(pieces_of({"big": bytes(100_000)})))
        assert isinstance(refusal, LimitExceededError)
        assert refusal.reason == "STORE_FULL"
        digest = entry_of("", bytes(100_000)).digest
        found = await client.stub.FindMissingBlobs(pb.FindMissingBlobsRequest(digests=[digest]))
        assert list(found.missing) == [digest]
        assert await client.files(kept) == {"small": b"1"}
        ballast.unlink()
        snapshot_id = await client.commit({"big": bytes(100_000)})
        assert await client.read(snapshot_id, "big") == bytes(100_000)


async def test_reflection_lists_the_service(address: str) -> None:
    """Tells a client without our protos what is served."""
    async with grpc.aio.insecure_channel(address) as channel:
        stub = reflection_pb2_grpc.ServerReflectionStub(channel)
        request = reflection_pb2.ServerReflectionRequest(list_services="")
        async for answer in stub.ServerReflectionInfo(iter([request])):
            names = {service.name for service in answer.list_services_response.service}
            assert SERVICE in names
