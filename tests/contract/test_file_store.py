"""Every file store keeps the same promises: memory, local disk and a real S3-speaking server."""

import asyncio
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from chassis.errors import InternalError, InvalidInputError, NotFoundError, UnavailableError
from chassis.settings import SettingsError
from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import FileEntry, Listing
from files_svc.settings import StoreSettings
from files_svc.store.connect import open_store
from files_svc.store.files import ObjectFileStore

KINDS = ("memory", "local", "local without fsync", "s3")


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """Run an S3-speaking server on a free port."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=KINDS)
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSettings:
    """Name a fresh store of each kind."""
    match request.param:
        case "memory":
            return StoreSettings(url="memory:")
        case "s3":
            return s3_settings(request.getfixturevalue("s3_endpoint"), bucket=tmp_path.name)
        case kind:
            return StoreSettings(url=(tmp_path / "files").as_uri(), fsync=kind == "local")


def s3_settings(endpoint: str, *, bucket: str) -> StoreSettings:
    """Make a bucket and name it."""
    bucket = "".join(character if character.isalnum() else "-" for character in bucket.lower())
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    client.create_bucket(Bucket=bucket)
    client.close()
    return StoreSettings(
        url=f"s3://{bucket}/some/prefix",
        s3_endpoint=endpoint,
        s3_access_key_id="test",
        s3_secret_access_key="test",
        s3_allow_http=True,
    )


@pytest.fixture
def store(settings: StoreSettings) -> ObjectFileStore:
    """Open the store."""
    return open_store(settings)


def blobs_of(*contents: bytes) -> dict[Digest, bytes]:
    """Return contents by their digests."""
    return {Digest.of(content): content for content in contents}


def listing_of(**contents: bytes) -> Listing:
    """Return a listing of files named by keywords."""
    return Listing.of(
        FileEntry(path=path, digest=Digest.of(content)) for path, content in contents.items()
    )


def reopened(store: ObjectFileStore, settings: StoreSettings) -> ObjectFileStore:
    """Return the same store with an empty memory, where its kind outlives the process."""
    return store if settings.url.startswith("memory") else open_store(settings)


async def test_returns_the_bytes_that_were_stored(
    store: ObjectFileStore, settings: StoreSettings
) -> None:
    """Returns each blob as it was stored, an empty one and a large one among them."""
    blobs = blobs_of(b"", b"hello", os.urandom(3_000_000))
    await store.put_blobs(blobs)
    again = reopened(store, settings)
    assert {digest: await again.read_blob(digest) for digest in blobs} == blobs


async def test_stores_many_small_blobs(store: ObjectFileStore, settings: StoreSettings) -> None:
    """Stores a few hundred blobs in one call."""
    blobs = blobs_of(*(f"file {number}".encode() for number in range(300)))
    await store.put_blobs(blobs)
    assert await reopened(store, settings).missing_blobs(blobs) == ()


async def test_storing_again_changes_nothing(store: ObjectFileStore) -> None:
    """Takes a blob that it has already, from several callers at once."""
    blobs = blobs_of(b"once")
    await asyncio.gather(*(store.put_blobs(blobs) for _ in range(5)))
    assert await store.read_blob(Digest.of(b"once")) == b"once"
    assert [found.sha256 async for found in store.blobs()] == [Digest.of(b"once").sha256]


async def test_refuses_a_lying_digest(store: ObjectFileStore) -> None:
    """Refuses bytes that do not have the digest, and stores none of the call."""
    lie = Digest.of(b"something else")
    with pytest.raises(InvalidInputError) as refusal:
        await store.put_blobs({**blobs_of(b"honest"), lie: b"lie"})
    assert refusal.value.reason == "DIGEST_MISMATCH"
    assert len(await store.missing_blobs([lie, Digest.of(b"honest")])) == 2


async def test_refuses_a_lying_size(store: ObjectFileStore) -> None:
    """Refuses bytes of another size than the digest says."""
    lie = replace(Digest.of(b"four"), size_bytes=5)
    with pytest.raises(InvalidInputError):
        await store.put_blobs({lie: b"four"})


async def test_names_missing_blobs(store: ObjectFileStore) -> None:
    """Names the blobs that are not there, each once, sorted."""
    await store.put_blobs(blobs_of(b"here"))
    absent = [Digest.of(b"gone"), Digest.of(b"lost")]
    asked = [*absent, Digest.of(b"here"), absent[0]]
    assert await store.missing_blobs(asked) == tuple(sorted(absent))


async def test_a_blob_that_is_gone_is_our_fault(store: ObjectFileStore) -> None:
    """Does not blame the caller for a blob that a snapshot names and nobody has."""
    with pytest.raises(InternalError) as failure:
        await store.read_blob(Digest.of(b"never stored"))
    assert failure.value.reason == "BLOB_LOST"


async def test_a_wrong_size_does_not_name_a_blob(
    store: ObjectFileStore, settings: StoreSettings
) -> None:
    """Does not return a blob for a digest with its hash and another size."""
    await store.put_blobs(blobs_of(b"four"))
    again = reopened(store, settings)
    with pytest.raises(InternalError):
        await again.read_blob(replace(Digest.of(b"four"), size_bytes=5))


async def test_returns_the_snapshot_that_was_stored(
    store: ObjectFileStore, settings: StoreSettings
) -> None:
    """Returns a snapshot by its id, with its first commit's time."""
    listing = listing_of(a=b"1", b=b"2")
    stored = await store.put_snapshot(listing)
    found = await reopened(store, settings).get_snapshot(listing.snapshot_id)
    assert found == stored
    assert found.listing.entries == listing.entries
    assert abs(datetime.now(UTC) - found.create_time) < timedelta(minutes=1)


