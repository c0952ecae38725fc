"""PostgreSQL that goes away in the middle of a run, and comes back."""

import asyncio
from collections.abc import Iterator
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

COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
WAIT_SECONDS = 60
IMPATIENT = timedelta(seconds=1)


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.PostgresServer]:
    """A PostgreSQL to do mischief to; skips visibly where there is none."""
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here")
    with postgres.running(programs, password="p" * 16) as server:
        yield server


@pytest.mark.parametrize("how", ["kill", "pause"])
async def test_a_run_waits_for_the_database(
    system: System, generator: FakeGenerator, server: postgres.PostgresServer, how: str
) -> None:
    """Refuses calls soon, with a hint to retry, and ends what ran when the database is back."""
    hold = generator.hold(3)
    store = StoreSettings(url=server.async_url, acquire_within=IMPATIENT, answer_within=IMPATIENT)
    async with system.orchestrator(store=store, runner=QUICK) as client:
        started = await client.start()
        await hold.reached.wait()
        away, back = (server.kill, server.start) if how == "kill" else (server.pause, server.resume)
        try:
            await asyncio.to_thread(away)
            hold.release.set()
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                async with asyncio.timeout(WAIT_SECONDS):
                    await client.get(started.generation_id)
        finally:
            await asyncio.to_thread(back)
        async with asyncio.timeout(WAIT_SECONDS):
            story = await client.story(started.generation_id)
    error = error_from_rpc(caught.value)
    assert isinstance(error, UnavailableError)
    assert error.retry_after is not None
    assert story[-1].status == COMPLETED
    keys = [(event.stage, event.current_file) for event in story]
    assert len(set(keys)) == len(keys)
