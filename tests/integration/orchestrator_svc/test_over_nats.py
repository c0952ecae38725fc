"""The orchestrator over one real nats-server and over a cluster of three.

Where it is killed, it is a process of its own.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backsmith.progress.v1 import progress_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from chassis.auth import TokenIssuer
from chassis.bus import jetstream
from chassis.channel import ChannelSettings, dial
from orchestrator_svc.backbone import LOG, QUEUE
from tests.databases import SQL, locked, new_database, somebody
from tests.integration.orchestrator_svc.conftest import (
    AUTH,
    QUICK,
    Client,
    System,
    eventually,
    terminal,
)
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
from tests.integration.orchestrator_svc.nats_servers import SIZES, Nats, installed

COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
SERVING = health_pb2.HealthCheckResponse.SERVING
WAIT_SECONDS = 60
UNHURRIED = replace(QUICK, lease=timedelta(seconds=30))
LIMIT_SECONDS = 10.0
"""Within this a killed orchestrator is to have finished after its restart."""


@pytest.fixture(scope="module", params=SIZES, ids="nats-{}".format)
def nats(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nats]:
    """Servers that these tests share and leave as they are."""
    with installed(tmp_path_factory.mktemp("nats"), request.param) as nats:
        nats.start()
        yield nats


@pytest.fixture(params=SIZES, ids="nats-{}".format)
def stopped(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nats]:
    """Servers of a test's own, not started yet."""
    with installed(tmp_path / "nats", request.param) as nats:
        yield nats


def bus_settings(system: System, nats: Nats) -> jetstream.BusSettings:
    """Return settings of a bus over some servers."""
    return replace(
        system.settings.bus,
        url=nats.url,
        replicas=nats.replicas,
        connect_within=timedelta(milliseconds=100),
    )


@dataclass(slots=True, kw_only=True)
class Process:
    """An orchestrator in a process of its own."""

    process: asyncio.subprocess.Process
    client: Client

    async def kill(self) -> None:
        """End it as a crash would."""
        self.process.send_signal(signal.SIGKILL)
        await self.process.wait()


@asynccontextmanager
async def process(system: System, nats: Nats, **more: str) -> AsyncIterator[Process]:
    """Run an orchestrator as operators do, for the length of a block."""
    environ = {
        "BACKSMITH_AUTH_SECRET": AUTH.secret,
        "BACKSMITH_AUTH_MODE": "development",
        "BACKSMITH_NATS_URL": nats.url,
        "BACKSMITH_NATS_REPLICAS": str(nats.replicas),
        "BACKSMITH_ORCHESTRATOR_DATABASE_URL": system.settings.store.url,
        "BACKSMITH_ORCHESTRATOR_GENERATOR_TARGET": system.generator,
        "BACKSMITH_ORCHESTRATOR_FILES_TARGET": system.files,
    }
    started = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "orchestrator_svc",
        env={**os.environ, **environ, **more},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    async with AsyncExitStack() as stack:
        try:
            assert started.stdout is not None
            line = (await started.stdout.readline()).decode()
            yield Process(process=started, client=Client(line.split()[1], stack))
        finally:
            await stack.aclose()
            if started.returncode is None:
                started.send_signal(signal.SIGCONT)  # a test that failed may leave it asleep
                started.terminate()
            assert await started.wait() in {0, -signal.SIGKILL}


async def test_a_killed_orchestrator_finishes_within_ten_seconds_of_its_restart(
    system: System, generator: FakeGenerator, nats: Nats
) -> None:
    """Goes on where the killed one stood, runs no finished phase again, and tells nothing twice."""
    begun = time.monotonic()
    async with process(system, nats) as first:
        whole = await first.client.start()
        await first.client.story(whole.generation_id)
        undisturbed = time.monotonic() - begun
        generator.rendered.clear()
        hold = generator.hold(3)
        started = await first.client.start()
        await hold.reached.wait()
        seen = []
        async for watched in first.client.watch(started.generation_id):
            seen.append(watched)
            if watched.event.stage == "phase_2_complete":
                break
        await first.kill()
    begun = time.monotonic()
    async with process(system, nats) as second:
        story = await second.client.story(started.generation_id)
        rest = [
            watched.event
            async for watched in second.client.watch(started.generation_id, seen[-1].cursor)
        ]
    took = time.monotonic() - begun

    assert story[-1].status == COMPLETED
    assert [event.event for event in seen] + rest == story
    assert [generator.rendered[phase] for phase in range(1, 7)] == [1, 1, 2, 1, 1, 1]
    keys = [(event.stage, event.current_file) for event in story]
    assert len(set(keys)) == len(keys)
    # On a machine so busy that even an undisturbed start and run take seconds, the same multiple.
    assert took < max(LIMIT_SECONDS, 3 * undisturbed), undisturbed


