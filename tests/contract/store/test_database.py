"""Transactions whose callers give up, and databases that are away."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, make_url, select, update

from chassis.errors import UnavailableError
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.settings import StoreSettings
from orchestrator_svc.store.store import Store, open_store
from orchestrator_svc.store.tables import generations
from orchestrator_svc.store.values import Filter
from tests.contract.store.support import DETAILS, SetClock, claim, start
from tests.databases import connected, locked, somebody

SOON = timedelta(milliseconds=200)
WAIT_SECONDS = 30


@asynccontextmanager
async def hasty(url: str, clock: SetClock) -> AsyncIterator[Store]:
    """One more replica's store, with little patience."""
    settings = StoreSettings(url=url, answer_within=SOON, busy_timeout=SOON)
    async with open_store(settings, notices=BusNotices(clock), clock=clock) as opened:
        await migrate(opened.database)
        yield opened


async def test_a_caller_that_gives_up_leaves_no_half_transaction(store: Store) -> None:
    """Finishes or undoes what a cancelled caller had begun, and serves the next one."""
    for number in range(30):
        task = asyncio.create_task(start(store, number))
        await asyncio.sleep(0.0005 * (number % 5))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    stored = await store.generations.list("ada", Filter(), before="", limit=50)
    for each in stored:
        assert await store.generations.details(each.generation_id) == DETAILS
    assert (await start(store, 99)).version == 1


async def test_a_database_that_cannot_be_reached_is_unavailable(
    store: Store, url: str, clock: SetClock, tmp_path: Path
) -> None:
    """Says so at once, for people and machines."""
    away = (
        f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/store.db"
        if url.startswith("sqlite")
        else "postgresql+asyncpg://backsmith@127.0.0.1:1/none"
    )
    async with open_store(
        StoreSettings(url=away), notices=BusNotices(clock), clock=clock
    ) as opened:
        with pytest.raises(UnavailableError) as told:
            await migrate(opened.database)
    assert told.value.retry_after is not None
    await store.database.ping()


async def test_a_write_that_others_hold_up_is_told_so(
    store: Store, url: str, clock: SetClock
) -> None:
    """Waits no longer than it may, and goes through once the others are done."""
    async with hasty(url, clock) as waiting:
        async with locked(url, "generations"):
            with pytest.raises(UnavailableError) as told:
                await start(waiting, 1)
            assert told.value.retry_after is not None
        assert (await start(waiting, 1)).version == 1
    assert (await claim(store)).generation.generation_id == "gen_0001"


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_transaction_that_stands_still_holds_nobody_up(
    store: Store, url: str, clock: SetClock
) -> None:
    """Undoes what a paused replica had begun, and spares what works; it wakes to finish nothing."""
    await start(store, 1)
    held, awake = asyncio.Event(), asyncio.Event()

    async def busy(connection: Connection) -> None:
        await connection.execute(select(func.pg_sleep(5 * SOON.total_seconds())))

    async def sleepy(connection: Connection) -> None:
        await connection.execute(select(generations).with_for_update())
        held.set()
        await awake.wait()
        await connection.execute(update(generations).values(error="told in its sleep"))

    settings = StoreSettings(url=url)
    async with open_store(settings, notices=BusNotices(clock), clock=clock) as other:
        await migrate(other.database)
        worker = asyncio.create_task(other.database.write(busy))
        await somebody(url, "wait_event = 'PgSleep'")
        sleeper = asyncio.create_task(other.database.write(sleepy))
        await held.wait()
        async with asyncio.timeout(settings.answer_within.total_seconds()):
            while not (ended := await store.runs.end_stalled(for_at_least=SOON)):  # noqa: ASYNC110
                await asyncio.sleep(SOON.total_seconds() / 10)
        claimed = (await claim(store)).generation
        awake.set()
        with pytest.raises(UnavailableError):
            await sleeper
        await worker
    assert ended == 1
    assert await store.generations.get("ada", "gen_0001") == claimed
    assert claimed.error == ""


async def test_nothing_stands_still_where_all_is_well(store: Store) -> None:
    """Ends no transaction of its own."""
    await asyncio.gather(*(start(store, number) for number in range(5)))
    assert await store.runs.end_stalled(for_at_least=timedelta()) == 0


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_role_that_may_end_nothing_is_told_what_it_lacks(
    store: Store, url: str, clock: SetClock
) -> None:
    """Says so where something stands still, and nothing where nothing does."""
    role, held, awake = f"tenant_{uuid.uuid4().hex}", asyncio.Event(), asyncio.Event()
    address = make_url(url)
    async with connected(url) as admin:
        await admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'tenant'")
        await admin.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
        await admin.execute("REVOKE EXECUTE ON FUNCTION pg_terminate_backend FROM PUBLIC")

    async def sleepy(connection: Connection) -> None:
        await connection.execute(select(generations))
        held.set()
        await awake.wait()

    theirs = address.set(username=role, password="tenant").render_as_string(hide_password=False)
    async with hasty(theirs, clock) as tenant, asyncio.timeout(WAIT_SECONDS):
        assert await tenant.runs.end_stalled(for_at_least=timedelta()) == 0
        sleeper = asyncio.create_task(tenant.database.read(sleepy))
        await held.wait()
        await somebody(url, "state = 'idle in transaction' AND wait_event = 'ClientRead'")
        with pytest.raises(UnavailableError, match="pg_terminate_backend"):
            await tenant.runs.end_stalled(for_at_least=timedelta())
        awake.set()
        await sleeper
