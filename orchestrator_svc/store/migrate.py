"""Brings a database to the newest shape; any number of replicas may try at once."""

from importlib.resources import files

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection as SyncConnection
from sqlalchemy import text

from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import SQLITE, Database

LOCK = 4_170_522_318
"""Names the advisory lock in PostgreSQL; SQLite's own write lock serves there."""


async def migrate(database: Database) -> None:
    """Apply what is missing, in one transaction under a lock."""
    await database.migrate(_migrate)


async def _migrate(connection: Connection) -> None:
    if connection.dialect.name != SQLITE:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
    await connection.run_sync(_upgrade)


def _upgrade(connection: SyncConnection) -> None:
    config = Config()
    config.set_main_option("script_location", str(files("orchestrator_svc.store") / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
