"""Channels tell what happens to a user, a project and a file, from any place on."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.errors import NotFoundError
from chassis.status import rpc_errors
from tests.integration.orchestrator_svc.conftest import Client

WAIT_SECONDS = 30


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


async def place(client: Client, kind: int, key: str) -> str:
    """Return the cursor from which a channel's watcher will miss nothing."""
    stub = await client.stub()
    call = stub.WatchChannel(pb.WatchChannelRequest(channel={"kind": kind, "id": key}))
    cursor: str = (await call.read()).cursor
    call.cancel()
    return cursor


async def test_a_project_channel_tells_generations_files_and_the_project(client: Client) -> None:
    """Tells every kind of event of the project, resumable at every cursor."""
    stub = await client.stub()
    project = (await stub.CreateProject(pb.CreateProjectRequest(name="Shop"))).project
    kind = channel_pb2.CHANNEL_KIND_PROJECT
    events: list[channel_pb2.ChannelEvent] = []
    begin = await place(client, kind, project.project_id)

    async def collect() -> None:
        async for event in channel_events(client, kind, project.project_id, after=begin):
            events.append(event)
            if event.project.active_generation_id:
                return

    collecting = asyncio.create_task(collect())
    started = await client.start(project_id=project.project_id)
    async with asyncio.timeout(WAIT_SECONDS):
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
    user, file = channel_pb2.CHANNEL_KIND_USER, channel_pb2.CHANNEL_KIND_FILE
    first = await client.start()
    await client.story(first.generation_id)
    begin = await place(client, user, "ada")
    second = await client.start(project_id=first.project_id)
    async for event in channel_events(client, user, "ada", after=begin):
        if event.file.path == "phase_1/file_2.py":
            start = event.file.id
            break
    await client.story(second.generation_id)
    begin = await place(client, file, start)
    third = await client.start(project_id=first.project_id)
    async for event in channel_events(client, file, start, after=begin):
        assert (event.file.id, event.file.path) == (start, "phase_1/file_2.py")
        break
    assert event.file.generation_id == third.generation_id
    await client.story(third.generation_id)


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
