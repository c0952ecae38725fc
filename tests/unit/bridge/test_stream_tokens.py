"""Stream tokens and resume cookies, through the HTTP surface."""

import asyncio
import base64
import re
from datetime import timedelta

import pytest

from bridge.errors import StreamTokenError
from bridge.tickets import Ticket, Tickets
from chassis.bus import memory
from chassis.clock import SystemClock
from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.sse import open_stream, stages
from tests.unit.bridge.world import World, settings, world

STREAM = "/generations/gen_1/stream"


async def reason_of(bridge: World, path: str, **headers: str) -> str:
    """Return why a stream is refused."""
    async with bridge.stream(path, **headers) as stream:
        assert stream.status == 401
        assert stream.headers["content-type"] == "application/problem+json"
        return str(re.search(rb'"reason":"(\w+)"', stream.body)[1].decode())  # type: ignore[index]


async def test_answer_of_the_token_routes(bridge: World) -> None:
    """Answers the token, its life and both URLs."""
    bridge.orchestrator.add()
    for prefix in ("/generations/generate/gen_1", "/generations/gen_1"):
        answer = await bridge.http.post(f"{prefix}/stream-token", headers=bridge.as_user())
        assert answer.status_code == 200
        body = answer.json()
        assert body["expires_in"] == 60
        assert body["generation_id"] == "gen_1"
        assert body["stream_url"] == f"{prefix}/stream"
        assert body["event_source_url"] == f"{prefix}/stream?token={body['sse_token']}"
        assert len(base64.urlsafe_b64decode(body["sse_token"] + "=")) == 32


async def test_reasons(bridge: World) -> None:
    """Tells a missing, malformed, unknown, spent and foreign token apart."""
    bridge.orchestrator.add()
    bridge.orchestrator.add("gen_2")
    token = await bridge.token()
    assert await reason_of(bridge, STREAM) == "STREAM_TOKEN_MISSING"
    assert await reason_of(bridge, f"{STREAM}?token=") == "STREAM_TOKEN_MISSING"
    assert await reason_of(bridge, f"{STREAM}?token=%00%0d%0a") == "STREAM_TOKEN_MALFORMED"
    assert await reason_of(bridge, f"{STREAM}?token={'a' * 43}") == "STREAM_TOKEN_UNKNOWN"
    other = f"/generations/gen_2/stream?token={token}"
    assert await reason_of(bridge, other) == "STREAM_TOKEN_FOREIGN"
    async with bridge.stream(f"{STREAM}?token={token}") as stream:
        assert stream.status == 200, "a token tried elsewhere is not burnt"
    assert await reason_of(bridge, f"{STREAM}?token={token}") == "STREAM_TOKEN_SPENT"


async def test_expired() -> None:
    """Tells an expired token from an unknown one."""
    async with world(stream_token_lifetime=timedelta()) as bridge:
        bridge.orchestrator.add()
        token = await bridge.token()
        assert await reason_of(bridge, f"{STREAM}?token={token}") == "STREAM_TOKEN_EXPIRED"


async def test_refusals_do_not_repeat_the_token(bridge: World) -> None:
    """Leaves tokens out of error bodies and logs."""
    bridge.orchestrator.add()
    token = await bridge.token()
    async with bridge.stream(f"/generations/gen_9/stream?token={token}") as stream:
        assert token.encode() not in stream.body


