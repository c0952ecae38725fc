"""Connections and transactions, the same over SQLite and PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from chassis.errors import UnavailableError
from orchestrator_svc.store.settings import StoreSettings

T = TypeVar("T")
Work = Callable[[AsyncConnection], Awaitable[T]]
SQLITE = "sqlite"
RETRY_AFTER = timedelta(seconds=1)
UNAVAILABLE_STATES = ("08", "53", "57P", "40", "25006")
"""SQLSTATE classes that pass by themselves: connection, resources, shutdown, rollback."""


class Database:
    """Runs short transactions; made by `connect`.

    SQLite takes one writer at a time, so its writers queue for one connection here, in order,
    instead of polling for the file's lock.
    """

    def __init__(self, readers: AsyncEngine, writers: AsyncEngine) -> None:
        self._readers = readers
        self._writers = writers
        self._migrated = False

    async def read(self, work: Work[T]) -> T:
        """Run reads that see one state of the database."""
        self._require_migrated()
        return await _whole(self._run(self._readers, work))

    async def write(self, work: Work[T]) -> T:
        """Run a transaction that is committed as a whole, or not at all."""
        self._require_migrated()
        return await _whole(self._run(self._writers, work))

    async def migrate(self, work: Work[None]) -> None:
        """Bring the database to the shape that everything else needs; until then it is away."""
        await _whole(self._run(self._writers, work))
        self._migrated = True

    def _require_migrated(self) -> None:
        if not self._migrated:
            raise _away()

    async def ping(self) -> None:
        """Return when the database answers.

        Raises:
            UnavailableError: It does not.
        """
        await self.read(lambda connection: connection.execute(text("SELECT 1")))

    @staticmethod
    async def _run(engine: AsyncEngine, work: Work[T]) -> T:
        with _unavailable():
            async with engine.begin() as connection:
                return await work(connection)


async def _whole(work: Awaitable[T]) -> T:
    """Finish a transaction even if its caller is cancelled: half a transaction helps nobody."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


@asynccontextmanager
async def connect(settings: StoreSettings) -> AsyncIterator[Database]:
    """Give a database for the length of a block; it is reached when first used."""
    if make_url(settings.url).get_backend_name() == SQLITE:
        readers = _sqlite_engine(settings, connections=settings.connections, begin="BEGIN")
        writers = _sqlite_engine(settings, connections=1, begin="BEGIN IMMEDIATE")
    else:
        readers = writers = _engine(settings, settings.connections, pool_pre_ping=True)
    try:
        yield Database(readers, writers)
    finally:
        await readers.dispose()
        await writers.dispose()


def _engine(settings: StoreSettings, connections: int, **options: Any) -> AsyncEngine:
    return create_async_engine(
        settings.url,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=settings.acquire_within.total_seconds(),
        **options,
    )


def _sqlite_engine(settings: StoreSettings, *, connections: int, begin: str) -> AsyncEngine:
    engine = _engine(settings, connections)
    pragmas = (
        f"busy_timeout={settings.busy_timeout // timedelta(milliseconds=1)}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver would begin transactions late and by itself; the next listener does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def start(connection: Any) -> None:
        connection.exec_driver_sql(begin)

    return engine


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (PoolTimeoutError, OSError, TimeoutError) as error:
        raise _away() from error
    except DBAPIError as error:
        if not _passes(error):
            raise
        raise _away() from error


def _passes(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return str(state).startswith(UNAVAILABLE_STATES)
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _away() -> UnavailableError:
    return UnavailableError("The database is away; try again shortly.", retry_after=RETRY_AFTER)
