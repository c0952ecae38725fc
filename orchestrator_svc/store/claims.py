"""Claims in SQL: turns, leases and fencing epochs."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select, text, update

from chassis.clock import Clock
from chassis.errors import UnavailableError
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.domain.status import Change, Status
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import APPLICATION, SQLITE, Database
from orchestrator_svc.store.errors import ReplacedError
from orchestrator_svc.store.interface import Notices
from orchestrator_svc.store.rows import (
    DETAILS,
    details_from_row,
    generation_from_row,
    select_generations,
)
from orchestrator_svc.store.statements import change_status, following, reread_generation, upsert
from orchestrator_svc.store.tables import EPOCH, details, generations, runs, turns
from orchestrator_svc.store.values import Claim, Grasp

RACES = 10
"""How often a claim that lost its pick to another replica picks again."""
STALLED = text("""
    SELECT pid
    FROM pg_stat_activity
    WHERE application_name = :name AND usename = current_user AND datname = current_database()
      AND wait_event_type = 'Client' AND state <> 'idle'
      AND state_change < clock_timestamp() - CAST(:age AS interval)
""")
"""PostgreSQL's own timeout for idle transactions does not see a statement half sent."""
MAY_END = text("""
    SELECT bool_and(has_function_privilege(oid, 'EXECUTE'))
    FROM pg_proc WHERE proname = 'pg_terminate_backend'
""")
END = text("SELECT pg_terminate_backend(:pid)")


class SqlClaims:
    """Hands generations to runners, one at a time each."""

    def __init__(self, database: Database, notices: Notices, clock: Clock) -> None:
        self._database = database
        self._notices = notices
        self._clock = clock

    async def claim(self, *, lease: timedelta, per_user: int) -> Claim | None:
        """Take the generation whose turn it is, or return None when none may be taken now."""

        async def work(connection: Connection) -> Claim | None:
            now = self._clock.now()
            for _ in range(RACES):
                row = (await connection.execute(_fair_pick(now, per_user))).one_or_none()
                if row is None:
                    return None
                if claims := await _take(connection, row.next, now=now, until=now + lease):
                    return await _claimed(connection, row, claims=claims, now=now)
            return None

        return await self._database.write(work)

    async def waiting(self) -> int:
        """Count the generations that nobody works on."""
        free = select(func.count()).where(runs.c.lease_end <= self._clock.now())
        return int(await self._database.read(lambda connection: _scalar(connection, free)))

    async def left_behind(self, *, for_at_least: timedelta, limit: int) -> Sequence[Generation]:
        """Return generations that nobody works on and nobody has touched for a while."""
        now = self._clock.now()
        touched = generations.c.update_time
        # What was touched in times to come was so before the clock went back.
        long_ago = or_(touched <= now - for_at_least, touched > now + for_at_least)
        lonely = (
            select_generations()
            .join(runs, runs.c.generation_id == generations.c.generation_id)
            .where(runs.c.lease_end <= now, long_ago)
            .order_by(generations.c.generation_id)
            .limit(limit)
        )

        async def work(connection: Connection) -> Sequence[Generation]:
            return [generation_from_row(row) for row in await connection.execute(lonely)]

        return await self._database.read(work)

    async def overlong(self, *, lease: timedelta) -> Mapping[str, datetime]:
        """Return by generation the ends of leases that are further away than a whole lease."""
        ends = select(runs.c.generation_id, runs.c.lease_end).where(
            runs.c.lease_end > self._clock.now() + lease
        )

        async def work(connection: Connection) -> Mapping[str, datetime]:
            return {row.generation_id: row.lease_end for row in await connection.execute(ends)}

        return await self._database.read(work)

    async def end_lease(self, generation_id: str, end: datetime) -> None:
        """End a lease, unless it was prolonged since it had this end."""

        async def work(connection: Connection) -> None:
            await connection.execute(
                update(runs)
                .where(runs.c.generation_id == generation_id, runs.c.lease_end == end)
                .values(lease_end=EPOCH)
            )

        await self._database.write(work)

    async def end_stalled(self, *, for_at_least: timedelta) -> int:
        """End transactions of replicas that stand still, and may hold what others wait for."""

        async def work(connection: Connection) -> int:
            if connection.dialect.name == SQLITE:
                return 0
            parameters = {"name": APPLICATION, "age": for_at_least}
            stalled = (await connection.execute(STALLED, parameters)).scalars().all()
            if stalled and not (await connection.execute(MAY_END)).scalar_one():
                raise UnavailableError(
                    "A transaction stands still; let this role execute pg_terminate_backend."
                )
            ended = [(await connection.execute(END, {"pid": pid})).scalar_one() for pid in stalled]
            return ended.count(True)

        return await self._database.read(work)

    async def extend(
        self, generation_id: str, epoch: int, *, lease: timedelta, progress: float
    ) -> None:
        """Prolong a lease and note how far the work is."""

        async def work(connection: Connection) -> None:
            now = self._clock.now()
            await update_held(connection, generation_id, epoch, progress=progress, update_time=now)
            await set_run(connection, generation_id, lease_end=now + lease)

        await self._database.write(work)

    async def grasps(self, generation_ids: Sequence[str]) -> dict[str, Grasp]:
        """Return what holds on generations are worth; one that is unknown is left out."""
        wanted = select(
            generations.c.generation_id, generations.c.epoch, generations.c.status
        ).where(generations.c.generation_id.in_(generation_ids))

        async def work(connection: Connection) -> dict[str, Grasp]:
            rows = await connection.execute(wanted)
            return {
                row.generation_id: Grasp(epoch=row.epoch, status=Status(row.status)) for row in rows
            }

        return await self._database.read(work)

    async def release(self, generation_id: str, epoch: int, *, blameless: bool) -> None:
        """Give a generation back, to be claimed by anybody at once."""

        async def work(connection: Connection) -> None:
            await update_held(connection, generation_id, epoch, update_time=self._clock.now())
            await set_run(
                connection,
                generation_id,
                lease_end=EPOCH,
                claims=runs.c.claims - (1 if blameless else 0),
            )

        await self._database.write(work)