async def test_tokens_are_not_logged(bridge: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Logs that a token was good, that the stream opened and closed and why, but no token."""
    bridge.orchestrator.add().happen("completed", 1.0, status=COMPLETED)
    token = await bridge.token()
    async with bridge.stream(f"{STREAM}?token={token}") as stream:
        await stream.rest()
    async with asyncio.timeout(5):
        logged = ""
        while "SSE stream closed" not in logged:
            logged += capsys.readouterr().out
            await asyncio.sleep(0.001)
    assert "SSE token validated for generation gen_1" in logged
    assert "SSE stream opened for generation gen_1" in logged
    assert "SSE stream closed for generation gen_1: the generation ended" in logged
    assert token not in logged


async def test_one_winner(bridge: World) -> None:
    """Lets one of many simultaneous uses in."""
    bridge.orchestrator.add()
    path = f"{STREAM}?token={await bridge.token()}"

    async def use() -> int:
        async with bridge.stream(path) as stream:
            return stream.status

    statuses = await asyncio.gather(*(use() for _ in range(20)))
    assert sorted(statuses) == [200, *[401] * 19]


async def test_races_have_one_winner_each() -> None:
    """Burns each of a thousand tokens for exactly one of two racers."""
    async with memory.connect() as bus:
        store = await bus.key_value("tokens")
        tickets = Tickets(store, settings().stream, clock=SystemClock())
        ticket = Ticket(user_id="alice", stream="generation gen_1")

        async def use(token: str) -> bool:
            try:
                return await tickets.burn(token, stream=ticket.stream) == ticket
            except StreamTokenError as error:
                return error.reason != "STREAM_TOKEN_SPENT"

        for _ in range(1000):
            token = await tickets.issue(ticket)
            assert sorted(await asyncio.gather(use(token), use(token))) == [False, True]


async def test_query_decides_over_the_header(bridge: World) -> None:
    """Takes the query's token when query and header both come."""
    bridge.orchestrator.add()
    bad = f"{STREAM}?token={'a' * 43}"
    assert await reason_of(bridge, bad, **bridge.as_user()) == "STREAM_TOKEN_UNKNOWN"


async def test_header_carries_either_token(bridge: World) -> None:
    """Takes a user's token or a stream token in the header."""
    bridge.orchestrator.add()
    async with bridge.stream(STREAM, **bridge.as_user()) as stream:
        assert stream.status == 200
    async with bridge.stream(STREAM, authorization=f"Bearer {await bridge.token()}") as stream:
        assert stream.status == 200
    internal = bridge.issuer.internal_token("bridge", user_id="alice")
    assert await reason_of(bridge, STREAM, authorization=f"Bearer {internal}") == "TOKEN_INVALID"


async def test_another_users_generation(bridge: World) -> None:
    """Tells nobody whether somebody else's generation exists."""
    bridge.orchestrator.add(user_id="bob")
    answer = await bridge.http.post(f"{STREAM}-token", headers=bridge.as_user("alice"))
    assert answer.status_code == 404
    async with bridge.stream(STREAM, **bridge.as_user("alice")) as stream:
        assert stream.status == 404


async def test_cookie_of_the_first_connection(bridge: World) -> None:
    """Sets a cookie that scripts cannot read, for this path and this site only."""
    bridge.orchestrator.add()
    async with bridge.watch() as stream:
        cookie = stream.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert f"Path={STREAM}" in cookie
    assert "Secure" not in cookie


async def test_cookie_resumes_and_only_its_own_stream(bridge: World) -> None:
    """Lets a spent token's owner back in with the cookie, and nobody without it."""
    script = bridge.orchestrator.add()
    bridge.orchestrator.add("gen_2")
    cursor = script.happen("initializing", 0.01)
    script.happen("completed", 1.0, status=COMPLETED)
    path = f"{STREAM}?token={await bridge.token()}"
    async with bridge.stream(path) as stream:
        cookie = stream.headers["set-cookie"].partition(";")[0]
    assert await reason_of(bridge, path) == "STREAM_TOKEN_SPENT"
    async with bridge.stream(path, cookie=cookie, last_event_id=cursor) as stream:
        assert stages(await stream.rest()) == ["connected", "completed"]
    assert await reason_of(bridge, STREAM, cookie=cookie) == "STREAM_TOKEN_MISSING"
    spent_elsewhere = path.replace("gen_1", "gen_2")
    assert await reason_of(bridge, spent_elsewhere, cookie=cookie) == "STREAM_TOKEN_SPENT"
    forged = cookie[:-4] + "AAAA"
    assert await reason_of(bridge, path, cookie=forged) == "STREAM_TOKEN_SPENT"


async def test_last_event_id_of_header_and_query(bridge: World) -> None:
    """Resumes by the query for clients without cookies; the header wins."""
    script = bridge.orchestrator.add()
    cursors = [script.happen(f"step_{number}", 0.1) for number in range(4)]
    async with bridge.watch(query=f"&last_event_id={cursors[2]}") as stream:
        assert stages(await stream.until("step_3"))[1:] == ["step_3"]
    async with bridge.watch(
        query=f"&last_event_id={cursors[0]}", last_event_id=cursors[2]
    ) as stream:
        assert stages(await stream.until("step_3"))[1:] == ["step_3"]


@pytest.mark.parametrize("cursor", ["\xff\xfe", "x" * 5000, "e1-999", "<script>"])
async def test_strange_cursors(bridge: World, cursor: str) -> None:
    """Tells a client that its cursor is none, whatever it is."""
    bridge.orchestrator.add().happen("completed", 1.0, status=COMPLETED)
    path = f"{bridge.url}{STREAM}?token={await bridge.token()}"
    headers = {"last-event-id": cursor.encode("latin-1")}
    async with open_stream(path, headers=headers) as stream:  # type: ignore[arg-type]
        frames = stages(await stream.rest())
    assert frames == ["connected", "history_truncated", "completed"]
