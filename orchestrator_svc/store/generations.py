"""Generations in SQL, as their users see and change them."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from chassis.clock import Clock
from chassis.errors import AbortedError, FailedPreconditionError, ServiceError
from orchestrator_svc.domain.model import Details, Generation
from orchestrator_svc.domain.status import Change, Status, after
from orchestrator_svc.store.audiences import expect_viewer
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import Database
from orchestrator_svc.store.interface import Notices
from orchestrator_svc.store.rows import (
    DETAILS,
    details_from_row,
    generation_from_row,
    select_generations,
)
from orchestrator_svc.store.statements import (
    change_status,
    fetch_generation,
    queue_run,
    tell,
    unknown_generation,
)
from orchestrator_svc.store.tables import details, generations, projects, runs
from orchestrator_svc.store.values import Edit, Filter, Outgoing, Statistics


class SqlGenerations:
    """Reads, lists, cancels, retries, describes and deletes generations."""

    def __init__(self, database: Database, notices: Notices, clock: Clock) -> None:
        self._database = database
        self._notices = notices
        self._clock = clock

    async def get(self, user_id: str, generation_id: str) -> Generation:
        """Return a generation."""
        return await self._database.read(
            lambda connection: fetch_generation(connection, user_id, generation_id)
        )

    async def details(self, generation_id: str) -> Details:
        """Return a generation's bulky parts."""
        return details_from_row(await self._details(generation_id, *DETAILS))

    async def conflicts(self, generation_id: str) -> bytes | None:
        """Return what could not be merged and is not resolved, as it was written, or None."""
        row = await self._details(generation_id, details.c.conflicts)
        return None if row.conflicts is None else bytes(row.conflicts)

    async def review(self, generation_id: str) -> bytes | None:
        """Return a generation's proof report, serialized, or None."""
        row = await self._details(generation_id, details.c.review)
        return None if row.review is None else bytes(row.review)

    async def list(
        self, user_id: str, which: Filter, *, before: str, limit: int
    ) -> Sequence[Generation]:
        """Return generations, newest first, that are older than `before` (empty: all)."""
        page = _filtered(select_generations().where(generations.c.user_id == user_id), which)
        if before:
            page = page.where(generations.c.generation_id < before)
        newest = page.order_by(generations.c.generation_id.desc()).limit(limit)
        # One query for each status: only so does an index give both the rows and their order.
        queries = [
            newest.where(generations.c.status == status) for status in sorted(set(which.statuses))
        ]

        async def work(connection: Connection) -> Sequence[Generation]:
            rows = [row for query in queries or [newest] for row in await connection.execute(query)]
            found = [generation_from_row(row) for row in rows]
            found.sort(key=lambda generation: generation.generation_id, reverse=True)
            return found[:limit]

        return await self._database.read(work)

    async def statistics(self, user_id: str, which: Filter) -> Statistics:
        """Count a user's generations."""
        counted = _filtered(_counts().where(generations.c.user_id == user_id), which)
        if which.statuses:
            counted = counted.where(generations.c.status.in_(sorted(set(which.statuses))))

        async def work(connection: Connection) -> Statistics:
            return _statistics((await connection.execute(counted)).all())

        return await self._database.read(work)

    async def cancel(self, user_id: str, generation_id: str) -> Generation:
        """End a generation as CANCELLED; one that is cancelled already stays as it is."""

        async def work(connection: Connection) -> Generation:
            return await self._cancel(connection, user_id, generation_id)

        return await self._database.write(work)

    async def retry(self, user_id: str, generation_id: str) -> Generation:
        """Queue a failed generation for its next attempt."""

        async def work(connection: Connection) -> Generation:
            moved = await change_status(
                connection,
                Change.RETRY,
                *_owned(user_id, generation_id),
                attempt=generations.c.attempt + 1,
                error="",
                end_time=None,
                update_time=self._clock.now(),
            )
            generation = await fetch_generation(connection, user_id, generation_id)
            if not moved:
                after(Change.RETRY, generation.status)
            await queue_run(connection, generation)
            await expect_viewer(connection, generation, self._clock.now())
            await tell(connection, self._notices.queued(generation))
            return generation

        return await self._database.write(work)

    async def describe(
        self,
        user_id: str,
        generation_id: str,
        *,
        title: str | None,
        description: str | None,
        tags: Sequence[str] | None,
    ) -> Generation:
        """Change what its user says about a generation; None leaves a value as it is."""
        given = {"title": title, "description": description, "tags": tags and [*tags]}
        values = {name: value for name, value in given.items() if value is not None}

        async def work(connection: Connection) -> Generation:
            await connection.execute(
                update(generations)
                .where(*_owned(user_id, generation_id))
                .values(**values, update_time=self._clock.now())
            )
            return await fetch_generation(connection, user_id, generation_id)

        return await self._database.write(work)

    async def replace_snapshot(
        self, user_id: str, generation_id: str, edit: Edit, *, told: Sequence[Outgoing]
    ) -> Generation:
        """Record that a generation's files are another snapshot now, and what is told of it."""

        async def work(connection: Connection) -> Generation:
            changed = await connection.execute(
                update(generations)
                .where(
                    *_owned(user_id, generation_id),
                    generations.c.snapshot_id == edit.expected,
                    generations.c.end_time.is_not(None),
                )
                .values(
                    snapshot_id=edit.snapshot_id,
                    file_count=edit.file_count,
                    conflict_count=edit.conflict_count,
                    update_time=self._clock.now(),
                )
            )
            generation = await fetch_generation(connection, user_id, generation_id)
            if changed.rowcount != 1:
                raise _not_replaced(generation)
            if edit.conflicts is not None:
                same = details.c.generation_id == generation_id
                await connection.execute(
                    update(details).where(same).values(conflicts=edit.conflicts)
                )
            await tell(connection, told)
            return generation

        return await self._database.write(work)

    async def delete(self, user_id: str, generation_id: str, *, force: bool) -> None:
        """Forget a generation."""

        async def work(connection: Connection) -> None:
            generation = await fetch_generation(connection, user_id, generation_id)
            if not generation.status.terminal:
                _check_force(generation, force=force)
                await self._cancel(connection, user_id, generation_id)
            await connection.execute(
                delete(generations).where(generations.c.generation_id == generation_id)
            )
            await connection.execute(
                update(projects)
                .where(projects.c.active_generation_id == generation_id)
                .where(projects.c.project_id == generation.project_id)
                .values(active_generation_id="", active_version=0)
            )

        await self._database.write(work)

    async def _cancel(self, connection: Connection, user_id: str, generation_id: str) -> Generation:
        now = self._clock.now()
        moved = await change_status(
            connection,
            Change.CANCEL,
            *_owned(user_id, generation_id),
            end_time=now,
            update_time=now,
        )
        generation = await fetch_generation(connection, user_id, generation_id)
        if moved:
            await connection.execute(delete(runs).where(runs.c.generation_id == generation_id))
            await tell(connection, self._notices.ended(generation))
        elif generation.status is not Status.CANCELLED:
            after(Change.CANCEL, generation.status)
        return generation

    async def _details(self, generation_id: str, *columns: Any) -> Any:
        wanted = select(*columns).where(details.c.generation_id == generation_id)

        async def work(connection: Connection) -> Any:
            return (await connection.execute(wanted)).one_or_none()

        row = await self._database.read(work)
        if row is None:
            raise unknown_generation(generation_id)
        return row


