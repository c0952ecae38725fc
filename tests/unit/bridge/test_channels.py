"""Channels: everything of a user, a project or a file, as one stream."""

from datetime import timedelta

import pytest
from backsmith.orchestrator.v1 import channel_pb2, project_pb2
from backsmith.progress.v1 import progress_pb2

from tests.unit.bridge.script import PROCESSING
from tests.unit.bridge.world import World, world

FILE = channel_pb2.FileEvent(
    id="fil_1",
    generation_id="gen_1",
    project_id="prj_1",
    path="app/main.py",
    digest="a" * 64,
    size_bytes=7,
    action=channel_pb2.FILE_ACTION_EDITED,
)


async def opened(bridge: World, channel: str, *, prefix: str = "/api/events") -> str:
    """Return the URL of a channel, with a token."""
    answer = await bridge.http.post(f"{prefix}/{channel}/token", headers=bridge.as_user())
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["channel"] == channel
    assert body["stream_url"] == f"{prefix}/{channel}"
    return str(body["event_source_url"])


@pytest.mark.parametrize("channel", ["user.alice", "project.prj_1", "file.fil_1"])
@pytest.mark.parametrize("prefix", ["/api/events", "/api/v1/events"])
async def test_what_happens(bridge: World, channel: str, prefix: str) -> None:
    """Tells what happens from now on, unnamed, as `{type, object}`."""
    bridge.orchestrator.tell(project=project_pb2.Project(project_id="prj_0"))
    async with bridge.stream(await opened(bridge, channel, prefix=prefix)) as stream:
        connected = await stream.event()
        assert connected is not None
        assert connected.json["type"] == "connected"
        event = progress_pb2.ProgressEvent(
            generation_id="gen_1", status=PROCESSING, stage="initializing", progress=0.01
        )
        cursors = [
            bridge.orchestrator.tell(generation=event),
            bridge.orchestrator.tell(file=FILE),
            bridge.orchestrator.tell(project=project_pb2.Project(project_id="prj_1", name="Blog")),
        ]
        frames = [await stream.event() for _ in range(3)]
    told = [frame.json for frame in frames if frame]
    assert [frame.fields["id"] for frame in frames if frame] == cursors
    assert [each["type"] for each in told] == ["generation", "file", "project"]
    assert told[0]["object"]["stage"] == "initializing"
    assert told[1]["object"] == {
        "id": "fil_1",
        "generation_id": "gen_1",
        "project_id": "prj_1",
        "path": "app/main.py",
        "digest": "a" * 64,
        "size_bytes": 7,
        "action": "edited",
    }
    assert told[2]["object"]["name"] == "Blog"
    assert all("event" not in frame.fields for frame in frames if frame)


async def test_resume_at_the_entrance(bridge: World) -> None:
    """Misses nothing between `connected` and the return of a client that saw no event yet."""
    async with bridge.stream(await opened(bridge, "user.alice")) as stream:
        connected = await stream.event()
        assert connected is not None
        entrance = connected.fields["id"]
    cursor = bridge.orchestrator.tell(file=FILE)
    url = await opened(bridge, "user.alice")
    async with bridge.stream(url, last_event_id=entrance) as stream:
        frames = [await stream.event(), await stream.event()]
    assert [frame.fields["id"] for frame in frames if frame] == [entrance, cursor]


async def test_lost_source(bridge: World) -> None:
    """Attaches again where the source was lost, and misses nothing."""
    async with bridge.stream(await opened(bridge, "user.alice")) as stream:
        await stream.event()
        await bridge.orchestrator.cut()
        cursor = bridge.orchestrator.tell(file=FILE)
        frame = await stream.event()
    assert frame is not None
    assert frame.fields["id"] == cursor


@pytest.mark.parametrize(
    "channel", ["user.bob", "project.prj_9", "nonsense", "user.", "team.1", "user.%00", "a" * 300]
)
async def test_unknown_channels(bridge: World, channel: str) -> None:
    """Answers 404 for what is no channel, and for somebody else's."""
    answer = await bridge.http.post(f"/api/events/{channel}/token", headers=bridge.as_user())
    assert answer.status_code == 404
    async with bridge.stream(f"/api/events/{channel}", **bridge.as_user()) as stream:
        assert stream.status == 404


async def test_silence() -> None:
    """Says `timeout` and closes after too long a silence."""
    async with world(stream_idle_timeout=timedelta(milliseconds=100)) as bridge:
        async with bridge.stream(await opened(bridge, "user.alice")) as stream:
            types = [frame.json["type"] for frame in await stream.rest()]
        assert types == ["connected", "timeout"]