@pytest.fixture(params=SQL)
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database of each kind."""
    return await new_database(request, tmp_path)


async def pause(sleeper: Process, database: str) -> None:
    """Stop a process: over PostgreSQL within a transaction, over SQLite between two.

    A process that stops within a write to SQLite holds up everybody until it goes on: nothing can
    take the file's lock from it.
    """
    async with asyncio.timeout(WAIT_SECONDS), locked(database, "runs"):
        if not database.startswith("sqlite"):
            await somebody(database, "wait_event_type = 'Lock'")
        sleeper.process.send_signal(signal.SIGSTOP)
        await asyncio.to_thread(os.waitid, os.P_PID, sleeper.process.pid, os.WSTOPPED)


async def test_a_paused_orchestrator_that_wakes_changes_nothing(
    system: System, generator: FakeGenerator, nats: Nats, database: str
) -> None:
    """Lets a process that slept through its lease say nothing any more, nor hold up others."""
    hold = generator.hold(2)
    where = {"BACKSMITH_ORCHESTRATOR_DATABASE_URL": database, "BACKSMITH_RUNNER_LEASE": "1"}
    async with process(system, nats, **where) as sleeper:
        started = await sleeper.client.start()
        await hold.reached.wait()
        await pause(sleeper, database)
        async with process(system, nats, **where) as other:
            story = await other.client.story(started.generation_id)
            hold.release.set()
            sleeper.process.send_signal(signal.SIGCONT)
            again = await sleeper.client.start("please make an Invoice")
            await sleeper.client.story(again.generation_id)
            after = await other.client.story(started.generation_id)

    assert story[-1].status == COMPLETED
    assert after == story
    assert [terminal(event) for event in after].count(True) == 1


async def serving(client: Client) -> bool:
    """Ask the orchestrator whether it serves."""
    token = TokenIssuer(AUTH).user_token("ada")
    async with dial(client.address, ChannelSettings(), lambda: token) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        answer = await stub.Check(health_pb2.HealthCheckRequest())
    return bool(answer.status == SERVING)


async def test_starts_without_nats_and_recovers_by_itself(system: System, stopped: Nats) -> None:
    """Says NOT_SERVING while NATS is missing, keeps what is started, and runs it later."""
    server_settings = replace(system.settings.server, health_interval=timedelta(milliseconds=100))
    async with (
        jetstream.connect(bus_settings(system, stopped)) as bus,
        system.orchestrator(bus=bus, runner=QUICK, server=server_settings) as client,
    ):
        assert not await serving(client)
        started = await client.start()
        await asyncio.to_thread(stopped.start)
        assert (await _followed(client, started.generation_id)).status == COMPLETED
        async with asyncio.timeout(WAIT_SECONDS):
            while not await serving(client):  # noqa: ASYNC110 - nothing sets an event
                await asyncio.sleep(0.05)


async def _followed(client: Client, generation_id: str) -> Any:
    """Return the generation once it has ended, whatever is away meanwhile."""
    generation = await client.get(generation_id)
    async with asyncio.timeout(WAIT_SECONDS):
        while not generation.HasField("end_time"):
            await asyncio.sleep(0.05)
            generation = await client.get(generation_id)
    return generation


async def test_goes_on_when_nats_was_away(
    system: System, generator: FakeGenerator, stopped: Nats
) -> None:
    """Waits in the middle of a run while NATS is away, and ends it with nothing lost."""
    hold = generator.hold(3)
    stopped.start()
    async with (
        jetstream.connect(bus_settings(system, stopped)) as bus,
        system.orchestrator(bus=bus, runner=UNHURRIED) as client,
    ):
        started = await client.start()
        await hold.reached.wait()
        stopped.kill()
        hold.release.set()
        await asyncio.sleep(0.5)
        assert not (await client.get(started.generation_id)).HasField("end_time")
        await asyncio.to_thread(stopped.start)
        await _followed(client, started.generation_id)
        check_whole(await client.story(started.generation_id))


def check_whole(story: Sequence[progress_pb2.ProgressEvent]) -> None:
    """Pass when a generation is told to its good end, each step once and in order."""
    assert story[-1].status == COMPLETED
    keys = [(event.stage, event.current_file) for event in story]
    assert len(set(keys)) == len(keys) == 53
    progress = [event.progress for event in story]
    assert progress == sorted(progress)


@pytest.mark.parametrize("stream", [LOG, QUEUE])
async def test_goes_on_when_a_leader_dies(
    system: System, generator: FakeGenerator, tmp_path: Path, stream: str
) -> None:
    """Ends a run, and begins another, on the two servers that are left of three."""
    hold = generator.hold(3)
    with installed(tmp_path / "nats", 3) as nats:
        nats.start()
        async with (
            jetstream.connect(bus_settings(system, nats)) as bus,
            system.orchestrator(bus=bus, runner=UNHURRIED) as client,
        ):
            started = await client.start()
            watching = asyncio.create_task(client.story(started.generation_id))
            await hold.reached.wait()
            nats.leader_of(stream).kill()
            hold.release.set()
            async with asyncio.timeout(WAIT_SECONDS):
                check_whole(await watching)
                another = await client.start()
                check_whole(await client.story(another.generation_id))


async def test_ends_watches_and_exits_cleanly_on_sigterm(
    system: System, generator: FakeGenerator, nats: Nats
) -> None:
    """Stops long before its drain time is over while a watch is open, with exit code 0."""
    hold = generator.hold(1)
    async with process(system, nats, BACKSMITH_SERVER_DRAIN="300") as only:
        started = await only.client.start()
        await hold.reached.wait()
        watch = only.client.watch(started.generation_id)
        seen = [await anext(watch)]
        only.process.terminate()
        async with asyncio.timeout(WAIT_SECONDS):
            seen += [watched async for watched in watch]
            await only.process.wait()
    assert not terminal(seen[-1].event)
    await eventually(lambda: generator.cancelled[1] == 1)
