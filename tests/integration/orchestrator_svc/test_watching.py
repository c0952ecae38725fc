"""Watchers get every event once, in order, from any place, to the one end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import grpc
import pytest
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.progress.v1 import progress_pb2

from chassis.bus import memory
from chassis.bus.errors import CursorExpiredError, CursorUnknownError
from chassis.clock import Clock, SystemClock
from chassis.errors import (
    InvalidInputError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
)
from chassis.status import rpc_errors
from tests.integration.orchestrator_svc.conftest import QUICK, Client, System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator

COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED


async def watched(client: Client, generation_id: str, after: str = "") -> list[pb.WatchedEvent]:
    """Return what a watch yields up to its end."""
    return [event async for event in client.watch(generation_id, after)]


async def test_resumes_after_every_single_event(client: Client) -> None:
    """Yields exactly the rest after each event, and nothing after the last."""
    started = await client.start("please make an Invoice")
    whole = await watched(client, started.generation_id)

    cursors = [event.cursor for event in whole]
    assert len(set(cursors)) == len(cursors)
    for place, cursor in enumerate(cursors, start=1):
        assert await watched(client, started.generation_id, cursor) == whole[place:]


async def test_hands_over_from_history_to_live_without_gap_or_repeat(
    client: Client, generator: FakeGenerator
) -> None:
    """Gives watchers that come at any moment the same events."""
    started = await client.start()
    watches = []
    for _ in range(20):
        watches.append(asyncio.create_task(watched(client, started.generation_id)))
        await asyncio.sleep(0.01)

    stories = await asyncio.gather(*watches)

    assert all(story == stories[0] for story in stories)
    assert stories[0][-1].event.status == COMPLETED


async def test_tells_when_the_history_is_told(client: Client, generator: FakeGenerator) -> None:
    """Marks the batch with which the history is told, once, before anything live."""
    hold = generator.hold(2)
    started = await client.start()
    await hold.reached.wait()
    stub = await client.stub()
    call = stub.WatchGeneration(pb.WatchGenerationRequest(generation_id=started.generation_id))
    told = await call.read()
    while not told.caught_up:
        told = await call.read()
    hold.release.set()
    rest = [response async for response in call]

    assert not any(response.caught_up for response in rest)
    assert rest[-1].events[-1].event.status == COMPLETED


async def test_works_from_a_replica_that_runs_nothing(client: Client, system: System) -> None:
    """Streams what another replica runs."""
    started = await client.start()
    async with system.orchestrator(runner=replace(QUICK, concurrency=0)) as other:
        story = await other.story(started.generation_id)
    assert story[-1].status == COMPLETED


async def test_a_stopping_replica_ends_its_watches_without_a_terminal_event(
    system: System, generator: FakeGenerator
) -> None:
    """Ends the stream, so that the watcher resumes elsewhere."""
    hold = generator.hold(1)
    async with (
        system.orchestrator(runner=replace(QUICK, concurrency=1)) as runner,
        AsyncExitStack() as stack,
    ):
        started = await runner.start()
        await hold.reached.wait()
        async with system.orchestrator() as replica:
            other = Client(replica.address, stack)
            watch = asyncio.create_task(watched(other, started.generation_id))
            await asyncio.sleep(0.1)
        async with asyncio.timeout(1):
            seen = await watch
        rest = await _released(hold, runner, started.generation_id, seen[-1].cursor)

    assert seen[-1].event.status != COMPLETED
    assert rest[-1].event.status == COMPLETED


async def _released(hold: Any, client: Client, key: str, after: str) -> list[pb.WatchedEvent]:
    hold.release.set()
    return await watched(client, key, after)


@pytest.mark.parametrize(
    "cursor",
    ["nonsense", "a-b-c", "{epoch}-00000000-1", "other-{tag}-1", "{epoch}-{tag}-999999999", "-"],
)
async def test_a_cursor_of_elsewhere_is_told(client: Client, cursor: str) -> None:
    """Refuses a cursor of another stream, another incarnation, the future or nowhere."""
    started = await client.start()
    story = await watched(client, started.generation_id)
    epoch, tag, _ = story[-1].cursor.split("-")
    with pytest.raises(OutOfRangeError) as refused, rpc_errors():
        await watched(client, started.generation_id, cursor.format(epoch=epoch, tag=tag))
    assert refused.value.reason == "CURSOR_UNKNOWN"


async def test_a_cursor_of_another_generation_is_told(client: Client) -> None:
    """Refuses a cursor that names an event of another generation."""
    first, second = await client.start(), await client.start()
    other = await watched(client, first.generation_id)
    await watched(client, second.generation_id)
    with pytest.raises(OutOfRangeError) as refused, rpc_errors():
        await watched(client, second.generation_id, other[3].cursor)
    assert refused.value.reason == CursorUnknownError.default_reason


class MovableClock:
    """The machine's clock, moved forward as a test wants."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> Any:
        """Return the moved instant."""
        return SystemClock().now() + self._ahead

    def move(self, by: timedelta) -> None:
        """Move it forward."""
        self._ahead += by


