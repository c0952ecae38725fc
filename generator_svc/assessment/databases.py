"""Databases for one gate: made empty, gone afterwards."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]

_PREFIX = "backsmith_proof_"


class Database(Protocol):
    """A kind of database that a generated project is tried on."""

    name: str
    """The name, as a suffix of gates."""

    over_network: bool
    """Whether it is reached over the host's network."""

    unavailable: str
    """Why there is none here; empty if there is."""

    def scratch(self, root: Path) -> AbstractAsyncContextManager[str]:
        """Make an empty database for the length of a block and yield its SQLAlchemy URL."""
        ...


class Sqlite:
    """A file beside the project."""

    name = "sqlite"
    over_network = False
    unavailable = ""

    @asynccontextmanager
    async def scratch(self, root: Path) -> AsyncIterator[str]:
        """Name a file that does not exist yet."""
        file = root.parent / f"{secrets.token_hex(4)}.db"
        yield f"sqlite+aiosqlite:///{file}"


class Postgres:
    """A database of its own on a PostgreSQL server.

    Args:
        url: A database of that server from which others may be made; empty if there is none.
    """

    name = "postgres"
    over_network = True

    def __init__(self, url: str) -> None:
        self._url = url
        self.unavailable = "" if url else "no PostgreSQL server is configured"

    @asynccontextmanager
    async def scratch(self, root: Path) -> AsyncIterator[str]:
        """Create a database, and drop it with whoever is still connected."""
        del root
        name = f"{_PREFIX}{secrets.token_hex(6)}"
        await self._execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(self._url)._replace(scheme="postgresql+asyncpg", path=name))
        finally:
            await self._execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
