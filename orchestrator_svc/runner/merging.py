"""The end of an iteration's phases: its rendering and the parent's edits become one snapshot."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.files.v1 import merge_pb2
from backsmith.files.v1.snapshot_pb2 import FileEntry
from backsmith.generator.v1 import generator_service_pb2 as generator_pb
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1.orchestrator_service_pb2 import ListConflictsResponse
from backsmith.spec.v1.spec_pb2 import ProjectSpec, SpecPatch, SpecRename

from chassis.errors import InternalError, NotFoundError
from orchestrator_svc.clients.files import Files
from orchestrator_svc.domain.model import Generation, Origin
from orchestrator_svc.domain.subjects import file_id
from orchestrator_svc.store.values import Merge

MIGRATIONS = "migrations/versions/"
MANIFEST = ".backsmith/manifest.json"

_TOLD = {
    merge_pb2.FILE_ACTION_KEPT: channel_pb2.FILE_ACTION_EDITED,
    merge_pb2.FILE_ACTION_MERGED: channel_pb2.FILE_ACTION_MERGED,
    merge_pb2.FILE_ACTION_CONFLICT: channel_pb2.FILE_ACTION_MERGED,
    merge_pb2.FILE_ACTION_DELETED: channel_pb2.FILE_ACTION_DELETED,
}
"""What channels hear of a merge; what was added or updated they heard from its phase."""


async def iteration_base(
    files: Files, generation: Generation, origin: Origin
) -> generator_pb.IterationBase:
    """Return what the phases of an iteration need to know of its parent as it stands."""
    migrations = [
        generator_pb.GeneratedFile(path=file.path, content=file.content)
        async for file in files.read_all(origin.ours_snapshot_id)
        if file.path.startswith(MIGRATIONS)
    ]
    return generator_pb.IterationBase(
        spec=ProjectSpec.FromString(origin.base_spec),
        renames=SpecPatch.FromString(origin.patch).rename,
        version=generation.version,
        migrations=migrations,
        manifest=await _manifest(files, origin.base_snapshot_id),
    )


async def _manifest(files: Files, snapshot_id: str) -> bytes:
    try:
        return await files.read(snapshot_id, MANIFEST)
    except NotFoundError:
        return b""


async def kept_entries(
    files: Files, origin: Origin | None, paths: Sequence[str]
) -> Sequence[FileEntry]:
    """Return what the parent's rendering has at the paths of a phase that was kept.

    Raises:
        InternalError: It has not all of them.
    """
    if not paths:
        return []
    known = await files.entries(origin.base_snapshot_id) if origin else {}
    if missing := set(paths) - known.keys():
        raise InternalError(f"The parent's rendering lacks {min(missing)!r}.")
    return [known[path] for path in paths]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merging:
    """What a merge made of an iteration's rendering and its parent's edits."""

    merge: Merge
    events: Sequence[channel_pb2.FileEvent] = ()
    """What channels hear of it."""
    asked: frozenset[str] = frozenset()
    """The parent's paths that are not there any more because the patch says so."""


async def merge_edits(
    files: Files, generation: Generation, origin: Origin, *, conflicts: bytes | None
) -> Merging:
    """Merge what is generated now with what the parent's user made of what was generated then.

    A repeat makes the same of it, also when the generation's files are merged already.

    Args:
        files: Merges.
        generation: The iteration.
        origin: What it starts from.
        conflicts: Those that are open from the start, when it returns to an older version.
    """
    patch = SpecPatch.FromString(origin.patch)
    if not patch.ByteSize():
        return await _as_it_stood(files, origin, conflicts or b"")
    rendered = generation.generated_snapshot_id or generation.snapshot_id
    dropped_paths: Sequence[str] = ()
    if any(_is_feature(target) for target in patch.drop):
        # Files of a feature are named after what they do, so only the renderings can tell.
        before = await files.digests(origin.base_snapshot_id)
        after = set(await files.digests(rendered))
        dropped_paths = [path for path in before if path not in after]
    merged = await files.merge(
        files_pb.MergeSnapshotsRequest(
            base_snapshot_id=origin.base_snapshot_id,
            ours_snapshot_id=origin.ours_snapshot_id,
            theirs_snapshot_id=rendered,
            drops=[*patch.drop, *(change.target for change in patch.alter)],
            dropped_paths=dropped_paths,
            renames=[_rename(rename) for rename in patch.rename],
        )
    )
    return Merging(
        merge=_merge_of(merged, rendered),
        events=list(_file_events(generation, merged.changes)),
        asked=frozenset(_asked(merged.changes)),
    )


async def _as_it_stood(files: Files, origin: Origin, conflicts: bytes) -> Merging:
    """Return to the parent, to the byte, when the patch changes nothing."""
    merge = Merge(
        snapshot_id=origin.ours_snapshot_id,
        generated_snapshot_id=origin.base_snapshot_id,
        file_count=len(await files.entries(origin.ours_snapshot_id)),
        conflict_count=len(ListConflictsResponse.FromString(conflicts).conflicts),
        conflicts=conflicts,
    )
    return Merging(merge=merge)


def _merge_of(merged: files_pb.MergeSnapshotsResponse, rendered: str) -> Merge:
    conflicts = ListConflictsResponse(
        conflicts=merged.conflicts, conflict_snapshot_id=merged.conflict_snapshot_id
    )
    return Merge(
        snapshot_id=merged.snapshot.snapshot_id,
        generated_snapshot_id=rendered,
        file_count=merged.snapshot.file_count,
        conflict_count=len(merged.conflicts),
        conflicts=conflicts.SerializeToString(),
    )


def _asked(changes: Sequence[merge_pb2.FileChange]) -> Iterator[str]:
    for change in changes:
        if change.old_path:
            yield change.old_path
        elif not change.HasField("digest"):
            yield change.path


def _file_events(
    generation: Generation, changes: Sequence[merge_pb2.FileChange]
) -> Iterator[channel_pb2.FileEvent]:
    for change in changes:
        if change.action in _TOLD:
            yield channel_pb2.FileEvent(
                id=file_id(generation.project_id, change.path),
                generation_id=generation.generation_id,
                project_id=generation.project_id,
                path=change.path,
                digest=change.digest.sha256,
                size_bytes=change.digest.size_bytes,
                action=_TOLD[change.action],
            )


def vanished(
    before: Collection[str], after: Collection[str], *, asked: Collection[str]
) -> frozenset[str]:
    """Return the parent's paths that are gone although nobody asked for it."""
    return frozenset(before) - frozenset(after) - frozenset(asked)


def lost_files(gone: Collection[str]) -> InternalError:
    """Return the error of a merge that would lose files."""
    return InternalError(
        f"The merge would lose {len(gone)} of the parent's files that nobody asked to remove, "
        f"such as {min(gone)!r}; the parent stands as it was.",
        reason="FILES_LOST",
    )


async def edited_paths(files: Files, generation: Generation) -> Sequence[str]:
    """Return the paths at which a generation's files are not what was generated."""
    if not generation.generated_snapshot_id:
        return ()
    generated = await files.digests(generation.generated_snapshot_id)
    merged = await files.digests(generation.snapshot_id)
    return sorted({path for path, _ in generated.items() ^ merged.items()})


def _is_feature(target: str) -> bool:
    return target.islower() and "." not in target


def _rename(rename: SpecRename) -> merge_pb2.Rename:
    entity, dot, _ = rename.target.rpartition(".")
    return merge_pb2.Rename(old_name=rename.target, new_name=f"{entity}{dot}{rename.to}")