def _fair_pick(now: Any, per_user: int) -> Select[Any]:
    free = runs.c.lease_end <= now
    busy = func.sum(case((free, 0), else_=1))
    place = func.min(case((free, runs.c.place)))
    served = func.coalesce(func.max(turns.c.served), 0)
    turn = (
        select(runs.c.user_id, place.label("place"))
        .outerjoin(turns, turns.c.user_id == runs.c.user_id)
        .group_by(runs.c.user_id)
        .having(place.is_not(None), busy < per_user)
        .order_by(busy, served, place)
        .limit(1)
        .subquery()
    )
    # Starts that were committed at the same moment may share a place.
    return (
        select(runs.c.user_id, runs.c.generation_id.label("next"))
        .join(turn, and_(turn.c.user_id == runs.c.user_id, turn.c.place == runs.c.place))
        .where(free)
        .order_by(runs.c.generation_id)
        .limit(1)
    )


async def _take(connection: Connection, generation_id: str, *, now: Any, until: Any) -> int:
    # Every transaction locks the generation before its run, so that none waits in a circle.
    same = select(generations.c.epoch).where(generations.c.generation_id == generation_id)
    await connection.execute(same.with_for_update())
    taken = await connection.execute(
        update(runs)
        .where(runs.c.generation_id == generation_id, runs.c.lease_end <= now)
        .values(lease_end=until, claims=runs.c.claims + 1)
        .returning(runs.c.claims)
    )
    return int(taken.scalar_one_or_none() or 0)


async def _claimed(connection: Connection, row: Any, *, claims: int, now: Any) -> Claim:
    turn = upsert(connection, turns).values(user_id=row.user_id, served=following(turns.c.served))
    served = {"served": turn.excluded.served}
    await connection.execute(turn.on_conflict_do_update(index_elements=["user_id"], set_=served))
    await change_status(
        connection,
        Change.CLAIM,
        generations.c.generation_id == row.next,
        epoch=generations.c.epoch + 1,
        update_time=now,
    )
    parts = select(*DETAILS).where(details.c.generation_id == row.next)
    found = (await connection.execute(parts)).one()
    return Claim(
        generation=await reread_generation(connection, row.next),
        details=details_from_row(found),
        claims=claims,
    )


async def _scalar(connection: Connection, statement: Select[Any]) -> Any:
    return (await connection.execute(statement)).scalar_one()


async def update_held(
    connection: Connection, generation_id: str, epoch: int, **values: Any
) -> None:
    """Change a generation that a claim still holds.

    Raises:
        ReplacedError: The claim is not the newest, or the generation has ended.
    """
    changed = await connection.execute(
        update(generations)
        .where(
            generations.c.generation_id == generation_id,
            generations.c.epoch == epoch,
            generations.c.status == Status.PROCESSING.value,
        )
        .values(**values)
    )
    if changed.rowcount != 1:
        raise replaced(generation_id)


async def set_run(connection: Connection, generation_id: str, **values: Any) -> None:
    """Change what is known of a run; one that has ended is no error."""
    await connection.execute(
        update(runs).where(runs.c.generation_id == generation_id).values(**values)
    )


def replaced(generation_id: str) -> ReplacedError:
    """Return the error for a claim that is not the newest."""
    return ReplacedError(f"Another runner holds {generation_id!r}, or it has ended.")
