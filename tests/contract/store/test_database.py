"""Transactions whose callers give up, and databases that are away."""

import asyncio
from pathlib import Path

import pytest

from chassis.errors import UnavailableError
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.settings import StoreSettings
from orchestrator_svc.store.store import Store, open_store
from orchestrator_svc.store.values import Filter
from tests.contract.store.support import DETAILS, SetClock, start


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
