"""Who watches generations that are to be cancelled when nobody does, in SQL."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, func, select, type_coerce, update

from chassis.clock import Clock
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import Database
from orchestrator_svc.store.statements import fetch_generation, upsert
from orchestrator_svc.store.tables import audiences, generations, runs
from orchestrator_svc.store.values import Unwatched

EXPECTED = ""
"""Stands for the viewer a generation was started for, where a bridge's name stands else."""

PATIENCE = timedelta(seconds=60)
"""How long that viewer is waited for: as long as a stream token is good to connect."""


class SqlAudiences:
    """Keeps until when each bridge has viewers of a generation: only where that decides anything.

    The rows hang on the run, so that they vanish when the generation ends.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def set_cancel_after(
        self, user_id: str, generation_id: str, cancel_after: timedelta | None
    ) -> Generation:
        """Decide how long a generation goes on without viewers; None: for as long as it takes."""

        async def work(connection: Connection) -> Generation:
            await connection.execute(
                update(generations)
                .where(
                    generations.c.generation_id == generation_id, generations.c.user_id == user_id
                )
                .values(cancel_after=cancel_after)
            )
            generation = await fetch_generation(connection, user_id, generation_id)
            if not generation.status.terminal:
                await expect_viewer(connection, generation, self._clock.now())
            return generation

        return await self._database.write(work)

    async def report(
        self, bridge_id: str, generation_ids: Sequence[str], *, hold: timedelta
    ) -> None:
        """Note that these, and no others, have viewers at a bridge, until `hold` has passed."""
        now = self._clock.now()
        reported = set(generation_ids)

        async def look(connection: Connection) -> bool:
            concerned = await _concerned(connection)
            return bool(concerned & reported) or bool(await _watched(connection, bridge_id, now))

        async def work(connection: Connection) -> None:
            watched = sorted(await _concerned(connection) & reported)
            left = sorted(await _watched(connection, bridge_id, now) - set(watched))
            for generation_id in watched:
                await _note(connection, generation_id, bridge_id, now + hold)
                await _shorten(connection, generation_id, EXPECTED, now)
            for generation_id in left:
                await _shorten(connection, generation_id, bridge_id, now)

        if await self._database.read(look):
            await self._database.write(work)

    async def unwatched(self, limit: int) -> Sequence[Unwatched]:
        """Return generations that nobody has watched for longer than they are to go on so."""
        last_seen = func.max(type_coerce(audiences.c.until, BigInteger))
        patience = type_coerce(generations.c.cancel_after, BigInteger)
        now = type_coerce(self._clock.now(), audiences.c.until.type)
        abandoned = (
            select(generations.c.generation_id, generations.c.user_id)
            .join(audiences, audiences.c.generation_id == generations.c.generation_id)
            .where(generations.c.cancel_after.is_not(None))
            .group_by(
                generations.c.generation_id, generations.c.user_id, generations.c.cancel_after
            )
            .having(last_seen + patience <= now)
            .limit(limit)
        )

        async def work(connection: Connection) -> Sequence[Unwatched]:
            rows = await connection.execute(abandoned)
            return [Unwatched(generation_id=row.generation_id, user_id=row.user_id) for row in rows]

        return await self._database.read(work)


async def expect_viewer(connection: Connection, generation: Generation, now: datetime) -> None:
    """Wait for the viewer that a running generation is wanted for, if it is to be watched."""
    if generation.cancel_after is not None:
        await _note(connection, generation.generation_id, EXPECTED, now + PATIENCE)


async def _concerned(connection: Connection) -> set[str]:
    """Return the running generations that are cancelled without viewers."""
    running = (
        select(runs.c.generation_id)
        .join(generations, generations.c.generation_id == runs.c.generation_id)
        .where(generations.c.cancel_after.is_not(None))
    )
    return {row.generation_id for row in await connection.execute(running)}


async def _watched(connection: Connection, bridge_id: str, now: datetime) -> set[str]:
    """Return what counts as watched at a bridge."""
    held = select(audiences.c.generation_id).where(
        audiences.c.bridge_id == bridge_id, audiences.c.until > now
    )
    return {row.generation_id for row in await connection.execute(held)}


async def _note(
    connection: Connection, generation_id: str, bridge_id: str, until: datetime
) -> None:
    same = {"generation_id": generation_id, "bridge_id": bridge_id}
    noted = upsert(connection, audiences).values(**same, until=until)
    await connection.execute(
        noted.on_conflict_do_update(index_elements=list(same), set_={"until": until})
    )


async def _shorten(
    connection: Connection, generation_id: str, bridge_id: str, now: datetime
) -> None:
    row: tuple[Any, ...] = (
        audiences.c.generation_id == generation_id,
        audiences.c.bridge_id == bridge_id,
        audiences.c.until > now,
    )
    await connection.execute(update(audiences).where(*row).values(until=now))
