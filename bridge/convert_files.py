"""Protobuf messages about files and wire models, each into the other."""

from typing import Literal

from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.files.v1 import merge_pb2

from bridge.schemas.edit import ComparisonOut, FileDiffOut, MatchOut, SearchBody, SearchOut

CHANGES: dict[int, Literal["added", "removed", "changed"]] = {
    merge_pb2.FILE_ACTION_ADDED: "added",
    merge_pb2.FILE_ACTION_UPDATED: "changed",
    merge_pb2.FILE_ACTION_DELETED: "removed",
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


def comparison_to_out(
    before: str, after: str, compared: files_pb.DiffSnapshotsResponse
) -> ComparisonOut:
    """Return how two generations differ as callers see it."""
    return ComparisonOut(
        from_generation_id=before,
        to_generation_id=after,
        files=[_diff(each) for each in compared.diffs],
        unchanged_count=compared.unchanged_count,
        truncated=compared.truncated,
    )


def _diff(diff: files_pb.FileDiff) -> FileDiffOut:
    before = diff.before.sha256 if diff.HasField("before") else None
    after = diff.after.sha256 if diff.HasField("after") else None
    old = f"a/{diff.path}" if before else "/dev/null"
    new = f"b/{diff.path}" if after else "/dev/null"
    named = f"--- {old}\n+++ {new}\n{diff.unified}" if diff.unified else ""
    return FileDiffOut(
        path=diff.path, change=CHANGES[diff.action], before=before, after=after, diff=named
    )
