"""How the store finds and uses its database."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """How the store finds and uses its database."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_ORCHESTRATOR_DATABASE"

    url: str = "sqlite+aiosqlite:///backsmith.db"
    """Where the database is: `sqlite+aiosqlite:///PATH` or `postgresql+asyncpg://USER@HOST/NAME`."""

    connections: int = 8
    """How many connections are open at most, in each replica."""

    acquire_within: timedelta = timedelta(seconds=5)
    """How long a call waits for a free connection, or for a new one, in seconds."""

    answer_within: timedelta = timedelta(seconds=10)
    """How long PostgreSQL may take for one statement before it counts as away, in seconds."""

    busy_timeout: timedelta = timedelta(seconds=5)
    """How long a write waits for other processes' writes to SQLite, in seconds."""
