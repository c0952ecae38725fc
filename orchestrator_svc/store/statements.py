"""Steps that several transactions share."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ScalarSelect, Table, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from chassis.errors import AlreadyExistsError, NotFoundError
from orchestrator_svc.domain.model import Generation, Project
from orchestrator_svc.domain.status import TRANSITIONS, Change
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import SQLITE
from orchestrator_svc.store.rows import generation_from_row, project_from_row, select_generations
from orchestrator_svc.store.tables import (
    EPOCH,
    generations,
    idempotency_keys,
    outbox,
    projects,
    runs,
)
from orchestrator_svc.store.values import Idempotency, Outgoing


def upsert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an insert that knows ON CONFLICT."""
    return sqlite.insert(table) if connection.dialect.name == SQLITE else postgresql.insert(table)


async def fetch_generation(connection: Connection, user_id: str, key: str) -> Generation:
    """Return a user's generation.

    Raises:
        NotFoundError: It is unknown.
    """
    owned = select_generations().where(
        generations.c.generation_id == key, generations.c.user_id == user_id
    )
    row = (await connection.execute(owned)).one_or_none()
    if row is None:
        raise unknown_generation(key)
    return generation_from_row(row)


async def reread_generation(connection: Connection, generation_id: str) -> Generation:
    """Return a generation that is known to be there."""
    same = select_generations().where(generations.c.generation_id == generation_id)
    return generation_from_row((await connection.execute(same)).one())


async def fetch_project(connection: Connection, user_id: str, project_id: str) -> Project:
    """Return a user's project.

    Raises:
        NotFoundError: It is unknown.
    """
    owned = select(projects).where(
        projects.c.project_id == project_id, projects.c.user_id == user_id
    )
    row = (await connection.execute(owned)).one_or_none()
    if row is None:
        raise unknown_project(project_id)
    return project_from_row(row)


async def change_status(
    connection: Connection, change: Change, *conditions: Any, **values: Any
) -> bool:
    """Move a generation along the transition table; False when it does not stand where it must."""
    transition = TRANSITIONS[change]
    moved = await connection.execute(
        update(generations)
        .where(generations.c.status.in_(sorted(transition.sources)), *conditions)
        .values(status=transition.target.value, **values)
    )
    return moved.rowcount == 1


async def queue_run(connection: Connection, generation: Generation) -> None:
    """Put a generation at the end of the queue for runners."""
    await connection.execute(
        insert(runs).values(
            generation_id=generation.generation_id,
            user_id=generation.user_id,
            lease_end=EPOCH,
            claims=0,
            place=following(runs.c.place),
        )
    )


def following(column: Column[int]) -> ScalarSelect[int]:
    """Count on from the greatest value of a column; two that do so at once may count alike."""
    everything = column.table.alias()
    greatest = func.max(everything.c[column.name])
    return select(func.coalesce(greatest, 0) + 1).scalar_subquery()


async def tell(connection: Connection, outgoing: Sequence[Outgoing]) -> None:
    """Leave something in the outbox."""
    if outgoing:
        rows = [
            {
                "kind": each.kind.value,
                "subject": each.subject,
                "message_id": each.message_id,
                "data": each.data,
            }
            for each in outgoing
        ]
        await connection.execute(insert(outbox), rows)


async def find_twin(connection: Connection, user_id: str, idempotency: Idempotency) -> str | None:
    """Return the id of what an earlier call with this key made, or None.

    Raises:
        AlreadyExistsError: The key was used with another request.
    """
    known = select(idempotency_keys.c.request_hash, idempotency_keys.c.result_id).where(
        idempotency_keys.c.user_id == user_id, idempotency_keys.c.key == idempotency.key
    )
    row = (await connection.execute(known)).one_or_none()
    if row is None:
        return None
    if row.request_hash != idempotency.request_hash:
        raise AlreadyExistsError(
            "The idempotency key was used with another request; use a new key.",
            reason="IDEMPOTENCY_KEY_REUSED",
        )
    return str(row.result_id)


async def claim_key(
    connection: Connection,
    user_id: str,
    idempotency: Idempotency | None,
    *,
    result_id: str,
    now: datetime,
) -> str | None:
    """Remember a key; return what its twin made when the key is taken.

    A twin that is not committed yet is waited for.
    """
    if idempotency is None:
        return None
    taken = await connection.execute(
        upsert(connection, idempotency_keys)
        .values(
            user_id=user_id,
            key=idempotency.key,
            request_hash=idempotency.request_hash,
            result_id=result_id,
            create_time=now,
        )
        .on_conflict_do_nothing()
    )
    return None if taken.rowcount else await find_twin(connection, user_id, idempotency)


def unknown_generation(generation_id: str) -> NotFoundError:
    """Return the error for a generation that is not there."""
    return NotFoundError(
        f"There is no generation {generation_id!r}.",
        reason="GENERATION_UNKNOWN",
        metadata={"generation_id": generation_id},
    )


def unknown_project(project_id: str) -> NotFoundError:
    """Return the error for a project that is not there."""
    return NotFoundError(
        f"There is no project {project_id!r}.",
        reason="PROJECT_UNKNOWN",
        metadata={"project_id": project_id},
    )
