"""Every database keeps the same promises: SQLite and a real PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator_svc.notices import BusNotices
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.settings import StoreSettings
from orchestrator_svc.store.store import Store, open_store
from tests.contract.store.support import SetClock
from tests.databases import SQL, new_database


@pytest.fixture(params=SQL)
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database of each kind."""
    return await new_database(request, tmp_path)


@pytest.fixture
def clock() -> SetClock:
    """The store's clock."""
    return SetClock()


@pytest.fixture
async def store(url: str, clock: SetClock) -> AsyncIterator[Store]:
    """A store on an empty database."""
    async with open_store(StoreSettings(url=url), notices=BusNotices(clock), clock=clock) as opened:
        await migrate(opened.database)
        yield opened