async def test_the_empty_snapshot_is_a_snapshot(store: ObjectFileStore) -> None:
    """Keeps a snapshot without files."""
    stored = await store.put_snapshot(Listing.of([]))
    assert (await store.get_snapshot(stored.snapshot_id)).listing.entries == ()


async def test_committing_again_keeps_the_first_time(
    store: ObjectFileStore, settings: StoreSettings
) -> None:
    """Returns the first commit's time for every repeat."""
    first = await store.put_snapshot(listing_of(a=b"1"))
    assert await reopened(store, settings).put_snapshot(listing_of(a=b"1")) == first


@pytest.mark.parametrize("unknown", ["0" * 64, "", "../../etc/passwd", "0" * 63 + "G"])
async def test_unknown_snapshot_is_not_found(store: ObjectFileStore, unknown: str) -> None:
    """Says that an unknown or malformed id names nothing."""
    with pytest.raises(NotFoundError) as refusal:
        await store.get_snapshot(unknown)
    assert refusal.value.reason == "SNAPSHOT_NOT_FOUND"


async def test_lists_what_is_stored(store: ObjectFileStore) -> None:
    """Shows the collector every blob and snapshot with size and age, and nothing else."""
    await store.put_blobs(blobs_of(b"one", b"three"))
    snapshot = await store.put_snapshot(listing_of(a=b"one"))
    await store.probe()
    blobs = [found async for found in store.blobs()]
    assert {found.sha256: found.size_bytes for found in blobs} == {
        Digest.of(b"one").sha256: 3,
        Digest.of(b"three").sha256: 5,
    }
    assert all(datetime.now(UTC) - found.kept_since < timedelta(minutes=1) for found in blobs)
    assert [found.sha256 async for found in store.snapshots()] == [snapshot.snapshot_id]


