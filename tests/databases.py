"""Databases for a test of its own, of each kind, and other processes that are in the way there."""

import asyncio
import sqlite3
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import make_url

SQL = ("sqlite", "postgresql")
"""The parameters of a fixture that calls `new_database`."""


async def new_database(request: pytest.FixtureRequest, folder: Path) -> str:
    """Return the address of an empty database, of the kind that a fixture's parameter names."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{folder}/store.db"
    server = request.getfixturevalue("postgres_url")
    name = f"test_{uuid.uuid4().hex}"
    async with connected(server) as connection:
        await connection.execute(f"CREATE DATABASE {name}")
    url = make_url(server).set(drivername="postgresql+asyncpg", database=name)
    return url.render_as_string(hide_password=False)


@asynccontextmanager
async def locked(url: str, table: str) -> AsyncIterator[None]:
    """Hold, as another process, what writes to a table need; SQLite has one lock for all."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(str(address.database), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
        return
    async with connected(url) as connection, connection.transaction():
        await connection.execute(f"LOCK TABLE {table} IN EXCLUSIVE MODE")
        yield


async def somebody(url: str, condition: str) -> None:
    """Return once a session of a PostgreSQL fulfils a condition on `pg_stat_activity`."""
    one = f"SELECT EXISTS (SELECT FROM pg_stat_activity WHERE {condition})"  # noqa: S608 - ours
    async with connected(url) as connection:
        while not await connection.fetchval(one):  # noqa: ASYNC110 - PostgreSQL tells nobody
            await asyncio.sleep(0.01)


@asynccontextmanager
async def connected(url: str) -> "AsyncIterator[asyncpg.Connection]":
    """Connect to a PostgreSQL, past the store."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        yield connection
    finally:
        await connection.close()
