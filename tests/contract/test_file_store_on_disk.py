"""What only a folder can show: damage, and what a crashed writer leaves."""

import asyncio
from pathlib import Path

import pytest

from chassis.errors import InternalError
from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import FileEntry, Listing
from files_svc.settings import StoreSettings
from files_svc.store.connect import open_store
from files_svc.store.files import ObjectFileStore

CONTENT = b"the content of a file"
DIGEST = Digest.of(CONTENT)
LISTING = Listing.of([FileEntry(path="a", digest=DIGEST)])


@pytest.fixture
def store(tmp_path: Path) -> ObjectFileStore:
    """Open a store without a memory, so that every read reads the disk."""
    return open_store(StoreSettings(url=tmp_path.as_uri(), cache_bytes=0, cache_entries=0))


def blob_file(folder: Path) -> Path:
    """Return where CONTENT is kept."""
    return folder / "blobs" / DIGEST.sha256[:2] / DIGEST.sha256


@pytest.mark.parametrize("damaged", [b"", CONTENT[:-1], CONTENT[:-1] + b"!", CONTENT + b"!"])
async def test_damaged_bytes_are_never_returned(
    store: ObjectFileStore, tmp_path: Path, damaged: bytes
) -> None:
    """Verifies every blob it reads."""
    await store.put_blobs({DIGEST: CONTENT})
    blob_file(tmp_path).write_bytes(damaged)
    with pytest.raises(InternalError):
        await store.read_blob(DIGEST)


async def test_a_cut_blob_is_stored_again(tmp_path: Path) -> None:
    """Replaces a blob of the wrong size when it is stored again."""
    await open_store(StoreSettings(url=tmp_path.as_uri())).put_blobs({DIGEST: CONTENT})
    blob_file(tmp_path).write_bytes(CONTENT[:3])
    fresh = open_store(StoreSettings(url=tmp_path.as_uri()))
    await fresh.put_blobs({DIGEST: CONTENT})
    assert blob_file(tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("damage", [lambda text: text[:-1], lambda text: text[1:], lambda _: b""])
async def test_a_damaged_snapshot_is_never_returned(
    store: ObjectFileStore, tmp_path: Path, damage: object
) -> None:
    """Verifies every snapshot it reads."""
    snapshot_id = (await store.put_snapshot(LISTING)).snapshot_id
    document = tmp_path / "snapshots" / snapshot_id[:2] / snapshot_id
    document.write_bytes(damage(document.read_bytes()))  # type: ignore[operator]
    with pytest.raises(InternalError):
        await store.get_snapshot(snapshot_id)


def files_below(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_nothing_but_the_objects_is_left(store: ObjectFileStore, tmp_path: Path) -> None:
    """Leaves no temporary file behind, also when writers race for one blob."""
    await asyncio.gather(*(store.put_blobs({DIGEST: CONTENT}) for _ in range(10)))
    await store.put_snapshot(LISTING)
    await store.probe()
    assert set(files_below(tmp_path)) == {DIGEST.sha256, LISTING.snapshot_id}


@pytest.mark.parametrize("turns", [1, 5, 20, 100])
async def test_a_cancelled_write_leaves_only_whole_blobs(
    store: ObjectFileStore, tmp_path: Path, turns: int
) -> None:
    """Leaves no half blob when its caller gives up, whenever that is."""
    contents = [b"%d" % number * 10_000 for number in range(100)]
    blobs = {Digest.of(content): content for content in contents}
    writing = asyncio.create_task(store.put_blobs(blobs))
    for _ in range(turns):
        await asyncio.sleep(0)
    writing.cancel()
    await asyncio.wait([writing])
    for name, content in files_below(tmp_path / "blobs").items():
        assert Digest.of(content).sha256 == name
    await store.put_blobs(blobs)
    assert await store.missing_blobs(blobs) == ()
