"""New generations in SQL."""

from dataclasses import replace
from typing import Any

from sqlalchemy import insert, update

from orchestrator_svc.domain.model import Details, Generation, Project
from orchestrator_svc.store.audiences import expect_viewer
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.database import Database
from orchestrator_svc.store.interface import Notices
from orchestrator_svc.store.rows import details_to_row, generation_to_row, project_from_row
from orchestrator_svc.store.statements import (
    claim_key,
    fetch_generation,
    find_twin,
    queue_run,
    tell,
    unknown_project,
)
from orchestrator_svc.store.tables import details, generations, projects
from orchestrator_svc.store.values import Idempotency


class SqlStarts:
    """Stores new generations, each with its key, its run and what the bus is told of it."""

    def __init__(self, database: Database, notices: Notices) -> None:
        self._database = database
        self._notices = notices

    async def find_start(self, user_id: str, idempotency: Idempotency) -> Generation | None:
        """Return what an earlier call with this key started, or None."""

        async def work(connection: Connection) -> Generation | None:
            twin = await find_twin(connection, user_id, idempotency)
            return await fetch_generation(connection, user_id, twin) if twin else None

        return await self._database.read(work)

    async def start(
        self, generation: Generation, details: Details, *, idempotency: Idempotency | None
    ) -> Generation:
        """Store a generation as its project's next version, and queue it; or return its twin."""

        async def work(connection: Connection) -> Generation:
            twin = await claim_key(
                connection,
                generation.user_id,
                idempotency,
                result_id=generation.generation_id,
                now=generation.create_time,
            )
            if twin:
                return await fetch_generation(connection, generation.user_id, twin)
            project = await self._next_version(connection, generation)
            numbered = replace(
                generation, version=project.latest_version, project_name=project.name
            )
            await _insert(connection, numbered, details)
            await tell(
                connection,
                [*self._notices.queued(numbered), *self._notices.project_changed(project)],
            )
            return numbered

        return await self._database.write(work)

    async def _next_version(self, connection: Connection, generation: Generation) -> Project:
        if generation.auto_created_project:
            made = insert(projects).values(**_new_project(generation))
            return project_from_row((await connection.execute(made.returning(projects))).one())
        counted = (
            update(projects)
            .where(
                projects.c.project_id == generation.project_id,
                projects.c.user_id == generation.user_id,
            )
            .values(
                latest_version=projects.c.latest_version + 1, update_time=generation.create_time
            )
            .returning(projects)
        )
        row = (await connection.execute(counted)).one_or_none()
        if row is None:
            raise unknown_project(generation.project_id)
        return project_from_row(row)


async def _insert(connection: Connection, generation: Generation, parts: Details) -> None:
    await connection.execute(insert(generations).values(**generation_to_row(generation)))
    row = details_to_row(generation.generation_id, parts)
    await connection.execute(insert(details).values(**row))
    await queue_run(connection, generation)
    await expect_viewer(connection, generation, generation.create_time)


def _new_project(generation: Generation) -> dict[str, Any]:
    return {
        "project_id": generation.project_id,
        "user_id": generation.user_id,
        "name": generation.project_name,
        "description": "",
        "latest_version": 1,
        "active_generation_id": "",
        "active_version": 0,
        "create_time": generation.create_time,
        "update_time": generation.create_time,
    }
