"""A user's own edits of a generation's files: each makes a new snapshot, and none is lost."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from backsmith.files.v1 import snapshot_pb2
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.generation_pb2 import Generation

from bridge.clients import Files, Orchestrator
from bridge.errors import PreconditionError
from chassis.errors import AbortedError, FieldViolation, InvalidInputError, NotFoundError

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


ANYHOW = Condition()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One edit: what a path is to hold, and what must hold for that."""

    path: str
    content: bytes | None
    """None takes the file away."""

    condition: Condition = ANYHOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """What became of one path."""

    path: str
    before: snapshot_pb2.FileEntry | None
    after: snapshot_pb2.FileEntry | None


class Edits:
    """Writes and deletes files.

    Args:
        orchestrator: Knows which snapshot holds a generation's files.
        files: Keeps snapshots.
    """

    def __init__(self, orchestrator: Orchestrator, files: Files) -> None:
        self._orchestrator = orchestrator
        self._files = files

    async def apply(self, generation_id: str, changes: Sequence[Change]) -> Sequence[Edited]:
        """Make all changes at once, or none; return what became of each path.

        Raises:
            InvalidInputError: A path is named twice, or breaks the rules.
            NotFoundError: A file to be taken away is not there.
            PreconditionError: A condition does not hold.
            FailedPreconditionError: The generation has not ended.
        """
        _require_each_path_once(changes)
        entries = {
            change.path: await self._stored(change.path, change.content) for change in changes
        }
        for attempt in range(1, ATTEMPTS + 1):
            generation = await self._orchestrator.generation(generation_id)
            edited = [
                await self._checked(generation.snapshot_id, change, entries[change.path])
                for change in changes
            ]
            try:
                await self._commit(generation, edited)
            except AbortedError:
                if attempt == ATTEMPTS:
                    raise
            else:
                break
        return edited

    async def _stored(self, path: str, content: bytes | None) -> snapshot_pb2.FileEntry | None:
        if content is None:
            return None
        digest = snapshot_pb2.Digest(
            sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content)
        )
        entry = snapshot_pb2.FileEntry(path=path, digest=digest)
        await self._files.store(entry, content)
        return entry

    async def _checked(
        self, snapshot_id: str, change: Change, after: snapshot_pb2.FileEntry | None
    ) -> Edited:
        before = await self._files.entry(snapshot_id, change.path)
        change.condition.check(before)
        if before is None and after is None:
            raise NotFoundError("There is no such file.", reason="FILE_NOT_FOUND")
        return Edited(path=change.path, before=before, after=after)

    async def _commit(self, generation: Generation, edited: Sequence[Edited]) -> None:
        snapshot = await self._files.commit(
            generation.snapshot_id,
            add=[each.after for each in edited if each.after],
            remove=[each.path for each in edited if not each.after],
        )
        await self._orchestrator.replace_snapshot(
            pb.ReplaceSnapshotRequest(
                generation_id=generation.generation_id,
                expected_snapshot_id=generation.snapshot_id,
                snapshot_id=snapshot.snapshot_id,
                file_count=snapshot.file_count,
                changes=[_event(generation, each) for each in edited],
                resolved_paths=[each.path for each in edited],
            )
        )


def _event(generation: Generation, edited: Edited) -> channel_pb2.FileEvent:
    entry = edited.after
    return channel_pb2.FileEvent(
        generation_id=generation.generation_id,
        project_id=generation.project_id,
        path=edited.path,
        digest=entry.digest.sha256 if entry else "",
        size_bytes=entry.digest.size_bytes if entry else 0,
        action=channel_pb2.FILE_ACTION_EDITED if entry else channel_pb2.FILE_ACTION_DELETED,
    )


def _require_each_path_once(changes: Sequence[Change]) -> None:
    counted = Counter(change.path for change in changes)
    if repeated := [path for path, count in counted.items() if count > 1]:
        violations = [
            FieldViolation(field=path, message="is named more than once", reason="PATH_REPEATED")
            for path in repeated
        ]
        raise InvalidInputError(
            "A path is named more than once.", violations=violations, reason="PATH_REPEATED"
        )
