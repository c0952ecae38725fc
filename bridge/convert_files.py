"""Protobuf messages about files and wire models, each into the other."""

from collections import Counter
from typing import Literal

from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.files.v1 import merge_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as orchestrator_pb

from bridge.edits import Change, Condition
from bridge.schemas.edit import (
    ConflictOut,
    ConflictsOut,
    CountsOut,
    EditsBody,
    FileDiffOut,
    MatchOut,
    Reason,
    ResolveBody,
    SearchBody,
    SearchOut,
)

CHANGES: dict[int, Literal["added", "removed", "changed"]] = {
    merge_pb2.FILE_ACTION_ADDED: "added",
    merge_pb2.FILE_ACTION_UPDATED: "changed",
    merge_pb2.FILE_ACTION_DELETED: "removed",
}
REASONS: dict[int, Reason] = {
    merge_pb2.CONFLICT_REASON_BOTH_CHANGED: "both_changed",
    merge_pb2.CONFLICT_REASON_BOTH_ADDED: "both_added",
    merge_pb2.CONFLICT_REASON_DELETED_AND_CHANGED: "deleted_and_changed",
    merge_pb2.CONFLICT_REASON_CHANGED_AND_DROPPED: "changed_and_dropped",
    merge_pb2.CONFLICT_REASON_NOT_TEXT: "not_text",
    merge_pb2.CONFLICT_REASON_NOT_RUNNABLE: "not_runnable",
}


def search_request_from_body(
    body: SearchBody, *, snapshot_id: str
) -> files_pb.SearchSnapshotRequest:
    """Return the request that a body stands for."""
    return files_pb.SearchSnapshotRequest(
        snapshot_id=snapshot_id,
        pattern=body.query,
        regex=body.regex,
        case_sensitive=body.case_sensitive,
        path_prefix=body.path_prefix,
        max_results=body.max_results,
    )


def search_to_out(found: files_pb.SearchSnapshotResponse) -> SearchOut:
    """Return what was found as callers see it."""
    matches = [
        MatchOut(
            path=match.path,
            line=match.line_number,
            text=match.line,
            start=match.start,
            end=match.end,
        )
        for match in found.matches
    ]
    return SearchOut(matches=matches, truncated=found.truncated)


def differences_to_out(compared: files_pb.DiffSnapshotsResponse) -> list[FileDiffOut]:
    """Return how files differ as callers see it."""
    return [_diff(each) for each in compared.diffs]


def counts_of(compared: files_pb.DiffSnapshotsResponse) -> CountsOut:
    """Return how many files came, went, changed and stayed."""
    counted = Counter(CHANGES[each.action] for each in compared.diffs)
    return CountsOut(
        added=counted["added"],
        removed=counted["removed"],
        changed=counted["changed"],
        unchanged=compared.unchanged_count,
    )


def changes_from_body(body: EditsBody) -> list[Change]:
    """Return the edits that a body stands for."""
    return [
        Change(
            path=edit.path,
            content=None if edit.delete else edit.content or (edit.text or "").encode(),
            condition=Condition(if_match=edit.if_match, if_none_match=edit.if_none_match),
        )
        for edit in body.edits
    ]


def conflicts_to_out(
    generation_id: str, known: orchestrator_pb.ListConflictsResponse
) -> ConflictsOut:
    """Return conflicts as callers see them."""
    conflicts = [
        ConflictOut(
            path=each.path,
            place=each.place,
            reason=REASONS[each.reason],
            base=each.base.sha256 or None,
            ours=each.ours.sha256 or None,
            theirs=each.theirs.sha256 or None,
        )
        for each in known.conflicts
    ]
    return ConflictsOut(generation_id=generation_id, conflicts=conflicts)


def resolve_request_from_body(
    body: ResolveBody, generation_id: str
) -> orchestrator_pb.ResolveConflictRequest:
    """Return the request that a body stands for."""
    request = orchestrator_pb.ResolveConflictRequest(generation_id=generation_id, path=body.path)
    if body.text is not None:
        request.text = body.text
    elif body.take == "ours":
        request.side = orchestrator_pb.CONFLICT_SIDE_OURS
    else:
        request.side = orchestrator_pb.CONFLICT_SIDE_THEIRS
    return request


def _diff(diff: files_pb.FileDiff) -> FileDiffOut:
    before = diff.before.sha256 if diff.HasField("before") else None
    after = diff.after.sha256 if diff.HasField("after") else None
    old = f"a/{diff.path}" if before else "/dev/null"
    new = f"b/{diff.path}" if after else "/dev/null"
    named = f"--- {old}\n+++ {new}\n{diff.unified}" if diff.unified else ""
    return FileDiffOut(
        path=diff.path, change=CHANGES[diff.action], before=before, after=after, diff=named
    )