async def test_deletes_what_it_is_told(store: ObjectFileStore, settings: StoreSettings) -> None:
    """Deletes blobs and snapshots, unknown ones without complaint, and remembers none of them."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    await store.put_blobs(blobs_of(b"keep", b"drop"))
    snapshot = await store.put_snapshot(listing_of(a=b"drop"))
    await store.delete_blobs([Digest.of(b"drop").sha256, "0" * 64], soon)
    await store.delete_snapshots([snapshot.snapshot_id, "0" * 64], soon)
    for opened in (store, reopened(store, settings)):
        assert await opened.missing_blobs(blobs_of(b"keep", b"drop")) == (Digest.of(b"drop"),)
        with pytest.raises(NotFoundError):
            await opened.get_snapshot(snapshot.snapshot_id)


async def test_remembers_nothing_that_was_read_while_it_was_deleted(
    store: ObjectFileStore,
) -> None:
    """Knows a deleted snapshot no more, however reading and deleting meet."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    for begun_later in range(10):
        snapshot = await store.put_snapshot(listing_of(a=b"drop"))
        deleting = asyncio.create_task(store.delete_snapshots([snapshot.snapshot_id], soon))
        for _ in range(begun_later):
            await asyncio.sleep(0)
        reading = [asyncio.create_task(store.get_snapshot(snapshot.snapshot_id)) for _ in range(3)]
        await asyncio.wait([deleting, *reading])
        assert {type(task.exception()) for task in reading} <= {type(None), NotFoundError}
        with pytest.raises(NotFoundError):
            await store.get_snapshot(snapshot.snapshot_id)


async def test_does_not_delete_what_was_renewed(store: ObjectFileStore) -> None:
    """Keeps what is younger than the collector thought."""
    await store.put_blobs(blobs_of(b"young"))
    snapshot = await store.put_snapshot(listing_of(a=b"young"))
    before = datetime.now(UTC) - timedelta(hours=1)
    await store.delete_blobs([Digest.of(b"young").sha256], before)
    await store.delete_snapshots([snapshot.snapshot_id], before)
    assert await store.missing_blobs(blobs_of(b"young")) == ()
    assert await store.get_snapshot(snapshot.snapshot_id) == snapshot


async def test_stores_again_what_was_deleted(store: ObjectFileStore) -> None:
    """Stores a blob and a snapshot anew after they were collected."""
    soon = datetime.now(UTC) + timedelta(hours=1)
    for _ in range(2):
        await store.put_blobs(blobs_of(b"phoenix"))
        snapshot = await store.put_snapshot(listing_of(a=b"phoenix"))
        assert await store.missing_blobs(blobs_of(b"phoenix")) == ()
        await store.delete_blobs([Digest.of(b"phoenix").sha256], soon)
        await store.delete_snapshots([snapshot.snapshot_id], soon)


async def test_using_what_is_old_renews_it(settings: StoreSettings) -> None:
    """Keeps an old blob and an old snapshot for another lease whenever they are used."""
    store = open_store(replace(settings, lease=timedelta(0)))
    await store.put_blobs(blobs_of(b"old"))
    await store.put_snapshot(listing_of(a=b"old"))
    before = await ages(store)
    async with asyncio.timeout(10):
        while not all(new > old for new, old in zip(await ages(store), before, strict=True)):
            assert await store.missing_blobs(blobs_of(b"old")) == ()
            await store.put_snapshot(listing_of(a=b"old"))


async def ages(store: ObjectFileStore) -> list[datetime]:
    """Return since when everything is kept."""
    blobs = [found.kept_since async for found in store.blobs()]
    return [*blobs, *[found.kept_since async for found in store.snapshots()]]


async def test_probe_leaves_nothing_behind(store: ObjectFileStore) -> None:
    """Probes a store that can be written, and finds no leftovers to delete afterwards."""
    await store.probe()
    await store.delete_leftovers(datetime.now(UTC) + timedelta(hours=1))
    assert [found async for found in store.blobs()] == []


async def test_a_server_that_is_away_is_unavailable() -> None:
    """Says within the timeout that S3 cannot be reached, and what to do; no address in it."""
    store = open_store(
        StoreSettings(
            url="s3://bucket",
            s3_endpoint="http://127.0.0.1:1",
            s3_access_key_id="test",
            s3_secret_access_key="test",
            s3_allow_http=True,
            s3_retries=0,
            timeout=timedelta(seconds=2),
        )
    )
    with pytest.raises(UnavailableError) as refusal:
        await store.probe()
    assert refusal.value.reason == "STORE_UNAVAILABLE"
    assert "127.0.0.1" not in refusal.value.message


def test_refuses_an_unknown_kind_of_store() -> None:
    """Names the setting and the kinds there are."""
    with pytest.raises(SettingsError, match="BACKSMITH_FILES_STORE_URL"):
        open_store(StoreSettings(url="ftp://somewhere"))
