"""Empty databases for a test of its own, of each kind."""

import uuid
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
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    url = make_url(server).set(drivername="postgresql+asyncpg", database=name)
    return url.render_as_string(hide_password=False)
