"""Comparing and searching snapshots over real gRPC."""

from dataclasses import replace
from typing import Any

import pytest
from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import merge_pb2

from chassis.auth import TokenIssuer
from chassis.errors import InvalidInputError, NotFoundError
from files_svc.settings import FilesSettings
from tests.integration.files_svc.client import FilesClient, refusal_of
from tests.integration.files_svc.conftest import AUTH, calling, serving

OLD = {
    "README.md": b"one\ntwo\nthree\nfour\nfive\n",
    "app/gone.py": b"x = 1\n",
    "app/same.py": b"TODAY = 1\nprint('Hello')\n",
    "logo.png": b"\x89PNG\0",
}
NEW = {
    "README.md": b"one\ntwo\nTHREE\nfour\nfive",
    "app/new.py": b"y = 1\ny = 2\n",
    "app/same.py": OLD["app/same.py"],
    "logo.png": b"\x89PNG\1\0",
}


async def compare(client: FilesClient, **options: Any) -> pb.DiffSnapshotsResponse:
    """Compare OLD and NEW."""
    request = pb.DiffSnapshotsRequest(
        from_snapshot_id=await client.commit(OLD),
        to_snapshot_id=await client.commit(NEW),
        **options,
    )
    response: pb.DiffSnapshotsResponse = await client.stub.DiffSnapshots(request)
    return response


async def test_tells_what_became_of_each_path(client: FilesClient) -> None:
    """Tells added, changed and deleted files with their sizes, and counts the others."""
    answer = await compare(client)
    assert {diff.path: diff.action for diff in answer.diffs} == {
        "README.md": merge_pb2.FILE_ACTION_UPDATED,
        "app/gone.py": merge_pb2.FILE_ACTION_DELETED,
        "app/new.py": merge_pb2.FILE_ACTION_ADDED,
        "logo.png": merge_pb2.FILE_ACTION_UPDATED,
    }
    assert answer.unchanged_count == 1
    assert not answer.truncated
    new = next(diff for diff in answer.diffs if diff.path == "app/new.py")
    assert (new.additions, new.deletions, new.after.size_bytes) == (2, 0, 12)
    assert not new.HasField("before")


async def test_gives_a_unified_diff(client: FilesClient) -> None:
    """Gives hunks that patch understands, also without a newline at the end."""
    answer = await compare(client, path="README.md", context_lines=1)
    assert [diff.path for diff in answer.diffs] == ["README.md"]
    assert answer.diffs[0].unified == (
        "@@ -2,4 +2,4 @@\n two\n-three\n+THREE\n four\n-five\n+five\n\\ No newline at end of file\n"
    )
    assert (answer.diffs[0].additions, answer.diffs[0].deletions) == (2, 2)


async def test_leaves_out_what_is_no_text(client: FilesClient) -> None:
    """Says that there is no diff of a picture."""
    answer = await compare(client, path="logo.png")
    assert answer.diffs[0].omitted
    assert not answer.diffs[0].unified


async def test_leaves_out_what_is_too_much(settings: FilesSettings) -> None:
    """Keeps the limit of one answer, and says which texts it left out."""
    limits = replace(settings.limits, diff_bytes=100)
    token = TokenIssuer(AUTH).internal_token("tests")
    async with (
        serving(replace(settings, limits=limits)) as address,
        calling(address, token) as client,
    ):
        answer = await compare(client)
    assert answer.truncated
    assert [diff.omitted for diff in answer.diffs] == [False, True, True, True]


async def test_does_not_compare_for_minutes(client: FilesClient) -> None:
    """Gives up on long texts that have nothing in common."""
    texts = ["".join(f"{letter}{number}\n" for number in range(9_000)).encode() for letter in "ab"]
    request = pb.DiffSnapshotsRequest(
        from_snapshot_id=await client.commit({"a": texts[0]}),
        to_snapshot_id=await client.commit({"a": texts[1]}),
    )
    answer = await client.stub.DiffSnapshots(request, timeout=5)
    assert answer.diffs[0].omitted


