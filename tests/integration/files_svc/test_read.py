"""Listing, reading and packing over real gRPC."""

import io
import os
import tarfile
import zipfile

import pytest
from backsmith.files.v1 import files_service_pb2 as pb

from chassis.errors import InvalidInputError, NotFoundError, OutOfRangeError
from tests.integration.files_svc.client import FilesClient, entry_of, refusal_of

FILES = {f"app/file_{number:02}.py": b"x = %d\n" % number for number in range(25)}


async def test_lists_page_by_page(client: FilesClient) -> None:
    """Lists every file once, sorted, in pages."""
    snapshot_id = await client.commit(FILES)
    found, token, pages = [], "", 0
    while token or not pages:
        request = pb.ListFilesRequest(snapshot_id=snapshot_id, page_size=10, page_token=token)
        page = await client.stub.ListFiles(request)
        found += page.entries
        token, pages = page.next_page_token, pages + 1
    assert pages == 3
    assert found == [entry_of(path, content) for path, content in sorted(FILES.items())]


async def test_refuses_a_foreign_page_token(client: FilesClient) -> None:
    """Refuses a token of another listing, or of none."""
    first, other = await client.commit(FILES), await client.commit({**FILES, "zz": b""})
    page = await client.stub.ListFiles(pb.ListFilesRequest(snapshot_id=other, page_size=3))
    for token in (page.next_page_token, "nonsense", "\u00fc", "===="):
        request = pb.ListFilesRequest(snapshot_id=first, page_token=token)
        refusal = await refusal_of(client.stub.ListFiles(request))
        assert isinstance(refusal, InvalidInputError)
        assert refusal.reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize(
    ("offset", "limit"), [(0, 0), (0, 1), (7, 0), (600_000, 700_000), (1_500_000, 0), (5, 10**12)]
)
async def test_reads_ranges(client: FilesClient, offset: int, limit: int) -> None:
    """Streams exactly the bytes asked for, the entry first."""
    content = os.urandom(1_500_000)
    snapshot_id = await client.commit({"a.bin": content})
    end = offset + limit if limit else None
    assert (
        await client.read(snapshot_id, "a.bin", offset=offset, limit=limit) == content[offset:end]
    )
    request = pb.ReadFileRequest(snapshot_id=snapshot_id, path="a.bin", offset=offset, limit=limit)
    pieces = [piece async for piece in client.stub.ReadFile(request)]
    assert pieces[0].entry == entry_of("a.bin", content)
    assert not any(piece.HasField("entry") for piece in pieces[1:])


async def test_refuses_an_offset_past_the_end(client: FilesClient) -> None:
    """Says how many bytes there are."""
    snapshot_id = await client.commit({"a": b"123"})
    request = pb.ReadFileRequest(snapshot_id=snapshot_id, path="a", offset=4)
    refusal = await refusal_of(client.stub.ReadFile(request))
    assert isinstance(refusal, OutOfRangeError)
    assert refusal.metadata == {"size_bytes": "3"}


async def test_refuses_a_negative_offset(client: FilesClient) -> None:
    """Counts from the start only."""
    snapshot_id = await client.commit({"a": b"123"})
    request = pb.ReadFileRequest(snapshot_id=snapshot_id, path="a", offset=-1)
    assert isinstance(await refusal_of(client.stub.ReadFile(request)), InvalidInputError)


async def test_unknown_things_are_not_found(client: FilesClient) -> None:
    """Answers NOT_FOUND before any other message, whatever the call."""
    snapshot_id = await client.commit({"a": b"1"})
    unknown = "0" * 64
    for call in (
        client.stub.GetSnapshot(pb.GetSnapshotRequest(snapshot_id=unknown)),
        client.stub.ListFiles(pb.ListFilesRequest(snapshot_id=unknown)),
        client.stub.ReadFile(pb.ReadFileRequest(snapshot_id=unknown, path="a")),
        client.stub.ReadFile(pb.ReadFileRequest(snapshot_id=snapshot_id, path="../a")),
        client.stub.ReadSnapshot(pb.ReadSnapshotRequest(snapshot_id="../../x")),
        client.stub.ArchiveSnapshot(pb.ArchiveSnapshotRequest(snapshot_id=unknown)),
    ):
        assert isinstance(await refusal_of(call), NotFoundError)


async def test_the_zip_equals_the_files(client: FilesClient) -> None:
    """Packs exactly the snapshot's files, the same bytes each time."""
    snapshot_id = await client.commit(FILES)
    first = await client.archive(snapshot_id)
    assert await client.archive(snapshot_id, format=pb.ARCHIVE_FORMAT_ZIP) == first
    with zipfile.ZipFile(io.BytesIO(first)) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == FILES


async def test_packs_a_tar_below_a_folder(client: FilesClient) -> None:
    """Puts a folder in front of every path."""
    snapshot_id = await client.commit(FILES)
    data = await client.archive(snapshot_id, format=pb.ARCHIVE_FORMAT_TAR_GZ, prefix="blog")
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        assert archive.getnames() == [f"blog/{path}" for path in sorted(FILES)]


@pytest.mark.parametrize("prefix", ["..", "/", "a/../..", "C:"])
async def test_refuses_a_prefix_that_leaves_the_root(client: FilesClient, prefix: str) -> None:
    """Holds the prefix to the path rules."""
    snapshot_id = await client.commit({"a": b"1"})
    request = pb.ArchiveSnapshotRequest(snapshot_id=snapshot_id, prefix=prefix)
    assert isinstance(await refusal_of(client.stub.ArchiveSnapshot(request)), InvalidInputError)
