"""A user's own edits: which snapshot holds a generation's files, and what the channels hear."""

from collections.abc import Callable, Container, Iterable, Sequence

from backsmith.orchestrator.v1.channel_pb2 import FileEvent
from backsmith.orchestrator.v1.orchestrator_service_pb2 import (
    ListConflictsResponse,
    ReplaceSnapshotRequest,
)

from chassis.ids import new_id
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.domain.subjects import file_id
from orchestrator_svc.notices import files_changed
from orchestrator_svc.store.interface import Generations
from orchestrator_svc.store.values import Edit, Outgoing


class Edits:
    """Records edits."""

    def __init__(self, generations: Generations, *, committed: Callable[[], None]) -> None:
        self._generations = generations
        self._committed = committed

    async def replace(self, user_id: str, request: ReplaceSnapshotRequest) -> Generation:
        """Record that a generation's files are another snapshot now.

        Raises:
            NotFoundError: The generation is unknown.
            FailedPreconditionError: It has not ended.
            AbortedError: Its files are not the expected snapshot.
        """
        generation = await self._generations.get(user_id, request.generation_id)
        left = await self.conflicts(generation, without=request.resolved_paths)
        replaced = await self._generations.replace_snapshot(
            user_id,
            request.generation_id,
            Edit(
                expected=request.expected_snapshot_id,
                snapshot_id=request.snapshot_id,
                file_count=request.file_count,
                conflict_count=len(left.conflicts),
                conflicts=left.SerializeToString() if request.resolved_paths else None,
            ),
            told=_told(generation, request.changes),
        )
        self._committed()
        return replaced

    async def conflicts(
        self, generation: Generation, *, without: Container[str] = ()
    ) -> ListConflictsResponse:
        """Return the open conflicts of a generation, without those of some paths."""
        stored = await self._generations.conflicts(generation.generation_id)
        known = ListConflictsResponse.FromString(stored or b"")
        left = [conflict for conflict in known.conflicts if conflict.path not in without]
        return ListConflictsResponse(
            conflicts=left, conflict_snapshot_id=known.conflict_snapshot_id if left else ""
        )


def _told(generation: Generation, changes: Iterable[FileEvent]) -> Sequence[Outgoing]:
    events = []
    for change in changes:
        event = FileEvent()
        event.CopyFrom(change)
        event.id = file_id(generation.project_id, change.path)
        event.generation_id = generation.generation_id
        event.project_id = generation.project_id
        events.append(event)
    return files_changed(
        generation.user_id, generation.project_id, events, message_id=new_id("edt")
    )
