"""Collecting garbage over real gRPC."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from backsmith.files.v1 import files_service_pb2 as pb

from chassis.auth import TokenIssuer
from chassis.errors import InternalError, InvalidInputError, NotFoundError
from files_svc.settings import FilesSettings
from tests.integration.files_svc.client import FilesClient, entry_of, refusal_of
from tests.integration.files_svc.conftest import AUTH, calling, serving


@asynccontextmanager
async def with_lease(settings: FilesSettings, lease: timedelta) -> AsyncIterator[FilesClient]:
    """Serve with a lease for the length of a block, and open a client."""
    store = replace(settings.store, lease=lease)
    token = TokenIssuer(AUTH).internal_token("tests")
    async with (
        serving(replace(settings, store=store)) as address,
        calling(address, token) as client,
    ):
        yield client


@pytest.fixture
async def hasty(settings: FilesSettings) -> AsyncIterator[FilesClient]:
    """Call a service that leaves nothing alone."""
    async with with_lease(settings, timedelta()) as client:
        yield client


def told(*live: str, complete: bool = True) -> Iterator[pb.CollectGarbageRequest]:
    """Yield the messages that tell the live snapshots."""
    for snapshot_id in live:
        yield pb.CollectGarbageRequest(snapshot_ids=[snapshot_id])
    if complete:
        yield pb.CollectGarbageRequest(complete=True)


async def collect(client: FilesClient, *live: str) -> pb.CollectGarbageResponse:
    """Collect garbage; returns the sums."""
    answers = [answer async for answer in client.stub.CollectGarbage(told(*live))]
    last: pb.CollectGarbageResponse = answers[-1]
    return last


async def test_deletes_what_nobody_needs(hasty: FilesClient) -> None:
    """Deletes dead snapshots and the blobs that only they had."""
    live = await hasty.commit({"a": b"shared", "b": b"live"})
    dead = await hasty.commit({"a": b"shared", "c": b"dead!"})
    await hasty.write({"d": b"never committed"})
    done = await collect(hasty, live)
    assert (done.snapshots_kept, done.snapshots_deleted) == (1, 1)
    assert (done.blobs_kept, done.blobs_deleted, done.bytes_deleted) == (2, 2, 20)
    assert await hasty.files(live) == {"a": b"shared", "b": b"live"}
    refusal = await refusal_of(hasty.stub.GetSnapshot(pb.GetSnapshotRequest(snapshot_id=dead)))
    assert isinstance(refusal, NotFoundError)


async def test_what_was_deleted_can_be_stored_again(hasty: FilesClient) -> None:
    """Forgets what it deleted: the same files can be committed anew."""
    files = {"a": b"phoenix"}
    first = await hasty.commit(files)
    await collect(hasty)
    digest = entry_of("a", b"phoenix").digest
    found = await hasty.stub.FindMissingBlobs(pb.FindMissingBlobsRequest(digests=[digest]))
    assert list(found.missing) == [digest]
    assert await hasty.commit(files) == first
    assert await hasty.files(first) == files


async def test_leaves_the_young_alone(client: FilesClient) -> None:
    """Deletes nothing within the lease, named or not."""
    young = await client.commit({"a": b"1"})
    await client.write({"b": b"an upload whose commit is still to come"})
    done = await collect(client)
    assert (done.snapshots_deleted, done.blobs_deleted) == (0, 0)
    assert await client.files(young) == {"a": b"1"}


async def test_refuses_a_list_that_was_cut(hasty: FilesClient) -> None:
    """Deletes nothing unless the live snapshots were told to their end."""
    snapshot_id = await hasty.commit({"a": b"1"})
    for messages in (told(complete=False), told(snapshot_id, complete=False), told("nonsense")):
        refusal = await refusal_of(hasty.stub.CollectGarbage(messages))
        assert isinstance(refusal, InvalidInputError)
    late = iter([pb.CollectGarbageRequest(complete=True), *told(snapshot_id)])
    assert (await refusal_of(hasty.stub.CollectGarbage(late))).reason == "LIVE_SET_COMPLETE"
    assert await hasty.files(snapshot_id) == {"a": b"1"}


async def test_tells_what_was_lost(hasty: FilesClient) -> None:
    """Names a live snapshot that is not there, and keeps the others."""
    live = await hasty.commit({"a": b"1"})
    done = await collect(hasty, live, "0" * 64)
    assert list(done.unknown_snapshot_ids) == ["0" * 64]
    assert await hasty.files(live) == {"a": b"1"}


async def test_a_damaged_snapshot_stops_it(settings: FilesSettings, tmp_path: Path) -> None:
    """Deletes no blob while it cannot tell what a live snapshot needs."""
    async with with_lease(settings, timedelta()) as client:
        live = await client.commit({"a": b"1"})
        garbage = await client.write({"b": b"2"})
    stored = tmp_path / "files" / "snapshots" / live[:2] / live
    stored.write_bytes(stored.read_bytes()[:-5])
    async with with_lease(settings, timedelta()) as client:
        assert isinstance(await refusal_of(client.stub.CollectGarbage(told(live))), InternalError)
        request = pb.FindMissingBlobsRequest(digests=[garbage[0].digest])
        assert not (await client.stub.FindMissingBlobs(request)).missing


async def test_cleans_up_after_crashed_writers(hasty: FilesClient, tmp_path: Path) -> None:
    """Deletes what a writer left half-written."""
    await hasty.commit({"a": b"1"})
    leftover = tmp_path / "files" / "staging" / "half"
    leftover.parent.mkdir(exist_ok=True)
    leftover.write_bytes(b"ha")
    await collect(hasty)
    assert not leftover.exists()


async def test_commits_go_on_meanwhile(settings: FilesSettings) -> None:
    """Never takes what a commit in another replica relies on, new or old."""
    store = replace(settings.store, cache_bytes=0, cache_entries=0)
    settings = replace(settings, store=store)
    async with (
        with_lease(settings, LEASE) as writer,
        with_lease(settings, LEASE) as collector,
        asyncio.TaskGroup() as group,
    ):
        busy = group.create_task(commit_and_read(writer, until=time.monotonic() + 4))
        while not busy.done():
            await collect(collector)


LEASE = timedelta(seconds=1)


async def commit_and_read(client: FilesClient, *, until: float) -> None:
    """Commit the same few contents again and again, and read each at once."""
    for number in itertools.count():
        files = {"a": b"%d" % (number % 7), "b": b"shared"}
        started = time.monotonic()
        if started > until:
            return
        try:
            assert await client.files(await client.commit(files)) == files
        except grpc.aio.AioRpcError:
            # A machine that stalls for longer than the lease allows proves nothing.
            if time.monotonic() - started < LEASE.total_seconds() / 4:
                raise
