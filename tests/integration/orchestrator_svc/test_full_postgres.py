"""A PostgreSQL without room, or without connections to give: running work waits, calls do not."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg
import grpc
import pytest

from chassis.errors import UnavailableError
from chassis.status import error_from_rpc
from chassis.testing import postgres
from orchestrator_svc.store.settings import StoreSettings
from tests.integration.orchestrator_svc.conftest import QUICK, Client, System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
from tests.integration.orchestrator_svc.no_room import (
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

PASSWORD = "p" * 16
DISK_BYTES = 32 * 1024 * 1024
FAST_SECONDS = 10.0
"""Within this a call is refused: well under its deadline."""


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a PostgreSQL; skips visibly where there is none."""
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here")
    with postgres.running(programs, password=PASSWORD) as server:
        yield f"127.0.0.1:{server.port}"


@pytest.fixture
def disk() -> Iterator[Disk]:
    """A small disk that the server may keep tables on."""
    with (
        tempfile.TemporaryDirectory(prefix="disk-") as folder,
        small_disk(Path(folder) / "disk", size=DISK_BYTES) as disk,
    ):
        Path(folder).chmod(0o755)
        shutil.chown(disk.path, "postgres", "postgres")
        yield disk


@asynccontextmanager
async def connected(server: str, database: str) -> AsyncIterator["asyncpg.Connection"]:
    """Connect as who may do everything."""
    address = f"postgresql://{postgres.USER}:{PASSWORD}@{server}/{database}"
    connection = await asyncpg.connect(address)
    try:
        yield connection
    finally:
        await connection.close()


async def refused(client: Client) -> UnavailableError:
    """Return what a start is told, at once."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(FAST_SECONDS):
            await client.start("please make an Invoice")
    error = error_from_rpc(caught.value)
    assert isinstance(error, UnavailableError)
    assert error.retry_after is not None
    return error


async def use_up(connection: "asyncpg.Connection", generation_id: str) -> None:
    """Write versions of a generation's row until its table has to grow, and cannot."""
    again = "UPDATE generations SET title = title WHERE generation_id = $1"
    with suppress(asyncpg.DiskFullError):
        while True:
            await connection.execute(again, generation_id)


async def test_a_run_waits_for_room_in_the_database(
    system: System, generator: FakeGenerator, server: str, disk: Disk
) -> None:
    """Says NOT_SERVING and DATABASE_FULL, still reads; the run waits, and completes."""
    async with connected(server, postgres.USER) as anywhere:
        await anywhere.execute(f"CREATE TABLESPACE small LOCATION '{disk.path}'")
        await anywhere.execute("CREATE DATABASE small TABLESPACE small")
    store = StoreSettings(url=f"postgresql+asyncpg://{postgres.USER}:{PASSWORD}@{server}/small")
    hold = generator.hold(3)
    async with (
        system.orchestrator(store=store, runner=IMPATIENT, server=OFTEN) as client,
        connected(server, "small") as reader,
        connected(server, "small") as writer,
    ):
        started = await client.start()
        await hold.reached.wait()
        # What this one may still look at cannot be cleared away to make room for something else.
        seeing = reader.transaction(isolation="repeatable_read")
        await seeing.start()
        await reader.fetch("SELECT generation_id FROM generations")
        disk.fill()
        await use_up(writer, started.generation_id)
        hold.release.set()
        await health(client.address, NOT_SERVING)
        assert (await refused(client)).reason == "DATABASE_FULL"
        await asyncio.sleep(2 * IMPATIENT.patience.total_seconds())
        assert not await ended(client, started.generation_id)
        await seeing.rollback()
        disk.make_room()
        await completed(client, started.generation_id)
        await health(client.address, SERVING)


async def test_a_run_waits_for_a_connection(
    system: System, generator: FakeGenerator, server: str
) -> None:
    """Refuses calls at once while the database takes no more connections; the run goes on later."""
    url = f"postgresql+asyncpg://tenant:{PASSWORD}@{server}/tenant"
    hold = generator.hold(3)
    async with connected(server, postgres.USER) as admin:
        await admin.execute(f"CREATE ROLE tenant LOGIN PASSWORD '{PASSWORD}'")
        await admin.execute("CREATE DATABASE tenant OWNER tenant")
        async with system.orchestrator(store=StoreSettings(url=url), runner=QUICK) as client:
            started = await client.start()
            await hold.reached.wait()
            await admin.execute("ALTER ROLE tenant CONNECTION LIMIT 0")
            await admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tenant'"
            )
            hold.release.set()
            await refused(client)
            await admin.execute("ALTER ROLE tenant CONNECTION LIMIT -1")
            await completed(client, started.generation_id)
