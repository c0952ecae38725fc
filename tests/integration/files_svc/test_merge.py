"""Merging snapshots over real gRPC."""

from typing import Any

from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import merge_pb2

from chassis.errors import NotFoundError
from tests.integration.files_svc.client import Files, FilesClient, refusal_of

MODEL = b"import re\n\n\nclass Post:\n    title = 1\n\n    def loud(self):\n        return 1\n"
BASE = {
    "app/models/post.py": MODEL,
    "app/models/tag.py": b"class Tag:\n    name = 1\n",
    "README.md": b"# Blog\n\nHello.\n",
    "requirements.txt": b"a==1\n",
    ".backsmith/manifest.json": b"1",
}
OURS = {
    **BASE,
    "app/models/post.py": MODEL + b"\n    def mine(self):\n        return 2\n",
    "app/mine.py": b"mine = 1\n",
    "README.md": b"# My blog\n\nHello.\n",
}
THEIRS = {
    "app/models/post.py": MODEL.replace(b"title = 1\n", b"title = 1\n    body = 2\n"),
    "app/models/user.py": b"class User:\n    name = 1\n",
    "README.md": b"# The blog\n\nHello.\n",
    "requirements.txt": b"a==2\n",
    ".backsmith/manifest.json": b"2",
}


async def merge(
    client: FilesClient, base: Files, ours: Files, theirs: Files, **patch: Any
) -> pb.MergeSnapshotsResponse:
    """Commit three trees and merge them."""
    request = pb.MergeSnapshotsRequest(
        base_snapshot_id=await client.commit(base),
        ours_snapshot_id=await client.commit(ours),
        theirs_snapshot_id=await client.commit(theirs),
        **patch,
    )
    response: pb.MergeSnapshotsResponse = await client.stub.MergeSnapshots(request)
    again = await client.stub.MergeSnapshots(request)
    assert again == response
    return response


async def test_merges_an_iteration(client: FilesClient) -> None:
    """Keeps the user's edits, takes the new rendering, and reports what clashes."""
    merged = await merge(client, BASE, OURS, THEIRS, drops=["Tag"])
    files = await client.files(merged.snapshot.snapshot_id)
    assert files == {
        **THEIRS,
        "app/models/post.py": OURS["app/models/post.py"].replace(
            b"title = 1\n", b"title = 1\n    body = 2\n"
        ),
        "app/mine.py": b"mine = 1\n",
        "README.md": OURS["README.md"],
    }
    assert {change.path: merge_pb2.FileAction.Name(change.action) for change in merged.changes} == {
        ".backsmith/manifest.json": "FILE_ACTION_UPDATED",
        "README.md": "FILE_ACTION_CONFLICT",
        "app/mine.py": "FILE_ACTION_KEPT",
        "app/models/post.py": "FILE_ACTION_MERGED",
        "app/models/tag.py": "FILE_ACTION_DELETED",
        "app/models/user.py": "FILE_ACTION_ADDED",
        "requirements.txt": "FILE_ACTION_UPDATED",
    }


async def test_keeps_both_sides_of_a_conflict(client: FilesClient) -> None:
    """Stores the sides of a conflicting file where they can be read."""
    merged = await merge(client, BASE, OURS, THEIRS, drops=["Tag"])
    assert [(each.path, each.place) for each in merged.conflicts] == [("README.md", "line 1")]
    assert merged.conflicts[0].reason == merge_pb2.CONFLICT_REASON_BOTH_CHANGED
    assert merged.conflicts[0].theirs.size_bytes == len(THEIRS["README.md"])
    assert await client.files(merged.conflict_snapshot_id) == {
        "base/README.md": BASE["README.md"],
        "ours/README.md": OURS["README.md"],
        "theirs/README.md": THEIRS["README.md"],
    }


async def test_says_what_no_drop_named(client: FilesClient) -> None:
    """Keeps files and symbols that the new rendering lacks, and lists them."""
    theirs = {"app/models/post.py": b"import re\n\n\nclass Post:\n    title = 1\n"}
    merged = await merge(client, BASE, BASE, theirs)
    assert list(merged.retained) == [
        "README.md",
        "app/models/post.py:Post.loud",
        "app/models/tag.py",
        "requirements.txt",
    ]
    files = await client.files(merged.snapshot.snapshot_id)
    assert files == {path: BASE[path] for path in BASE if not path.startswith(".backsmith")}
    assert not merged.conflicts
    assert not merged.conflict_snapshot_id


async def test_an_edit_follows_a_rename(client: FilesClient) -> None:
    """Moves an edited file with its renamed entity, edits inside it renamed as well."""
    theirs = {
        "app/models/article.py": MODEL.replace(b"Post", b"Article"),
        **{path: BASE[path] for path in BASE if path != "app/models/post.py"},
    }
    merged = await merge(
        client, BASE, OURS, theirs, renames=[merge_pb2.Rename(old_name="Post", new_name="Article")]
    )
    moved = next(each for each in merged.changes if each.path == "app/models/article.py")
    assert moved.old_path == "app/models/post.py"
    files = await client.files(merged.snapshot.snapshot_id)
    assert files["app/models/article.py"] == OURS["app/models/post.py"].replace(b"Post", b"Article")
    assert "app/models/post.py" not in files


async def test_refuses_an_unknown_side(client: FilesClient) -> None:
    """Says which snapshot is not there."""
    known = await client.commit(BASE)
    request = pb.MergeSnapshotsRequest(
        base_snapshot_id=known, ours_snapshot_id="0" * 64, theirs_snapshot_id=known
    )
    refusal = await refusal_of(client.stub.MergeSnapshots(request))
    assert isinstance(refusal, NotFoundError)
    assert "0" * 64 in refusal.message
