"""Following a stream over broken connections."""

from contextlib import aclosing
from datetime import timedelta

import pytest
from starlette.responses import Response

from cli.client import Json, Server, connected
from cli.errors import RefusedError, UnreachableError
from cli.stream import Follower, Patience
from tests.unit.cli.bridge import Bridge, frame, problem, stream

PATH = "/generations/gen_1/stream"
EAGER = Patience(
    silence=timedelta(seconds=5),
    first_pause=timedelta(milliseconds=1),
    longest_pause=timedelta(milliseconds=5),
    give_up_after=timedelta(milliseconds=100),
)
CONNECTED = 'retry: 10\n\ndata: {"stage": "connected", "status": "pending"}\n\n'


async def follow(bridge: Bridge, patience: Patience = EAGER) -> list[Json]:
    """Return all events of a stream."""
    async with (
        connected(Server(url=bridge.url, token="t")) as client,
        aclosing(Follower(client, "gen_1", patience=patience).events()) as events,
    ):
        return [event async for event in events]


def numbers(events: list[Json]) -> list[int]:
    """Return what numbers the events of a test carry."""
    return [event["n"] for event in events if "n" in event]


async def test_yields_every_event_and_ends_with_the_terminal_one(bridge: Bridge) -> None:
    """Shows the token, reads the whole stream, and stops by itself."""
    bridge.on(
        PATH,
        stream(CONNECTED, frame(1, n=1), ": beat\n\n", frame(2, n=2, status="completed"), "data"),
    )
    assert numbers(await follow(bridge)) == [1, 2]
    assert bridge.headers("authorization") == ["Bearer t"]


@pytest.mark.parametrize("cut", [True, False])
async def test_a_cut_stream_is_taken_up_where_it_stopped(bridge: Bridge, *, cut: bool) -> None:
    """Comes back with the last event's id, after a break and after a clean close alike."""
    bridge.on(
        PATH,
        stream(CONNECTED, frame(1, n=1), frame(2, n=2), cut=cut),
        problem(503, "The bridge is being replaced."),
        stream(CONNECTED, frame(3, n=3, status="failed")),
    )
    assert numbers(await follow(bridge)) == [1, 2, 3]
    assert bridge.headers("last-event-id") == [None, "2", "2"]


async def test_frames_without_an_id_move_no_cursor(bridge: Bridge) -> None:
    """Resumes after the last stored event, whatever came unstored after it."""
    bridge.on(
        PATH,
        stream(frame(7, n=1), 'data: {"stage": "timeout", "status": "processing"}\n\n'),
        stream(frame(8, n=2, status="cancelled")),
    )
    assert numbers(await follow(bridge)) == [1, 2]
    assert bridge.headers("last-event-id") == [None, "7"]


async def test_an_ended_stream_is_not_asked_again(bridge: Bridge) -> None:
    """Stops at 204, which says that nothing follows."""
    bridge.on(PATH, stream(frame(1, n=1)), lambda _: Response(status_code=204))
    assert numbers(await follow(bridge)) == [1]


async def test_a_refusal_is_final(bridge: Bridge) -> None:
    """Does not try again what the server refused."""
    bridge.on(PATH, problem(404, "There is no generation 'gen_1'."))
    with pytest.raises(RefusedError, match="no generation"):
        await follow(bridge)
    assert len(bridge.requests) == 1


async def test_gives_up_on_a_server_that_stays_away(bridge: Bridge) -> None:
    """Ends when attempts have failed for long enough, with the last cause."""
    bridge.on(PATH, problem(503, "Not ready: nats cannot be reached."))
    with pytest.raises(UnreachableError, match="nats cannot be reached"):
        await follow(bridge)
    assert len(bridge.requests) > 1


async def test_a_stream_that_is_no_stream_is_told(bridge: Bridge) -> None:
    """Says that what came cannot be read."""
    bridge.on(PATH, lambda _: Response("<html>"))
    with pytest.raises(UnreachableError, match="cannot be read"):
        await follow(bridge)
