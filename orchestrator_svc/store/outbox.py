"""The outbox in SQL."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import Database
from orchestrator_svc.store.tables import outbox
from orchestrator_svc.store.values import OutboxKind, Outgoing, Stored


class SqlOutbox:
    """Keeps what the bus is still to be told, in the order it was written."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def pending(self, limit: int) -> Sequence[Stored]:
        """Return the oldest of what lies in the outbox, in order."""
        oldest = select(outbox).order_by(outbox.c.outbox_id).limit(limit)

        async def work(connection: Connection) -> Sequence[Stored]:
            return [
                Stored(
                    outbox_id=row.outbox_id,
                    outgoing=Outgoing(
                        kind=OutboxKind(row.kind),
                        subject=row.subject,
                        message_id=row.message_id,
                        data=row.data,
                    ),
                )
                for row in await connection.execute(oldest)
            ]

        return await self._database.read(work)

    async def holds(self, subject: str) -> bool:
        """Tell whether anything for a subject lies in the outbox."""
        one = select(outbox.c.outbox_id).where(outbox.c.subject == subject).limit(1)

        async def work(connection: Connection) -> bool:
            return (await connection.execute(one)).first() is not None

        return await self._database.read(work)

    async def discard(self, outbox_ids: Sequence[int]) -> None:
        """Take out what has been told."""

        async def work(connection: Connection) -> None:
            await connection.execute(delete(outbox).where(outbox.c.outbox_id.in_(outbox_ids)))

        await self._database.write(work)
