"""A files process killed at any step of a commit leaves the old snapshot or the new one."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import grpc
import pytest
from backsmith.files.v1 import files_service_pb2 as pb

from chassis.auth import TokenIssuer
from chassis.interceptors.client import client_interceptors
from files_svc.domain.digest import Digest
from files_svc.domain.snapshot import FileEntry, Listing
from files_svc.settings import FilesSettings, StoreSettings
from tests.integration.files_svc.client import FilesClient, entry_of
from tests.integration.files_svc.conftest import AUTH, calling, serving

OLD = {"README.md": b"old\n", "app/main.py": b"x = 1\n", "kept.py": b"kept = 1\n"}
NEW = {"README.md": b"new\n", "app/main.py": b"x = 2\n", "app/added.py": b"y = 1\n"}

KILLER = '''
"""Runs files services, one at a time, each killed at one of its steps towards the disk."""
import itertools, os, signal, sys
import obstore
from chassis.process import run
from files_svc.app import application
from files_svc.settings import FilesSettings

def run_and_kill_at(at, armed):
    steps = itertools.count()

    def step():
        if os.path.exists(armed) and next(steps) == at:
            os.kill(os.getpid(), signal.SIGKILL)

    def stepped(function):
        def before_and_after(*arguments, **options):
            step()
            result = function(*arguments, **options)
            step()
            return result
        return before_and_after

    def stepped_async(function):
        async def before_and_after(*arguments, **options):
            step()
            result = await function(*arguments, **options)
            step()
            return result
        return before_and_after

    obstore.put_async = stepped_async(obstore.put_async)
    obstore.rename = stepped(obstore.rename)
    os.fsync = stepped(os.fsync)
    run("files", FilesSettings, application)

for line in sys.stdin:
    at, armed, os.environ["BACKSMITH_FILES_STORE_URL"] = line.split()
    child = os.fork()
    if not child:
        run_and_kill_at(int(at), armed)
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(f"exit {status}", flush=True)
'''


class Killer:
    """Starts files processes that kill themselves at their n-th step once they are armed."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", KILLER],
            env={
                **os.environ,
                "BACKSMITH_AUTH_SECRET": AUTH.secret,
                "BACKSMITH_FILES_STORE_PROBE_INTERVAL": "3600",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        )

    def start(self, folder: Path, *, kill_at: int) -> str:
        """Start a process upon a folder; returns its address."""
        assert self._process.stdin
        self._process.stdin.write(f"{kill_at} {folder / 'armed'} {(folder / 'files').as_uri()}\n")
        self._process.stdin.flush()
        return self._read("ready ")

    def wait(self) -> int:
        """Wait for the end of the process started last; returns its exit code."""
        return int(self._read("exit "))

    def _read(self, start: str) -> str:
        assert self._process.stdout
        line = self._process.stdout.readline()
        assert line.startswith(start)
        return line.removeprefix(start).strip()

    def close(self) -> None:
        """End everything."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()


@pytest.fixture
def killer() -> Iterator[Killer]:
    """Start a killer for the length of a test."""
    started = Killer()
    yield started
    started.close()


@asynccontextmanager
async def here(folder: Path) -> AsyncIterator[FilesClient]:
    """Serve a folder in this process for the length of a block, and open a client."""
    settings = FilesSettings(auth=AUTH, store=StoreSettings(url=(folder / "files").as_uri()))
    token = TokenIssuer(AUTH).internal_token("tests")
    async with serving(settings) as address, calling(address, token) as client:
        yield client


@asynccontextmanager
async def calling_once(address: str) -> AsyncIterator[FilesClient]:
    """Open a client that does not try again, for the length of a block."""
    token = TokenIssuer(AUTH).internal_token("tests")
    deadline = timedelta(seconds=20)
    async with grpc.aio.insecure_channel(
        address,
        options=[("grpc.enable_retries", 0)],
        interceptors=client_interceptors(
            lambda: token, unary_deadline=deadline, stream_deadline=deadline
        ),
    ) as channel:
        yield FilesClient(channel)


async def dies(killer: Killer, folder: Path, old_id: str, *, kill_at: int) -> bool:
    """Commit NEW upon OLD in a process that dies at a step; tell whether it got that far."""
    address = await asyncio.to_thread(killer.start, folder, kill_at=kill_at)
    async with calling_once(address) as client:
        (folder / "armed").touch()
        try:
            await client.commit(NEW, base=old_id)
        except grpc.aio.AioRpcError:
            assert await asyncio.to_thread(killer.wait) == -signal.SIGKILL
            return True
        return False


async def test_killed_at_every_step(tmp_path: Path, killer: Killer) -> None:
    """Finds OLD whole, and NEW whole or not at all, after a kill at every step of a commit."""
    for kill_at in itertools.count():
        folder = tmp_path / str(kill_at)
        folder.mkdir()
        async with here(folder) as client:
            old_id = await client.commit(OLD)
        died = await dies(killer, folder, old_id, kill_at=kill_at)
        async with here(folder) as client:
            assert await client.files(old_id) == OLD
            await check_new(client, old_id)
        if not died:
            break
    assert kill_at >= 20


async def check_new(client: FilesClient, old_id: str) -> None:
    """Find every blob of NEW whole or missing, then commit it again and read it."""
    for path, content in NEW.items():
        digest = entry_of(path, content).digest
        found = await client.stub.FindMissingBlobs(pb.FindMissingBlobsRequest(digests=[digest]))
        assert list(found.missing) in ([], [digest])
    new_id = await client.commit(NEW, base=old_id)
    assert await client.files(new_id) == {**OLD, **NEW}


async def test_an_acknowledged_commit_survives(tmp_path: Path, killer: Killer) -> None:
    """Reads a snapshot that was committed right before its process was killed."""
    async with here(tmp_path) as client:
        old_id = await client.commit(OLD)
    assert not await dies(killer, tmp_path, old_id, kill_at=10_000)
    killer.close()
    new_id = Listing.of(
        FileEntry(path=path, digest=Digest.of(content)) for path, content in {**OLD, **NEW}.items()
    ).snapshot_id
    async with here(tmp_path) as client:
        assert await client.files(new_id) == {**OLD, **NEW}