def _owned(user_id: str, generation_id: str) -> tuple[Any, Any]:
    return generations.c.generation_id == generation_id, generations.c.user_id == user_id


def _filtered(page: Select[Any], which: Filter) -> Select[Any]:
    if which.project_id:
        page = page.where(generations.c.project_id == which.project_id)
    if which.parent_generation_id:
        page = page.where(generations.c.parent_generation_id == which.parent_generation_id)
    if which.is_iteration is not None:
        first = generations.c.parent_generation_id == ""
        page = page.where(~first if which.is_iteration else first)
    if which.min_quality_score is not None:
        page = page.where(generations.c.quality_score >= which.min_quality_score)
    return page


def _counts() -> Select[Any]:
    took = generations.c.end_time - generations.c.create_time
    return select(
        generations.c.status,
        func.count().label("count"),
        func.count(func.nullif(generations.c.parent_generation_id, "")).label("iterations"),
        func.sum(generations.c.quality_score).label("quality"),
        func.count(generations.c.quality_score).label("assessed"),
        func.avg(took).label("took"),
    ).group_by(generations.c.status)


def _statistics(rows: Sequence[Any]) -> Statistics:
    assessed = sum(row.assessed for row in rows)
    quality = sum(row.quality or 0.0 for row in rows)
    took = next((row.took for row in rows if row.status == Status.COMPLETED), None)
    return Statistics(
        by_status={Status(row.status): row.count for row in rows},
        iterations=sum(row.iterations for row in rows),
        mean_quality_score=quality / assessed if assessed else None,
        mean_duration=None if took is None else timedelta(microseconds=float(took)),
    )


def _not_replaced(generation: Generation) -> ServiceError:
    if not generation.status.terminal:
        return FailedPreconditionError(
            "The generation still writes its files; edit them when it has ended.",
            reason=f"GENERATION_{generation.status.name}",
        )
    return AbortedError(
        "The files have changed meanwhile; read them again.", reason="SNAPSHOT_CHANGED"
    )


def _check_force(generation: Generation, *, force: bool) -> None:
    if not force:
        raise FailedPreconditionError(
            f"The generation is {generation.status}; cancel it first, or force the deletion.",
            reason=f"GENERATION_{generation.status.name}",
        )
