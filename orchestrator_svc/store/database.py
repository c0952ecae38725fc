"""Connections and transactions, the same over SQLite and PostgreSQL."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from chassis.errors import UnavailableError
from chassis.writes import Writes
from orchestrator_svc.store.connection import ThreadConnection, Work, finish
from orchestrator_svc.store.settings import StoreSettings

T = TypeVar("T")
SQLITE = "sqlite"
APPLICATION = "backsmith-orchestrator"
"""What PostgreSQL calls our connections."""
RETRY_AFTER = timedelta(seconds=1)
FULL = "DATABASE_FULL"
DISK_FULL_STATE = "53100"
UNAVAILABLE_STATES = ("08", "53", "57P", "40", "25006")
"""SQLSTATE classes that pass by themselves: connection, resources, shutdown, rollback."""


class Transactions(Protocol):
    """Runs work, each in a transaction of its own."""

    async def run(self, work: Work[T]) -> T:
        """Run work; commit it as a whole, or not at all."""
        ...

    async def close(self) -> None:
        """Close the connections."""
        ...


class LoopTransactions:
    """Transactions over a driver that knows `await`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def run(self, work: Work[T]) -> T:
        """Run work; commit it as a whole, or not at all."""
        async with self._engine.begin() as connection:
            return await work(connection)

    async def close(self) -> None:
        """Close the connections."""
        await self._engine.dispose()


class ThreadTransactions:
    """Transactions in threads of their own: SQLite's calls are short, and hopping costs more."""

    def __init__(self, settings: StoreSettings, *, threads: int, begin: str) -> None:
        self._engine = _sqlite_engine(settings, connections=threads, begin=begin)
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="store")
        self._free = asyncio.Semaphore(threads)
        self._acquire_within = settings.acquire_within.total_seconds()

    async def run(self, work: Work[T]) -> T:
        """Run work; commit it as a whole, or not at all."""
        async with asyncio.timeout(self._acquire_within):
            await self._free.acquire()
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, self._run, work)
        finally:
            self._free.release()

    async def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown()
        self._engine.dispose()

    def _run(self, work: Work[T]) -> T:
        with self._engine.begin() as connection:
            return finish(work(ThreadConnection(connection)))


class Database:
    """Runs short transactions; made by `connect`."""

    def __init__(
        self, readers: Transactions, writers: Transactions, migrators: Transactions
    ) -> None:
        self._readers = readers
        self._writers = writers
        self._migrators = migrators
        self._writes = Writes()
        self._migrated = False

    async def read(self, work: Work[T]) -> T:
        """Run reads that see one state of the database."""
        self._require_migrated()
        return await _whole(self._readers, work)

    async def write(self, work: Work[T]) -> T:
        """Run a transaction that is committed as a whole, or not at all."""
        self._require_migrated()
        try:
            result = await _whole(self._writers, work)
        except UnavailableError as error:
            if error.reason == FULL:
                self._writes.failed(error)
            raise
        self._writes.succeeded()
        return result

    async def migrate(self, work: Work[None]) -> None:
        """Bring the database to the shape that everything else needs; until then it is away."""
        await _whole(self._migrators, work)
        self._migrated = True

    async def ping(self) -> None:
        """Return when the database answers, and has taken what was written last.

        Raises:
            UnavailableError: It does not, or has no room left.
        """
        await self.read(lambda connection: connection.execute(text("SELECT 1")))
        self._writes.require()

    def _require_migrated(self) -> None:
        if not self._migrated:
            raise _away()


async def _whole(transactions: Transactions, work: Work[T]) -> T:
    """Finish a transaction even if its caller is cancelled: half a transaction helps nobody."""
    task = asyncio.ensure_future(transactions.run(work))
    try:
        with _unavailable():
            return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(task, return_exceptions=True)
        raise


@asynccontextmanager
async def connect(settings: StoreSettings) -> AsyncIterator[Database]:
    """Give a database for the length of a block; it is reached when first used.

    SQLite takes one writer at a time, so its writers queue for one connection here, in order,
    instead of polling for the file's lock.
    """
    readers: Transactions
    writers: Transactions
    migrators: Transactions
    if make_url(settings.url).get_backend_name() == SQLITE:
        readers = ThreadTransactions(settings, threads=settings.connections, begin="BEGIN")
        writers = ThreadTransactions(settings, threads=1, begin="BEGIN IMMEDIATE")
        migrators = writers
    else:
        readers = writers = LoopTransactions(_postgres_engine(settings))
        migrators = LoopTransactions(_postgres_migrator(settings))
    async with AsyncExitStack() as stack:
        for transactions in dict.fromkeys((readers, writers, migrators)):
            stack.push_async_callback(transactions.close)
        yield Database(readers, writers, migrators)


def _postgres_engine(settings: StoreSettings) -> AsyncEngine:
    return create_async_engine(
        settings.url,
        pool_size=settings.connections,
        max_overflow=0,
        pool_timeout=settings.acquire_within.total_seconds(),
        pool_pre_ping=True,
        connect_args=_connect_args(settings)
        | {"command_timeout": settings.answer_within.total_seconds()},
    )


def _postgres_migrator(settings: StoreSettings) -> AsyncEngine:
    """Return an engine whose statements may take their time, as an index over a big table does."""
    return create_async_engine(
        settings.url, poolclass=NullPool, connect_args=_connect_args(settings)
    )


def _connect_args(settings: StoreSettings) -> dict[str, Any]:
    return {
        "timeout": settings.acquire_within.total_seconds(),
        "server_settings": {"application_name": APPLICATION},
    }


def _sqlite_engine(settings: StoreSettings, *, connections: int, begin: str) -> Engine:
    path = make_url(settings.url).database
    engine = create_engine(URL.create(SQLITE, database=path), pool_size=connections, max_overflow=0)
    pragmas = (
        f"busy_timeout={settings.busy_timeout // timedelta(milliseconds=1)}",
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        # The driver would begin transactions late and by itself; the next listener does it.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
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
        if _is_full(error):
            raise _full() from error
        if not _passes(error):
            raise
        raise _away() from error


def _is_full(error: DBAPIError) -> bool:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code == sqlite3.SQLITE_FULL or _state(error) == DISK_FULL_STATE


def _state(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return None if state is None else str(state)


def _passes(error: DBAPIError) -> bool:
    state = _state(error)
    if state is not None:
        return state.startswith(UNAVAILABLE_STATES)
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def _full() -> UnavailableError:
    return UnavailableError(
        "The database has no room left; free some space, then try again.",
        reason=FULL,
        retry_after=RETRY_AFTER,
    )


def _away() -> UnavailableError:
    return UnavailableError("The database is away; try again shortly.", retry_after=RETRY_AFTER)
