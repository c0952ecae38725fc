"""Writing and committing over real gRPC."""

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from backsmith.files.v1 import files_service_pb2 as pb
from backsmith.files.v1 import snapshot_pb2

from chassis.errors import (
    FailedPreconditionError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    PermissionDeniedError,
    UnauthenticatedError,
    UnavailableError,
)
from tests.integration.files_svc.client import Files, FilesClient, entry_of, pieces_of, refusal_of
from tests.integration.files_svc.conftest import ClientOf, calling

FILES = {"README.md": b"# Hello\n", "app/main.py": b"x = 1\n", "app/__init__.py": b""}


async def test_commits_what_was_written(client: FilesClient) -> None:
    """Makes a snapshot of uploaded files that tells their number and sum."""
    snapshot_id = await client.commit(FILES)
    answer = await client.stub.GetSnapshot(pb.GetSnapshotRequest(snapshot_id=snapshot_id))
    assert answer.snapshot.file_count == 3
    assert answer.snapshot.total_size_bytes == 14
    assert answer.snapshot.HasField("create_time")
    assert await client.files(snapshot_id) == FILES


async def test_a_repeated_call_is_harmless(client: FilesClient) -> None:
    """Answers the same commit with the same snapshot, also when they come at once."""
    ids = await asyncio.gather(*(client.commit(FILES) for _ in range(8)))
    assert len(set(ids)) == 1


async def test_commits_on_a_base(client: FilesClient) -> None:
    """Adds, replaces and removes; the base stays as it was."""
    base = await client.commit(FILES)
    changed = await client.commit(
        {"README.md": b"new\n", "app/models/post.py": b"y\n"},
        base=base,
        remove=("app/main.py", "absent.py"),
    )
    assert await client.files(changed) == {
        "README.md": b"new\n",
        "app/__init__.py": b"",
        "app/models/post.py": b"y\n",
    }
    assert await client.files(base) == FILES


async def test_stores_a_file_in_many_pieces(client: FilesClient) -> None:
    """Joins the pieces of a large file."""
    content = os.urandom(2_500_000)
    snapshot_id = await client.commit({"large.bin": content})
    assert await client.read(snapshot_id, "large.bin") == content


async def test_commits_ten_thousand_small_files(client: FilesClient) -> None:
    """Takes ten thousand tiny files in one upload and one commit."""
    files = {
        f"data/{number % 100}/{number}.txt": b"%d" % (number % 500) for number in range(10_000)
    }
    snapshot_id = await client.commit(files)
    assert len(await client.paths(snapshot_id)) == 1_000
    assert await client.files(snapshot_id) == files


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (pieces_of({"../x": b""}), "PATH_LEAVES_ROOT"),
        (pieces_of({"/etc/passwd": b""}), "PATH_ABSOLUTE"),
        (pieces_of({"a\0b": b""}), "PATH_CONTROL_CHARACTER"),
        (pieces_of({"nul.py": b""}), "PATH_RESERVED"),
        ([pb.WriteFilesRequest(data=b"x")], "HEADER_MISSING"),
        ([pb.WriteFilesRequest(header=entry_of("a", b"xy"), data=b"x")], "DIGEST_MISMATCH"),
        ([pb.WriteFilesRequest(header=entry_of("a", b"x"), data=b"y")], "DIGEST_MISMATCH"),
        ([pb.WriteFilesRequest(header=entry_of("a", b"x"), data=b"xx")], "DIGEST_MISMATCH"),
        (
            [pb.WriteFilesRequest(header=snapshot_pb2.FileEntry(path="a"), data=b"")],
            "DIGEST_MALFORMED",
        ),
    ],
)
async def test_refuses_a_bad_upload(
    client: FilesClient, messages: list[pb.WriteFilesRequest], reason: str
) -> None:
    """Refuses wrong paths, digests and sizes, with the rule as the reason."""
    refusal = await refusal_of(client.stub.WriteFiles(iter(list(messages))))
    assert isinstance(refusal, InvalidInputError)
    assert refusal.reason == reason


async def test_names_the_file_that_lies(client: FilesClient) -> None:
    """Names the path whose bytes are wrong, not the good ones around it."""
    messages = [
        *pieces_of({"good.py": b"1"}),
        pb.WriteFilesRequest(header=entry_of("bad.py", b"x"), data=b"y"),
        *pieces_of({"fine.py": b"2"}),
    ]
    refusal = await refusal_of(client.stub.WriteFiles(iter(messages)))
    assert refusal.metadata == {"path": "bad.py"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"a": bytes(3_000_001)}, "FILE_TOO_LARGE"),
        ({str(number): bytes([number]) * 2_999_999 for number in range(3)}, "SNAPSHOT_TOO_LARGE"),
        ({str(number): b"" for number in range(12_001)}, "TOO_MANY_FILES"),
    ],
)
async def test_keeps_the_quotas(client: FilesClient, files: Files, reason: str) -> None:
    """Refuses a file, a number of files or a sum that is over its limit."""
    refusal = await refusal_of(client.stub.WriteFiles(pieces_of(files)))
    assert isinstance(refusal, LimitExceededError)
    assert refusal.reason == reason


