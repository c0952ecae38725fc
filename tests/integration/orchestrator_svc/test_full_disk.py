"""A full disk: whose it is says so, running work waits, and goes on when there is room again."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import pytest

from chassis.auth import TokenIssuer
from chassis.bus import jetstream
from chassis.bus.interface import Bus
from chassis.channel import ChannelSettings, dial
from chassis.errors import LimitExceededError, UnavailableError
from chassis.status import error_from_rpc
from chassis.testing.nats import NatsServer
from files_svc import app as files_app
from files_svc.settings import FilesSettings
from files_svc.settings import StoreSettings as FileStoreSettings
from orchestrator_svc.clients.files import File, Files
from orchestrator_svc.store.settings import StoreSettings
from tests.integration.orchestrator_svc.conftest import AUTH, QUICK, System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
from tests.integration.orchestrator_svc.no_room import (
    BLOCK,
    IMPATIENT,
    NOT_SERVING,
    OFTEN,
    SERVING,
    Disk,
    completed,
    ended,
    health,
    small_disk,
)

DISK_BYTES = 4 * 1024 * 1024


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A file system of a few megabytes, for those who may mount one."""
    with small_disk(tmp_path / "disk", size=DISK_BYTES) as disk:
        yield disk


@asynccontextmanager
async def files_on(disk: Disk) -> AsyncIterator[str]:
    """Run a files service whose store is a small disk."""
    store = FileStoreSettings(
        url=(disk.path / "files").as_uri(), probe_interval=timedelta(milliseconds=100)
    )
    settings = FilesSettings(auth=AUTH, store=store, server=OFTEN)
    async with files_app.application(settings, asyncio.Event()) as address:
        yield address


async def test_a_full_file_store_is_waited_for(
    system: System, generator: FakeGenerator, disk: Disk
) -> None:
    """Says NOT_SERVING and STORE_FULL; the run waits past its patience, and completes."""
    hold = generator.hold(3)
    async with (
        files_on(disk) as files,
        system.orchestrator(files_target=files, runner=IMPATIENT, server=OFTEN) as client,
    ):
        started = await client.start()
        await hold.reached.wait()
        disk.fill()
        hold.release.set()
        await health(files, NOT_SERVING)
        await health(client.address, NOT_SERVING)
        with pytest.raises(LimitExceededError) as caught:
            await write_something(files)
        assert (caught.value.reason, caught.value.retry_after is None) == ("STORE_FULL", False)
        await asyncio.sleep(2 * IMPATIENT.patience.total_seconds())
        assert not await ended(client, started.generation_id)
        disk.make_room()
        await completed(client, started.generation_id)
        await health(client.address, SERVING)


async def write_something(files: str) -> None:
    """Write to a files service as the orchestrator does."""
    token = TokenIssuer(AUTH).internal_token("orchestrator", user_id="ada")
    async with dial(files, ChannelSettings(), lambda: token) as channel:
        await Files(channel).write([File(path="a.py", content=bytes(BLOCK))])


async def test_a_full_database_is_waited_for(
    system: System, generator: FakeGenerator, disk: Disk
) -> None:
    """Says NOT_SERVING and DATABASE_FULL, still reads; the run waits, and completes."""
    hold = generator.hold(3)
    store = StoreSettings(url=f"sqlite+aiosqlite:///{disk.path}/orchestrator.db")
    async with system.orchestrator(store=store, runner=IMPATIENT, server=OFTEN) as client:
        started = await client.start()
        await hold.reached.wait()
        disk.fill()
        hold.release.set()
        await health(client.address, NOT_SERVING)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await client.start("please make an Invoice")
        error = error_from_rpc(caught.value)
        assert isinstance(error, UnavailableError)
        assert (error.reason, error.retry_after is None) == ("DATABASE_FULL", False)
        await asyncio.sleep(2 * IMPATIENT.patience.total_seconds())
        assert not await ended(client, started.generation_id)
        disk.make_room()
        await completed(client, started.generation_id)
        await health(client.address, SERVING)


@pytest.mark.parametrize("how", ["limit", "disk"])
async def test_a_full_bus_is_waited_for(
    system: System, generator: FakeGenerator, disk: Disk, how: str
) -> None:
    """Says NOT_SERVING while nothing can be stored; the run waits, and completes.

    A server that had no room to write has to be started again when there is some: it says so in
    its own health.
    """
    hold = generator.hold(3)
    server = NatsServer(disk.path / "nats", max_store=64 * 1024 if how == "limit" else 0)
    server.start()
    bus_settings = replace(system.settings.bus, url=server.url, retry_within=timedelta(seconds=1))
    try:
        async with (
            jetstream.connect(bus_settings) as bus,
            system.orchestrator(bus=bus, runner=QUICK, server=OFTEN) as client,
        ):
            started = await client.start()
            await hold.reached.wait()
            await (use_up(bus) if how == "limit" else asyncio.to_thread(disk.fill))
            hold.release.set()
            await health(client.address, NOT_SERVING)
            assert not await ended(client, started.generation_id)
            if how == "disk":
                disk.make_room()
            server.stop()
            server.max_store = 0
            server.start()
            await completed(client, started.generation_id)
            await health(client.address, SERVING)
    finally:
        server.kill()


async def use_up(bus: Bus) -> None:
    """Append to a log of our own until the server has reached its limit."""
    log = await bus.event_log("filler", subjects=("filler.>",), retention=timedelta(hours=1))
    for number in itertools.count():
        try:
            await log.append("filler.a", bytes(BLOCK), message_id=str(number))
        except UnavailableError as error:
            assert error.reason == "BUS_FULL"  # noqa: PT017 - how many fit is not ours to say
            return
