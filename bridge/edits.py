"""A user's own edits of a generation's files: each makes a new snapshot, and none is lost."""

import hashlib
from dataclasses import dataclass

from backsmith.files.v1 import snapshot_pb2
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.generation_pb2 import Generation

from bridge.clients import Files, Orchestrator
from bridge.errors import PreconditionError
from chassis.errors import AbortedError, NotFoundError

ATTEMPTS = 3
"""How often an edit is tried when somebody else edits another file at the same time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must hold for an edit to be made (RFC 9110, 13.1)."""

    if_match: str = ""
    """The `ETag` that the file must have, or `*` for any; empty means no condition."""

    if_none_match: str = ""
    """`*` when there must be no such file."""

    def check(self, entry: snapshot_pb2.FileEntry | None) -> None:
        """Pass when a file, or its absence, fits.

        Raises:
            PreconditionError: It does not.
        """
        etags = {f'"{entry.digest.sha256}"', "*"} if entry else set()
        wanted = {tag.strip() for tag in self.if_match.split(",")} - {""}
        if wanted and not wanted & etags:
            raise PreconditionError("The file is another one now; read it again.")
        if self.if_none_match.strip() == "*" and entry:
            raise PreconditionError("There is such a file already.")


class Edits:
    """Writes and deletes single files.

    Args:
        orchestrator: Knows which snapshot holds a generation's files.
        files: Keeps snapshots.
    """

    def __init__(self, orchestrator: Orchestrator, files: Files) -> None:
        self._orchestrator = orchestrator
        self._files = files

    async def write(
        self, generation_id: str, path: str, content: bytes, condition: Condition
    ) -> tuple[snapshot_pb2.FileEntry, bool]:
        """Store a file; return its entry, and whether it is a new one.

        Raises:
            PreconditionError: The condition does not hold.
            FailedPreconditionError: The generation has not ended.
        """
        digest = snapshot_pb2.Digest(
            sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content)
        )
        entry = snapshot_pb2.FileEntry(path=path, digest=digest)
        await self._files.store(entry, content)
        before = await self._replace(generation_id, path, entry, condition)
        return entry, before is None

    async def delete(self, generation_id: str, path: str, condition: Condition) -> None:
        """Take a file away.

        Raises:
            NotFoundError: There is no such file.
            PreconditionError: The condition does not hold.
            FailedPreconditionError: The generation has not ended.
        """
        await self._replace(generation_id, path, None, condition)

    async def _replace(
        self,
        generation_id: str,
        path: str,
        entry: snapshot_pb2.FileEntry | None,
        condition: Condition,
    ) -> snapshot_pb2.FileEntry | None:
        """Put another snapshot in place, and return what stood at the path before."""
        for attempt in range(1, ATTEMPTS + 1):
            generation = await self._orchestrator.generation(generation_id)
            before = await self._files.entry(generation.snapshot_id, path)
            condition.check(before)
            if entry is None and before is None:
                raise NotFoundError("There is no such file.", reason="FILE_NOT_FOUND")
            try:
                await self._commit(generation, path, entry)
            except AbortedError:
                if attempt == ATTEMPTS:
                    raise
            else:
                break
        return before

    async def _commit(
        self, generation: Generation, path: str, entry: snapshot_pb2.FileEntry | None
    ) -> None:
        snapshot = await self._files.commit(
            generation.snapshot_id,
            add=[entry] if entry else [],
            remove=[] if entry else [path],
        )
        change = channel_pb2.FileEvent(
            generation_id=generation.generation_id,
            project_id=generation.project_id,
            path=path,
            digest=entry.digest.sha256 if entry else "",
            size_bytes=entry.digest.size_bytes if entry else 0,
            action=channel_pb2.FILE_ACTION_EDITED if entry else channel_pb2.FILE_ACTION_DELETED,
        )
        await self._orchestrator.replace_snapshot(
            pb.ReplaceSnapshotRequest(
                generation_id=generation.generation_id,
                expected_snapshot_id=generation.snapshot_id,
                snapshot_id=snapshot.snapshot_id,
                file_count=snapshot.file_count,
                changes=[change],
                resolved_paths=[path],
            )
        )
