"""Between messages and values."""

from datetime import UTC

from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import merge_pb2, snapshot_pb2

from files_svc.archive import ArchiveFormat
from files_svc.bundle import Version
from files_svc.collecting import Collected
from files_svc.comparing import Comparison, FileDifference
from files_svc.domain.digest import Digest
from files_svc.domain.merge.patch import Patch, Rename
from files_svc.domain.merge.result import Reason
from files_svc.domain.merge.tree import Action, Decision
from files_svc.domain.snapshot import FileEntry, Snapshot
from files_svc.merging import Conflict, MergeResult
from files_svc.reading import Chunk
from files_svc.searching import Found, Query
from files_svc.uploads import Piece


def digest_from_proto(message: snapshot_pb2.Digest) -> Digest:
    """Read a digest."""
    return Digest(sha256=message.sha256, size_bytes=message.size_bytes)


def digest_to_proto(digest: Digest) -> snapshot_pb2.Digest:
    """Write a digest."""
    return snapshot_pb2.Digest(sha256=digest.sha256, size_bytes=digest.size_bytes)


def entry_from_proto(message: snapshot_pb2.FileEntry) -> FileEntry:
    """Read a file's entry."""
    return FileEntry(path=message.path, digest=digest_from_proto(message.digest))


def entry_to_proto(entry: FileEntry) -> snapshot_pb2.FileEntry:
    """Write a file's entry."""
    return snapshot_pb2.FileEntry(path=entry.path, digest=digest_to_proto(entry.digest))


def snapshot_to_proto(snapshot: Snapshot) -> snapshot_pb2.Snapshot:
    """Write what is told about a snapshot."""
    message = snapshot_pb2.Snapshot(
        snapshot_id=snapshot.snapshot_id,
        file_count=len(snapshot.listing.entries),
        total_size_bytes=snapshot.listing.total_size_bytes,
    )
    message.create_time.FromDatetime(snapshot.create_time)
    return message


def piece_from_proto(message: pb.WriteFilesRequest) -> Piece:
    """Read a piece of an upload."""
    header = entry_from_proto(message.header) if message.HasField("header") else None
    return Piece(header=header, data=message.data)


def read_file_response(chunk: Chunk) -> pb.ReadFileResponse:
    """Write a part of a file."""
    entry = entry_to_proto(chunk.entry) if chunk.entry else None
    return pb.ReadFileResponse(entry=entry, data=chunk.data)


def read_snapshot_response(chunk: Chunk) -> pb.ReadSnapshotResponse:
    """Write a part of a snapshot's file."""
    entry = entry_to_proto(chunk.entry) if chunk.entry else None
    return pb.ReadSnapshotResponse(entry=entry, data=chunk.data)


def archive_format_from_proto(value: int) -> ArchiveFormat:
    """Read an archive format; one that is not set is a zip."""
    return ArchiveFormat.TAR_GZ if value == pb.ARCHIVE_FORMAT_TAR_GZ else ArchiveFormat.ZIP


def patch_from_proto(message: pb.MergeSnapshotsRequest) -> Patch:
    """Read what a merge may drop and must rename."""
    return Patch(
        drops=tuple(message.drops),
        dropped_paths=frozenset(message.dropped_paths),
        renames=tuple(
            Rename(old=rename.old_name, new=rename.new_name) for rename in message.renames
        ),
    )


ACTIONS = {
    Action.UNCHANGED: merge_pb2.FILE_ACTION_UNCHANGED,
    Action.ADDED: merge_pb2.FILE_ACTION_ADDED,
    Action.UPDATED: merge_pb2.FILE_ACTION_UPDATED,
    Action.KEPT: merge_pb2.FILE_ACTION_KEPT,
    Action.MERGED: merge_pb2.FILE_ACTION_MERGED,
    Action.DELETED: merge_pb2.FILE_ACTION_DELETED,
    Action.CONFLICT: merge_pb2.FILE_ACTION_CONFLICT,
}
REASONS = {
    Reason.BOTH_CHANGED: merge_pb2.CONFLICT_REASON_BOTH_CHANGED,
    Reason.BOTH_ADDED: merge_pb2.CONFLICT_REASON_BOTH_ADDED,
    Reason.DELETED_AND_CHANGED: merge_pb2.CONFLICT_REASON_DELETED_AND_CHANGED,
    Reason.CHANGED_AND_DROPPED: merge_pb2.CONFLICT_REASON_CHANGED_AND_DROPPED,
    Reason.NOT_TEXT: merge_pb2.CONFLICT_REASON_NOT_TEXT,
    Reason.NOT_RUNNABLE: merge_pb2.CONFLICT_REASON_NOT_RUNNABLE,
}


