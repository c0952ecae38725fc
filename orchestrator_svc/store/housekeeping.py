"""Housekeeping in SQL."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, select

from chassis.clock import Clock
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import Database
from orchestrator_svc.store.tables import details, generations, idempotency_keys
from orchestrator_svc.store.values import Live

KEYS_AT_ONCE = 1000


class SqlHousekeeping:
    """Forgets old keys, and tells which snapshots are needed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def forget_keys(self, *, older_than: timedelta) -> int:
        """Forget some of the idempotency keys that are too old; return how many."""
        keys = idempotency_keys.c
        oldest = (
            select(keys.user_id, keys.key)
            .where(keys.create_time < self._clock.now() - older_than)
            .order_by(keys.create_time)
            .limit(KEYS_AT_ONCE)
        )

        async def work(connection: Connection) -> int:
            old = (await connection.execute(oldest)).all()
            for row in old:
                same = (keys.user_id == row.user_id, keys.key == row.key)
                await connection.execute(delete(idempotency_keys).where(*same))
            return len(old)

        return await self._database.write(work)

    async def live_snapshots(self, *, after: str, limit: int) -> Sequence[Live]:
        """Return which snapshots generations need, by generation id, after one of them."""
        page = (
            select(
                generations.c.generation_id,
                generations.c.snapshot_id,
                generations.c.generated_snapshot_id,
                details.c.base_snapshot_id,
                details.c.ours_snapshot_id,
                details.c.conflicts,
            )
            .join(details)
            .where(generations.c.generation_id > after)
            .order_by(generations.c.generation_id)
            .limit(limit)
        )

        async def work(connection: Connection) -> Sequence[Live]:
            return [
                Live(
                    generation_id=row.generation_id,
                    snapshot_ids=tuple(str(part) for part in tuple(row)[1:5] if part),
                    conflicts=row.conflicts,
                )
                for row in await connection.execute(page)
            ]

        return await self._database.read(work)
