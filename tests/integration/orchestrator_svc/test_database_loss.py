"""PostgreSQL that goes away in the middle of a run, and comes back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta

import grpc
import pytest
from backsmith.progress.v1 import progress_pb2

from chassis.errors import UnavailableError
from chassis.status import error_from_rpc
from chassis.testing import postgres
from orchestrator_svc.store.settings import StoreSettings
from tests.integration.orchestrator_svc.conftest import QUICK, System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator

PASSWORD = "p" * 16
COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
WAIT_SECONDS = 60
IMPATIENT = timedelta(seconds=1)


@pytest.fixture(scope="module")
def postgres_port() -> Iterator[int]:
    """The port of a PostgreSQL; skips visibly where there is none."""
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here")
    with postgres.running(programs, password=PASSWORD) as port:
        yield port


@dataclass(slots=True)
class Cable:
    """The network between the orchestrator and the database, to be cut."""

    target: int
    cut: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)
    writers: set[asyncio.StreamWriter] = field(default_factory=set)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection; refuse it while the cable is cut."""
        self.writers.add(writer)
        try:
            if not self.cut:
                await self._carry(reader, writer)
        finally:
            writer.transport.abort()
            self.writers.discard(writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._copy(reader, back))
            group.create_task(self._copy(there, writer))

    async def _copy(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await source.read(65536):
                await self.open.wait()
                sink.write(data)
                await sink.drain()
        sink.transport.abort()

    def break_all(self) -> None:
        """Cut every connection, and take no new ones."""
        self.cut = True
        for writer in self.writers:
            writer.transport.abort()


@asynccontextmanager
async def cable_to(port: int) -> AsyncIterator[tuple[Cable, int]]:
    """Lay a cable to a database; yields it and its near end."""
    cable = Cable(port)
    cable.open.set()
    server = await asyncio.start_server(cable.carry, "127.0.0.1", 0)
    try:
        yield cable, server.sockets[0].getsockname()[1]
    finally:
        server.close()


@pytest.mark.parametrize("silent", [False, True], ids=["cut", "silent"])
async def test_a_run_waits_for_the_database(
    system: System, generator: FakeGenerator, postgres_port: int, *, silent: bool
) -> None:
    """Refuses calls soon, with a hint to retry, and ends what ran when the database is back."""
    hold = generator.hold(3)
    async with cable_to(postgres_port) as (cable, port):
        url = f"postgresql+asyncpg://{postgres.USER}:{PASSWORD}@127.0.0.1:{port}/{postgres.USER}"
        store = StoreSettings(url=url, acquire_within=IMPATIENT, answer_within=IMPATIENT)
        async with system.orchestrator(store=store, runner=QUICK) as client:
            started = await client.start()
            await hold.reached.wait()
            cable.open.clear() if silent else cable.break_all()
            hold.release.set()
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                async with asyncio.timeout(WAIT_SECONDS):
                    await client.get(started.generation_id)
            error = error_from_rpc(caught.value)
            assert isinstance(error, UnavailableError)
            assert error.retry_after is not None
            cable.cut = False
            cable.open.set()
            async with asyncio.timeout(WAIT_SECONDS):
                story = await client.story(started.generation_id)
    assert story[-1].status == COMPLETED
    keys = [(event.stage, event.current_file) for event in story]
    assert len(set(keys)) == len(keys)
