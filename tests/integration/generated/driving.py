"""Runs commands of alembic and queries, in order, in one process: starting one costs more."""

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from alembic.config import main


def select(address: str, query: str) -> list[Any]:
    """Return the rows of a query."""
    if address.startswith("postgresql:"):
        return asyncio.run(_select(address, query))
    with closing(sqlite3.connect(address)) as connection:
        return connection.execute(query).fetchall()


def insert(address: str, statements: str) -> None:
    """Run statements that return nothing."""
    if address.startswith("postgresql:"):
        asyncio.run(_execute(address, statements))
        return
    with closing(sqlite3.connect(address)) as connection:
        connection.executescript(statements)


async def _select(address: str, query: str) -> list[Any]:
    connection = await asyncpg.connect(address)
    try:
        return [tuple(row) for row in await connection.fetch(query)]
    finally:
        await connection.close()


async def _execute(address: str, statements: str) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()


if __name__ == "__main__":
    found = []
    for step in json.loads(sys.argv[2]):
        if step.startswith("SELECT"):
            found.append(select(sys.argv[1], step))
        elif step.startswith("INSERT"):
            insert(sys.argv[1], step)
        else:
            main(step.split())
    print("\n" + json.dumps(found, default=str))  # noqa: T201 - what the test reads