@asynccontextmanager
async def aged(system: System) -> AsyncIterator[tuple[Client, MovableClock]]:
    """Run an orchestrator whose events age as a test wants."""
    clock = MovableClock()
    kept: Clock = clock
    async with memory.connect(kept) as bus, system.orchestrator(bus=bus) as client:
        yield client, clock


async def test_aged_events_leave_a_snapshot_and_the_end(system: System) -> None:
    """Yields a true snapshot and the terminal event from the store, once."""
    async with aged(system) as (client, clock):
        started = await client.start()
        story = await watched(client, started.generation_id)
        clock.move(timedelta(days=8))

        remains = await watched(client, started.generation_id)
        after = await watched(client, started.generation_id, remains[-1].cursor)
        with pytest.raises(OutOfRangeError) as refused, rpc_errors():
            await watched(client, started.generation_id, story[3].cursor)

    assert [event.event.stage for event in remains] == ["snapshot", "completed"]
    assert remains[0].event.phase_info.total_files == 32
    assert remains[1].event.message == story[-1].event.message
    assert after == []
    assert refused.value.reason == CursorExpiredError.default_reason


async def relayed(stub: Any, *subscriptions: pb.RelaySubscribe) -> dict[str, list[pb.RelayItem]]:
    """Return what a relay says of each watch until all are over."""
    call = stub.RelayGenerations()
    for subscription in subscriptions:
        await call.write(pb.RelayGenerationsRequest(subscribe=subscription))
    items: dict[str, list[pb.RelayItem]] = {each.watch_id: [] for each in subscriptions}
    open_watches = set(items)
    while open_watches:
        response = await call.read()
        for item in response.items:
            items[item.watch_id].append(item)
            if item.ended:
                open_watches.discard(item.watch_id)
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    return items


async def test_a_relay_carries_many_watches_of_many_users(client: Client) -> None:
    """Gives each watch what a stream of its own would give, and says when it is over."""
    users = ["ada", "eve", "ada", "bob"]
    started = [await client.start(user_id=user) for user in users]
    stub = await client.stub("", service="bridge")
    items = await relayed(
        stub,
        *(
            pb.RelaySubscribe(
                watch_id=f"w{n}", generation_id=each.generation_id, user_id=each.user_id
            )
            for n, each in enumerate(started)
        ),
    )

    for n, each in enumerate(started):
        of_watch = items[f"w{n}"]
        events = [event.event for item in of_watch for event in item.events]
        assert events == await client.story(each.generation_id, user_id=each.user_id)
        assert [item.ended for item in of_watch].count(True) == 1
        assert [item.caught_up for item in of_watch].count(True) == 1


async def test_a_watch_that_fails_leaves_the_others_alone(client: Client) -> None:
    """Tells the failure in the watch's own item."""
    mine = await client.start()
    stub = await client.stub("", service="bridge")
    items = await relayed(
        stub,
        pb.RelaySubscribe(watch_id="a", generation_id=mine.generation_id, user_id="eve"),
        pb.RelaySubscribe(
            watch_id="b", generation_id=mine.generation_id, user_id="ada", after_cursor="x"
        ),
        pb.RelaySubscribe(watch_id="c", generation_id=mine.generation_id, user_id="ada"),
    )

    assert (items["a"][-1].error.code, items["a"][-1].error.reason) == (5, "GENERATION_UNKNOWN")
    assert (items["b"][-1].error.code, items["b"][-1].error.reason) == (11, "CURSOR_UNKNOWN")
    assert not items["c"][-1].HasField("error")


async def test_a_relay_drops_what_is_unsubscribed(client: Client, generator: FakeGenerator) -> None:
    """Says nothing more of a watch that was given up, and takes its name again."""
    hold = generator.hold(1)
    started = await client.start()
    await hold.reached.wait()
    stub = await client.stub("", service="bridge")
    call = stub.RelayGenerations()
    subscribe = pb.RelaySubscribe(watch_id="w", generation_id=started.generation_id, user_id="ada")
    await call.write(pb.RelayGenerationsRequest(subscribe=subscribe))
    await call.read()
    await call.write(pb.RelayGenerationsRequest(unsubscribe=pb.RelayUnsubscribe(watch_id="w")))
    await call.write(pb.RelayGenerationsRequest(subscribe=subscribe))
    first = await call.read()
    hold.release.set()
    await call.done_writing()
    rest = [item async for response in call for item in response.items]

    assert first.items[0].events[0].event.stage == "queued"
    assert rest[-1].ended