def merge_result_to_proto(result: MergeResult) -> pb.MergeSnapshotsResponse:
    """Write what a merge made."""
    return pb.MergeSnapshotsResponse(
        snapshot=snapshot_to_proto(result.snapshot),
        changes=map(change_to_proto, result.changes),
        conflicts=map(conflict_to_proto, result.conflicts),
        conflict_snapshot_id=result.conflict_snapshot_id,
        retained=result.retained,
    )


def change_to_proto(decision: Decision) -> merge_pb2.FileChange:
    """Write what became of a path."""
    return merge_pb2.FileChange(
        path=decision.path,
        action=ACTIONS[decision.action],
        old_path=decision.old_path,
        digest=_digest_of(decision.entry),
    )


def conflict_to_proto(conflict: Conflict) -> merge_pb2.Conflict:
    """Write what could not be merged."""
    sides = conflict.decision.sides
    return merge_pb2.Conflict(
        path=conflict.decision.path,
        place=conflict.clash.place,
        reason=REASONS[conflict.clash.reason],
        base=_digest_of(sides.base),
        ours=_digest_of(sides.ours),
        theirs=_digest_of(sides.theirs),
    )


def comparison_to_proto(comparison: Comparison) -> pb.DiffSnapshotsResponse:
    """Write how two snapshots differ."""
    return pb.DiffSnapshotsResponse(
        diffs=map(difference_to_proto, comparison.differences),
        unchanged_count=comparison.unchanged,
        truncated=comparison.truncated,
    )


def difference_to_proto(each: FileDifference) -> pb.FileDiff:
    """Write how a path differs."""
    return pb.FileDiff(
        path=each.path,
        action=ACTIONS[each.action],
        before=_digest_of(each.before),
        after=_digest_of(each.after),
        unified=each.text.unified,
        additions=each.text.additions,
        deletions=each.text.deletions,
        omitted=not each.text.made,
    )


def query_from_proto(message: pb.SearchSnapshotRequest) -> Query:
    """Read what to look for."""
    return Query(
        pattern=message.pattern,
        regex=message.regex,
        case_sensitive=message.case_sensitive,
        path_prefix=message.path_prefix,
        max_results=max(0, message.max_results),
    )


def found_to_proto(found: Found) -> pb.SearchSnapshotResponse:
    """Write what a search found."""
    matches = (
        pb.SearchMatch(
            path=match.path,
            line_number=match.line_number,
            line=match.line,
            start=match.start,
            end=match.end,
        )
        for match in found.matches
    )
    return pb.SearchSnapshotResponse(matches=matches, truncated=found.truncated)


def collected_to_proto(collected: Collected) -> pb.CollectGarbageResponse:
    """Write what a collection has done."""
    return pb.CollectGarbageResponse(
        snapshots_kept=collected.snapshots_kept,
        snapshots_deleted=collected.snapshots_deleted,
        blobs_kept=collected.blobs_kept,
        blobs_deleted=collected.blobs_deleted,
        bytes_deleted=collected.bytes_deleted,
        unknown_snapshot_ids=collected.unknown_ids,
    )


def version_from_proto(message: pb.BundleVersion) -> Version:
    """Read a version that becomes a commit."""
    return Version(
        snapshot_id=message.snapshot_id,
        message=message.message,
        author=message.author,
        time=message.create_time.ToDatetime(UTC),
    )


def _digest_of(entry: FileEntry | None) -> snapshot_pb2.Digest | None:
    return digest_to_proto(entry.digest) if entry else None
