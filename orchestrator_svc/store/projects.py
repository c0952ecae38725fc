"""Projects in SQL, and their versions."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from chassis.clock import Clock
from chassis.errors import AbortedError, FailedPreconditionError, NotFoundError
from orchestrator_svc.domain.model import Generation, Project
from orchestrator_svc.domain.status import Change, Status
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import Database
from orchestrator_svc.store.interface import Notices
from orchestrator_svc.store.rows import generation_from_row, project_from_row, select_generations
from orchestrator_svc.store.statements import (
    change_status,
    claim_key,
    fetch_generation,
    fetch_project,
    tell,
    unknown_generation,
)
from orchestrator_svc.store.tables import generations, projects, runs
from orchestrator_svc.store.values import Idempotency


class SqlProjects:
    """Makes, lists, changes and deletes projects, and finds their versions."""

    def __init__(self, database: Database, notices: Notices, clock: Clock) -> None:
        self._database = database
        self._notices = notices
        self._clock = clock

    async def create(self, project: Project, *, idempotency: Idempotency | None) -> Project:
        """Store a project, or return its twin."""

        async def work(connection: Connection) -> Project:
            twin = await claim_key(
                connection,
                project.user_id,
                idempotency,
                result_id=project.project_id,
                now=project.create_time,
            )
            if twin:
                return await fetch_project(connection, project.user_id, twin)
            await connection.execute(insert(projects).values(**_row(project), active_version=0))
            await tell(connection, self._notices.project_changed(project))
            return project

        return await self._database.write(work)

    async def get_project(self, user_id: str, project_id: str) -> Project:
        """Return a project."""
        return await self._database.read(
            lambda connection: fetch_project(connection, user_id, project_id)
        )

    async def list_projects(self, user_id: str, *, before: str, limit: int) -> Sequence[Project]:
        """Return projects, newest first, that are older than `before` (empty: all)."""
        page = select(projects).where(projects.c.user_id == user_id)
        if before:
            page = page.where(projects.c.project_id < before)
        newest = page.order_by(projects.c.project_id.desc()).limit(limit)

        async def work(connection: Connection) -> Sequence[Project]:
            return [project_from_row(row) for row in await connection.execute(newest)]

        return await self._database.read(work)

    async def update_project(
        self, user_id: str, project_id: str, *, name: str | None, description: str | None
    ) -> Project:
        """Change a project; None leaves a value as it is."""
        given = {"name": name, "description": description}
        values = {key: value for key, value in given.items() if value is not None}
        return await self._change(user_id, project_id, values)

    async def delete_project(self, user_id: str, project_id: str, *, force: bool) -> None:
        """Forget a project and its generations."""

        async def work(connection: Connection) -> None:
            await fetch_project(connection, user_id, project_id)
            running = await self._unfinished(connection, project_id)
            if running and not force:
                raise FailedPreconditionError(
                    "A generation of the project has not ended; cancel it, or force the deletion.",
                    reason="PROJECT_BUSY",
                    metadata={"generation_id": running[0].generation_id},
                )
            for generation in running:
                await self._cancel(connection, generation)
            await connection.execute(
                delete(generations).where(generations.c.project_id == project_id)
            )
            await connection.execute(delete(projects).where(projects.c.project_id == project_id))

        await self._database.write(work)

    async def version(self, user_id: str, project_id: str, number: int) -> Generation:
        """Return the generation that made a version; 0 means the active one."""

        async def work(connection: Connection) -> Generation:
            project = await fetch_project(connection, user_id, project_id)
            wanted = (
                generations.c.version == number
                if number
                else generations.c.generation_id == project.active_generation_id
            )
            found = select_generations().where(generations.c.project_id == project_id, wanted)
            row = (await connection.execute(found)).one_or_none()
            if row is None:
                raise _unknown_version(number)
            return generation_from_row(row)

        return await self._database.read(work)

    async def activate(
        self, user_id: str, project_id: str, generation_id: str, *, expected: str | None
    ) -> Project:
        """Make a version the active one."""

        async def work(connection: Connection) -> Project:
            await fetch_project(connection, user_id, project_id)
            generation = await fetch_generation(connection, user_id, generation_id)
            _check_can_be_active(generation, project_id)
            activated = (
                update(projects)
                .where(projects.c.project_id == project_id)
                .values(
                    active_generation_id=generation_id,
                    active_version=generation.version,
                    update_time=self._clock.now(),
                )
                .returning(projects)
            )
            if expected is not None:
                activated = activated.where(projects.c.active_generation_id == expected)
            row = (await connection.execute(activated)).one_or_none()
            if row is None:
                raise AbortedError(
                    "Another version has become active meanwhile; look again.",
                    reason="ACTIVE_VERSION_CHANGED",
                )
            project = project_from_row(row)
            await tell(connection, self._notices.project_changed(project))
            return project

        return await self._database.write(work)

    async def _change(self, user_id: str, project_id: str, values: dict[str, Any]) -> Project:
        async def work(connection: Connection) -> Project:
            await connection.execute(
                update(projects)
                .where(projects.c.project_id == project_id, projects.c.user_id == user_id)
                .values(**values, update_time=self._clock.now())
            )
            project = await fetch_project(connection, user_id, project_id)
            await tell(connection, self._notices.project_changed(project))
            return project

        return await self._database.write(work)

    async def _unfinished(self, connection: Connection, project_id: str) -> Sequence[Generation]:
        """Lock what has not ended: a runner must not end it meanwhile."""
        open_ones = (
            select_generations()
            .where(generations.c.project_id == project_id, generations.c.end_time.is_(None))
            .with_for_update(of=generations)
        )
        return [generation_from_row(row) for row in await connection.execute(open_ones)]

    async def _cancel(self, connection: Connection, generation: Generation) -> None:
        now = self._clock.now()
        same = generations.c.generation_id == generation.generation_id
        await change_status(connection, Change.CANCEL, same, end_time=now, update_time=now)
        await connection.execute(
            delete(runs).where(runs.c.generation_id == generation.generation_id)
        )
        ended = await fetch_generation(connection, generation.user_id, generation.generation_id)
        await tell(connection, self._notices.ended(ended))


def _row(project: Project) -> dict[str, Any]:
    names = [name for name in projects.c.keys() if name != "active_version"]  # noqa: SIM118 - columns
    return {name: getattr(project, name) for name in names}


def _check_can_be_active(generation: Generation, project_id: str) -> None:
    if generation.project_id != project_id:
        raise unknown_generation(generation.generation_id)
    if generation.status is not Status.COMPLETED:
        raise FailedPreconditionError(
            f"The generation is {generation.status}; only a completed one can be active.",
            reason=f"GENERATION_{generation.status.name}",
        )


def _unknown_version(number: int) -> NotFoundError:
    which = f"version {number}" if number else "active version"
    return NotFoundError(f"The project has no {which}.", reason="VERSION_UNKNOWN")