async def test_keeps_the_quotas_across_commits(client: FilesClient) -> None:
    """Refuses a snapshot that grows over the limit in small steps."""
    base = ""
    for number in range(2):
        base = await client.commit({str(number): bytes([number]) * 2_900_000}, base=base)
    add = await client.write({"2": b"2" * 2_900_000})
    refusal = await refusal_of(
        client.stub.CommitSnapshot(pb.CommitSnapshotRequest(base_snapshot_id=base, add=add))
    )
    assert refusal.reason == "SNAPSHOT_TOO_LARGE"


async def test_an_upload_cut_in_the_middle_leaves_nothing(client: FilesClient) -> None:
    """Keeps no half file when the caller goes away."""
    content = os.urandom(2_000_000)
    sent = asyncio.Event()

    async def messages() -> AsyncIterator[pb.WriteFilesRequest]:
        yield pb.WriteFilesRequest(header=entry_of("a", content), data=content[:1_000_000])
        sent.set()
        await asyncio.Event().wait()

    call = client.stub.WriteFiles(messages())
    await sent.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    digest = entry_of("a", content).digest
    found = await client.stub.FindMissingBlobs(pb.FindMissingBlobsRequest(digests=[digest]))
    assert list(found.missing) == [digest]


@pytest.mark.parametrize(
    ("paths", "reason"),
    [
        (("a.py", "A.py"), "PATH_TWIN"),
        (("App/x.py", "app/y.py"), "PATH_TWIN"),
        (("a", "a/b"), "PATH_FILE_AND_FOLDER"),
    ],
)
async def test_refuses_paths_that_clash(
    client: FilesClient, paths: tuple[str, str], reason: str
) -> None:
    """Refuses a path that clashes with one of the base, and names both."""
    base = await client.commit({paths[0]: b"1"})
    add = await client.write({paths[1]: b"2"})
    refusal = await refusal_of(
        client.stub.CommitSnapshot(pb.CommitSnapshotRequest(base_snapshot_id=base, add=add))
    )
    assert isinstance(refusal, InvalidInputError)
    assert refusal.reason == reason


async def test_names_the_blobs_that_are_missing(client: FilesClient) -> None:
    """Refuses to commit what was not uploaded, naming each path."""
    add = [*await client.write({"here.py": b"1"}), entry_of("gone.py", b"never uploaded")]
    refusal = await refusal_of(client.stub.CommitSnapshot(pb.CommitSnapshotRequest(add=add)))
    assert isinstance(refusal, FailedPreconditionError)
    assert [violation.field for violation in refusal.violations] == ["gone.py"]


async def test_finds_the_blobs_to_upload(client: FilesClient) -> None:
    """Names only what is not stored."""
    await client.write({"here.py": b"1"})
    digests = [entry_of("", content).digest for content in (b"1", b"2", b"2")]
    answer = await client.stub.FindMissingBlobs(pb.FindMissingBlobsRequest(digests=digests))
    assert list(answer.missing) == [digests[1]]


async def test_refuses_an_unknown_base(client: FilesClient) -> None:
    """Says that the base is not there."""
    refusal = await refusal_of(
        client.stub.CommitSnapshot(pb.CommitSnapshotRequest(base_snapshot_id="0" * 64))
    )
    assert isinstance(refusal, NotFoundError)


async def test_refuses_one_path_twice(client: FilesClient) -> None:
    """Does not guess which of two contents was meant."""
    add = [*await client.write({"a": b"1"}), *await client.write({"a": b"2"})]
    refusal = await refusal_of(client.stub.CommitSnapshot(pb.CommitSnapshotRequest(add=add)))
    assert refusal.reason == "PATH_REPEATED"


async def test_refuses_users(as_user: ClientOf) -> None:
    """Serves services only."""
    async with as_user("alice") as client:
        refusal = await refusal_of(client.stub.CommitSnapshot(pb.CommitSnapshotRequest()))
    assert isinstance(refusal, PermissionDeniedError)


async def test_refuses_malformed_tokens(address: str) -> None:
    """Serves nobody without credentials."""
    async with calling(address, "nonsense") as client:
        refusal = await refusal_of(client.stub.GetSnapshot(pb.GetSnapshotRequest()))
    assert isinstance(refusal, UnauthenticatedError)


async def test_a_store_that_is_away_is_told(away_client: FilesClient) -> None:
    """Answers UNAVAILABLE, and names no address of ours."""
    refusal = await refusal_of(
        away_client.stub.GetSnapshot(pb.GetSnapshotRequest(snapshot_id="0" * 64), timeout=20)
    )
    assert isinstance(refusal, UnavailableError)
    assert "127.0.0.1" not in refusal.message
