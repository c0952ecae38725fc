"""The schema: what the migrations lead to, and how replicas and older data get there."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from chassis.errors import UnavailableError
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.store import migrate as migrations
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.settings import StoreSettings
from orchestrator_svc.store.store import Store, open_store
from orchestrator_svc.store.tables import metadata
from tests.contract.store.support import SetClock, claim, start


async def test_the_migrations_lead_to_the_tables(store: Store) -> None:
    """Leaves nothing that a new migration would have to change."""

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    found = await store.database.read(lambda connection: connection.run_sync(differences))
    assert found == []


async def undo_migrations(store: Store, revision: str) -> None:
    """Bring a database back to the shape it had."""

    def down(connection: Connection) -> None:
        config = Config()
        folder = Path(migrations.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.downgrade(config, revision)

    await store.database.write(lambda connection: connection.run_sync(down))


async def test_migrations_can_be_undone(store: Store) -> None:
    """Goes down to nothing and up again."""
    await undo_migrations(store, "base")
    await migrate(store.database)
    assert (await start(store, 1)).version == 1


async def test_a_queue_from_before_there_were_places_keeps_its_order(store: Store) -> None:
    """Takes what was queued by ids in their order, and what is queued now after it."""
    for number in (9, 1, 8):
        await start(store, number)
    await undo_migrations(store, "0002")
    await migrate(store.database)
    await start(store, 2)
    claimed = [(await claim(store)).generation.generation_id for _ in range(4)]
    assert claimed == ["gen_0001", "gen_0008", "gen_0009", "gen_0002"]


async def test_replicas_that_start_at_once_migrate_once(url: str, clock: SetClock) -> None:
    """Brings a database to its shape however many try at the same time."""

    async def open_and_start(number: int) -> int:
        async with open_store(
            StoreSettings(url=url), notices=BusNotices(clock), clock=clock
        ) as opened:
            await migrate(opened.database)
            return (await start(opened, number)).version

    assert await asyncio.gather(*(open_and_start(number) for number in range(4))) == [1] * 4


async def test_is_away_until_it_is_migrated(url: str, clock: SetClock) -> None:
    """Answers nothing before the database has its shape."""
    async with open_store(StoreSettings(url=url), notices=BusNotices(clock), clock=clock) as opened:
        with pytest.raises(UnavailableError):
            await opened.generations.get("ada", "gen_1")