async def test_refuses_a_bad_comparison(client: FilesClient) -> None:
    """Refuses unknown snapshots and too much context."""
    known = await client.commit(OLD)
    request = pb.DiffSnapshotsRequest(from_snapshot_id=known, to_snapshot_id="0" * 64)
    assert isinstance(await refusal_of(client.stub.DiffSnapshots(request)), NotFoundError)
    request = pb.DiffSnapshotsRequest(
        from_snapshot_id=known, to_snapshot_id=known, context_lines=101
    )
    assert isinstance(await refusal_of(client.stub.DiffSnapshots(request)), InvalidInputError)


async def search(client: FilesClient, pattern: str, **options: Any) -> list[tuple[str, int, str]]:
    """Search OLD; returns path, line and what was found."""
    request = pb.SearchSnapshotRequest(
        snapshot_id=await client.commit(OLD), pattern=pattern, **options
    )
    answer = await client.stub.SearchSnapshot(request)
    return [
        (match.path, match.line_number, match.line[match.start : match.end])
        for match in answer.matches
    ]


@pytest.mark.parametrize(
    ("pattern", "options", "found"),
    [
        ("hello", {}, [("app/same.py", 2, "Hello")]),
        ("hello", {"case_sensitive": True}, []),
        ("t", {"max_results": 2}, [("README.md", 2, "t"), ("README.md", 3, "t")]),
        ("t", {"path_prefix": "app/"}, [("app/same.py", 1, "T"), ("app/same.py", 2, "t")]),
        ("x.=", {}, []),
        ("x.=", {"regex": True}, [("app/gone.py", 1, "x =")]),
        (r"^f\w+$", {"regex": True}, [("README.md", 4, "four"), ("README.md", 5, "five")]),
        ("PNG", {}, []),
    ],
)
async def test_finds_lines(
    client: FilesClient, pattern: str, options: dict[str, Any], found: list[tuple[str, int, str]]
) -> None:
    """Finds texts and expressions, line by line, in texts only."""
    assert await search(client, pattern, **options) == found


async def test_says_that_there_is_more(client: FilesClient) -> None:
    """Stops at the most matches wanted."""
    snapshot_id = await client.commit({"a": b"x\n" * 50})
    request = pb.SearchSnapshotRequest(snapshot_id=snapshot_id, pattern="x", max_results=50)
    assert not (await client.stub.SearchSnapshot(request)).truncated
    request.max_results = 49
    answer = await client.stub.SearchSnapshot(request)
    assert answer.truncated
    assert len(answer.matches) == 49


async def test_cuts_long_lines(client: FilesClient) -> None:
    """Shows the part of a long line around what was found."""
    snapshot_id = await client.commit({"a": b"-" * 5_000 + "n\u00e4del".encode() + b"-" * 5_000})
    request = pb.SearchSnapshotRequest(snapshot_id=snapshot_id, pattern="N\u00c4DEL")
    match = (await client.stub.SearchSnapshot(request)).matches[0]
    assert len(match.line) == 400
    assert match.line[match.start : match.end] == "n\u00e4del"


async def test_a_hostile_expression_costs_little(client: FilesClient) -> None:
    """Is not slowed by expressions that make backtracking matchers explode."""
    snapshot_id = await client.commit({"a": b"a" * 100_000})
    request = pb.SearchSnapshotRequest(snapshot_id=snapshot_id, pattern="(a+)+$b", regex=True)
    assert not (await client.stub.SearchSnapshot(request, timeout=5)).matches


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("", "PATTERN_EMPTY"),
        ("x" * 1_001, "PATTERN_TOO_LONG"),
        ("(", "PATTERN_INVALID"),
        (r"(a)\1", "PATTERN_INVALID"),
        ("((a{999}){999}){999}", "PATTERN_INVALID"),
    ],
)
async def test_refuses_a_bad_pattern(client: FilesClient, pattern: str, reason: str) -> None:
    """Says what is wrong with a pattern, naming the field."""
    request = pb.SearchSnapshotRequest(
        snapshot_id=await client.commit(OLD), pattern=pattern, regex=True
    )
    refusal = await refusal_of(client.stub.SearchSnapshot(request))
    assert isinstance(refusal, InvalidInputError)
    assert refusal.reason == reason
    assert [violation.field for violation in refusal.violations] == ["pattern"]
