"""Settling what a merge could not: one file at a time, by a side or by a text of the user's own."""

from collections.abc import Sequence

from backsmith.files.v1.merge_pb2 import Conflict
from backsmith.files.v1.snapshot_pb2 import Digest, FileEntry, Snapshot
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.errors import FieldViolation, InvalidInputError, NotFoundError
from orchestrator_svc.clients.files import File, Files
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.edits import Edits
from orchestrator_svc.store.interface import Generations


class Resolving:
    """Settles conflicts.

    Args:
        generations: Where they are stored.
        edits: Records what became of the files.
        files: Keeps both sides, and takes what is chosen.
    """

    def __init__(self, generations: Generations, edits: Edits, files: Files) -> None:
        self._generations = generations
        self._edits = edits
        self._files = files

    async def resolve(self, user_id: str, request: pb.ResolveConflictRequest) -> Generation:
        """Settle the conflicts of one file, and return the generation as it is then.

        Raises:
            InvalidInputError: Nothing is chosen.
            NotFoundError: The generation is unknown, or the file has no open conflict.
            FailedPreconditionError: The generation has not ended.
            AbortedError: Its files became another snapshot meanwhile.
        """
        generation = await self._generations.get(user_id, request.generation_id)
        known = (await self._edits.conflicts(generation)).conflicts
        open_ones = [conflict for conflict in known if conflict.path == request.path]
        if not open_ones:
            raise NotFoundError("There is no such conflict.", reason="CONFLICT_UNKNOWN")
        snapshot, changes = await self._settled(generation, open_ones[0], request)
        return await self._edits.replace(
            user_id,
            pb.ReplaceSnapshotRequest(
                generation_id=generation.generation_id,
                expected_snapshot_id=generation.snapshot_id,
                snapshot_id=snapshot.snapshot_id,
                file_count=snapshot.file_count,
                changes=changes,
                resolved_paths=[request.path],
            ),
        )

    async def _settled(
        self, generation: Generation, conflict: Conflict, request: pb.ResolveConflictRequest
    ) -> tuple[Snapshot, Sequence[channel_pb2.FileEvent]]:
        entry = await self._chosen(conflict, request)
        add = [entry] if entry else []
        remove = [] if entry else [conflict.path]
        snapshot = await self._files.commit(base=generation.snapshot_id, add=add, remove=remove)
        changed = snapshot.snapshot_id != generation.snapshot_id
        return snapshot, [_event(conflict.path, entry)] if changed else []

    async def _chosen(
        self, conflict: Conflict, request: pb.ResolveConflictRequest
    ) -> FileEntry | None:
        """Return what is to stand at the path; None when nothing is."""
        if request.HasField("text"):
            file = File(path=conflict.path, content=request.text.encode())
            return (await self._files.write([file]))[0]
        if request.side == pb.CONFLICT_SIDE_OURS:
            return _entry(conflict.path, conflict.ours if conflict.HasField("ours") else None)
        if request.side == pb.CONFLICT_SIDE_THEIRS:
            return _entry(conflict.path, conflict.theirs if conflict.HasField("theirs") else None)
        violation = FieldViolation(
            field="outcome", message="choose a side, or send a text", reason="REQUIRED"
        )
        raise InvalidInputError(
            "Choose how the conflict ends.", violations=[violation], reason="OUTCOME_MISSING"
        )


def _entry(path: str, digest: Digest | None) -> FileEntry | None:
    return FileEntry(path=path, digest=digest) if digest else None


def _event(path: str, entry: FileEntry | None) -> channel_pb2.FileEvent:
    return channel_pb2.FileEvent(
        path=path,
        digest=entry.digest.sha256 if entry else "",
        size_bytes=entry.digest.size_bytes if entry else 0,
        action=channel_pb2.FILE_ACTION_EDITED if entry else channel_pb2.FILE_ACTION_DELETED,
    )