async def test_a_relay_is_for_services_and_refuses_a_name_in_use(
    client: Client, generator: FakeGenerator
) -> None:
    """Refuses users, and two watches of one name."""
    users = (await client.stub()).RelayGenerations()
    with pytest.raises(PermissionDeniedError), rpc_errors():
        await users.read()
    hold = generator.hold(1)
    started = await client.start()
    stub = await client.stub("", service="bridge")
    call = stub.RelayGenerations()
    subscribe = pb.RelaySubscribe(watch_id="w", generation_id=started.generation_id, user_id="ada")
    for _ in range(2):
        await call.write(pb.RelayGenerationsRequest(subscribe=subscribe))
    with pytest.raises(InvalidInputError), rpc_errors():
        await drained(call)
    hold.release.set()


async def drained(call: Any) -> None:
    """Read a stream to its end."""
    async for _ in call:
        pass


async def channel_events(
    client: Client, kind: int, key: str, *, after: str = "", user_id: str = "ada"
) -> AsyncIterator[channel_pb2.ChannelEvent]:
    """Yield what a channel says."""
    stub = await client.stub(user_id)
    call = stub.WatchChannel(
        pb.WatchChannelRequest(channel={"kind": kind, "id": key}, after_cursor=after)
    )
    try:
        async for response in call:
            for event in response.events:
                yield event
    finally:
        call.cancel()


async def test_a_project_channel_tells_generations_files_and_the_project(client: Client) -> None:
    """Tells every kind of event of the project, resumable at every cursor."""
    stub = await client.stub()
    project = (await stub.CreateProject(pb.CreateProjectRequest(name="Shop"))).project
    kind = channel_pb2.CHANNEL_KIND_PROJECT
    events: list[channel_pb2.ChannelEvent] = []

    async def collect() -> None:
        async for event in channel_events(client, kind, project.project_id):
            events.append(event)
            if event.project.active_generation_id:
                return

    collecting = asyncio.create_task(collect())
    await asyncio.sleep(0.2)
    started = await client.start(project_id=project.project_id)
    async with asyncio.timeout(5):
        await collecting

    told = [event.WhichOneof("object") for event in events]
    assert set(told) == {"generation", "file", "project"}
    files = [event.file for event in events if event.HasField("file")]
    assert len({file.path for file in files}) == len(files) == 32
    assert {file.generation_id for file in files} == {started.generation_id}
    async for event in channel_events(client, kind, project.project_id, after=events[0].cursor):
        assert event == events[1]
        break


async def test_a_file_channel_follows_one_file_across_versions(client: Client) -> None:
    """Tells only this file's changes, in every version."""
    first = await client.start()
    await client.story(first.generation_id)
    start = ""
    user = channel_events(client, channel_pb2.CHANNEL_KIND_USER, "ada")
    second = asyncio.create_task(client.start(project_id=first.project_id))
    async for event in user:
        if event.file.path == "phase_1/file_2.py":
            start = event.file.id
            break
    await client.story((await second).generation_id)
    third = asyncio.create_task(_later(client, first.project_id))
    async for event in channel_events(client, channel_pb2.CHANNEL_KIND_FILE, start):
        assert (event.file.id, event.file.path) == (start, "phase_1/file_2.py")
        break
    assert event.file.generation_id == (await third).generation_id
    await client.story((await third).generation_id)


async def _later(client: Client, project_id: str) -> Any:
    await asyncio.sleep(0.2)
    return await client.start(project_id=project_id)


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (channel_pb2.CHANNEL_KIND_USER, "ada"),
        (channel_pb2.CHANNEL_KIND_PROJECT, "{project}"),
        (channel_pb2.CHANNEL_KIND_PROJECT, "prj_none"),
        (channel_pb2.CHANNEL_KIND_FILE, "fil_{project}_000000000000000000000000"),
        (channel_pb2.CHANNEL_KIND_FILE, "nonsense"),
    ],
)
async def test_channels_of_others_are_not_found(client: Client, kind: int, key: str) -> None:
    """Tells nobody else what a channel says, nor that it exists."""
    started = await client.start()
    named = key.format(project=started.project_id.removeprefix("prj_"))
    if kind == channel_pb2.CHANNEL_KIND_PROJECT:
        named = key.format(project=started.project_id)
    with pytest.raises(NotFoundError), rpc_errors():
        async for _ in channel_events(client, kind, named, user_id="eve"):
            pass
