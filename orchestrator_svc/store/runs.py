"""Runs in SQL: leases, fencing epochs, checkpoints and ends."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import case, delete, update

from orchestrator_svc.domain.model import Generation
from orchestrator_svc.domain.progress import COMPLETED
from orchestrator_svc.domain.status import Change
from orchestrator_svc.store.claims import SqlClaims, replaced, set_run, update_held
from orchestrator_svc.store.connection import Connection
from orchestrator_svc.store.rows import phases_to_row, project_from_row
from orchestrator_svc.store.statements import change_status, reread_generation, tell
from orchestrator_svc.store.tables import (
    details,
    generations,
    projects,
    runs,
)
from orchestrator_svc.store.values import Assessment, Checkpoint, Merge, Outgoing


class SqlRuns(SqlClaims):
    """Records what runners do, besides who they are."""

    async def checkpoint(
        self,
        generation_id: str,
        epoch: int,
        checkpoint: Checkpoint,
        *,
        told: Sequence[Outgoing] = (),
    ) -> Generation:
        """Record a finished phase, and what is told of it."""

        async def work(connection: Connection) -> Generation:
            before = await reread_generation(connection, generation_id)
            if before.phases_completed != checkpoint.number - 1:
                raise replaced(generation_id)
            await update_held(
                connection,
                generation_id,
                epoch,
                snapshot_id=checkpoint.snapshot_id,
                phase_files=phases_to_row(_with_phase(before, checkpoint)),
                file_count=checkpoint.file_count,
                progress=checkpoint.progress,
                update_time=self._clock.now(),
            )
            await set_run(connection, generation_id, claims=1)
            await tell(connection, told)
            return await reread_generation(connection, generation_id)

        return await self._database.write(work)

    async def merge(
        self, generation_id: str, epoch: int, merge: Merge, *, told: Sequence[Outgoing] = ()
    ) -> Generation:
        """Record what an iteration's files were merged to, and what is told of it."""

        async def work(connection: Connection) -> Generation:
            await update_held(
                connection,
                generation_id,
                epoch,
                snapshot_id=merge.snapshot_id,
                generated_snapshot_id=merge.generated_snapshot_id,
                file_count=merge.file_count,
                conflict_count=merge.conflict_count,
                update_time=self._clock.now(),
            )
            await connection.execute(
                update(details)
                .where(details.c.generation_id == generation_id)
                .values(conflicts=merge.conflicts)
            )
            await tell(connection, told)
            return await reread_generation(connection, generation_id)

        return await self._database.write(work)

    async def assess(self, generation_id: str, epoch: int, assessment: Assessment) -> Generation:
        """Record the proof report, and the files with it among them."""

        async def work(connection: Connection) -> Generation:
            await update_held(
                connection,
                generation_id,
                epoch,
                quality_score=assessment.score,
                snapshot_id=assessment.snapshot_id,
                file_count=assessment.file_count,
            )
            await connection.execute(
                update(details)
                .where(details.c.generation_id == generation_id)
                .values(review=assessment.report)
            )
            return await reread_generation(connection, generation_id)

        return await self._database.write(work)

    async def complete(self, generation_id: str, epoch: int) -> Generation:
        """End a generation as COMPLETED; its version becomes the active one if it is the newest."""

        async def work(connection: Connection) -> Generation:
            await self._end(
                connection,
                Change.COMPLETE,
                generation_id,
                epoch,
                progress=COMPLETED,
                generated_snapshot_id=case(
                    (generations.c.generated_snapshot_id == "", generations.c.snapshot_id),
                    else_=generations.c.generated_snapshot_id,
                ),
            )
            generation = await reread_generation(connection, generation_id)
            await self._activate(connection, generation)
            await tell(connection, self._notices.ended(generation))
            return generation

        return await self._database.write(work)

    async def fail(
        self, generation_id: str, epoch: int, *, error: str, progress: float
    ) -> Generation:
        """End a generation as FAILED."""

        async def work(connection: Connection) -> Generation:
            await self._end(
                connection, Change.FAIL, generation_id, epoch, error=error, progress=progress
            )
            generation = await reread_generation(connection, generation_id)
            await tell(connection, self._notices.ended(generation))
            return generation

        return await self._database.write(work)

    async def _end(
        self,
        connection: Connection,
        change: Change,
        generation_id: str,
        epoch: int,
        **values: Any,
    ) -> None:
        now = self._clock.now()
        moved = await change_status(
            connection,
            change,
            generations.c.generation_id == generation_id,
            generations.c.epoch == epoch,
            end_time=now,
            update_time=now,
            **values,
        )
        if not moved:
            raise replaced(generation_id)
        await connection.execute(delete(runs).where(runs.c.generation_id == generation_id))

    async def _activate(self, connection: Connection, generation: Generation) -> None:
        activated = (
            update(projects)
            .where(
                projects.c.project_id == generation.project_id,
                projects.c.active_version < generation.version,
            )
            .values(
                active_generation_id=generation.generation_id,
                active_version=generation.version,
                update_time=generation.update_time,
            )
            .returning(projects)
        )
        row = (await connection.execute(activated)).one_or_none()
        if row is not None:
            await tell(connection, self._notices.project_changed(project_from_row(row)))


def _with_phase(generation: Generation, checkpoint: Checkpoint) -> Generation:
    kept = {checkpoint.number} if checkpoint.kept else set()
    return replace(
        generation,
        phase_files=(*generation.phase_files, checkpoint.phase_files),
        kept_phases=generation.kept_phases | kept,
    )
