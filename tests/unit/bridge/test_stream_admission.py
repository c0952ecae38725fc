"""How many streams, tokens and connects there may be: refused where a script asks for a token."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from bridge.rates import MINUTE, Rate
from chassis.errors import LimitExceededError
from tests.unit.bridge.sse import stages
from tests.unit.bridge.world import World, world

START = {"prompt": "A blog with posts"}


async def refusal(bridge: World, generation_id: str = "gen_1", *, user_id: str = "alice") -> Any:
    """Ask for a token that is refused; return why."""
    path = f"/generations/{generation_id}/stream-token"
    answer = await bridge.http.post(path, headers=bridge.as_user(user_id))
    assert answer.status_code == 429
    assert answer.headers["content-type"] == "application/problem+json"
    assert 1 <= int(answer.headers["retry-after"]) <= 60
    return answer.json()["reason"]


async def test_streams_in_all() -> None:
    """Refuses whoever comes while the process has as many streams open as it may have."""
    async with world(stream_max_streams=2) as bridge:
        bridge.orchestrator.add().happen("initializing", 0.01)
        bridge.orchestrator.add("gen_2", user_id="bob")
        async with AsyncExitStack() as held:
            for _ in range(2):
                stream = await held.enter_async_context(bridge.watch())
                await stream.until("initializing")
            assert await refusal(bridge, "gen_2", user_id="bob") == "TOO_MANY_STREAMS"


async def test_tokens_in_all() -> None:
    """Refuses tokens to whoever comes when all together have asked for too many."""
    async with world(stream_tokens_per_minute_in_all=2) as bridge:
        bridge.orchestrator.add()
        bridge.orchestrator.add("gen_2", user_id="bob")
        await bridge.token()
        await bridge.token("gen_2", user_id="bob")
        assert await refusal(bridge) == "TOKEN_RATE_EXCEEDED"


@pytest.mark.parametrize("limit", ["connects_per_minute", "connects_per_minute_in_all"])
async def test_connects(limit: str) -> None:
    """Refuses tokens to who connects too often: the stream itself could not be refused so well."""
    async with world(**{f"stream_{limit}": 2}) as bridge:
        bridge.orchestrator.add().happen("initializing", 0.01)
        spare = await bridge.token()
        for _ in range(2):
            async with bridge.watch() as stream:
                await stream.until("initializing")
        assert await refusal(bridge) == "CONNECT_RATE_EXCEEDED"
        async with bridge.stream(f"/generations/gen_1/stream?token={spare}") as stream:
            assert stages(await stream.rest()) == ["stream_error"]


@pytest.mark.parametrize("path", ["generate", "iterate"])
async def test_nothing_is_started_without_a_token(path: str) -> None:
    """Refuses a start whose stream could not be watched, before anything is stored."""
    body = {"parent_generation_id": "gen_1", "modification_prompt": "Add a page"}
    async with world(stream_tokens_per_minute=1) as bridge:
        bridge.orchestrator.add()
        await bridge.token()
        answer = await bridge.http.post(
            f"/generations/{path}",
            json=START if path == "generate" else body,
            headers=bridge.as_user(),
        )
        assert answer.status_code == 429
        assert answer.json()["reason"] == "TOKEN_RATE_EXCEEDED"
        assert not bridge.orchestrator.calls["StartGeneration"]
        assert not bridge.orchestrator.calls["StartIteration"]


def test_each_minute_begins_anew() -> None:
    """Counts users apart and together, and forgets both after a minute."""
    time = 0.0
    rate = Rate(2, in_all=3, what="things", reason="TOO_MANY", now=lambda: time)
    for user_id in ("ada", "ada", "bob"):
        rate.count(user_id)
    for user_id in ("ada", "eve"):
        with pytest.raises(LimitExceededError) as refused:
            rate.count(user_id)
        assert refused.value.retry_after is not None
        assert refused.value.retry_after.total_seconds() == MINUTE
    time = MINUTE
    rate.check("ada")
    rate.count("eve")


async def test_too_many_connects_are_told_in_the_stream() -> None:
    """Tells a client that comes too often when to come back, and not by a status."""
    async with world(stream_connects_per_minute=1) as bridge:
        bridge.orchestrator.add().happen("initializing", 0.01)
        token = await bridge.token()
        async with bridge.watch() as stream:
            await stream.until("initializing")
        async with bridge.stream(f"/generations/gen_1/stream?token={token}") as stream:
            first = await stream.frame()
            assert first is not None
            assert int(first.fields["retry"]) >= 1000
            frames = await stream.rest()
    assert stages(frames) == ["stream_error"]
    assert frames[0].json["reason"] == "CONNECT_RATE_EXCEEDED"
    assert frames[0].json["retry"] is True
    assert frames[0].json["status"] == "pending"


async def test_token_rate() -> None:
    """Refuses tokens, with `Retry-After`, to who asks for too many."""
    async with world(stream_tokens_per_minute=1) as bridge:
        bridge.orchestrator.add()
        await bridge.token()
        path = "/generations/gen_1/stream-token"
        answer = await bridge.http.post(path, headers=bridge.as_user())
        assert answer.status_code == 429
        assert answer.json()["reason"] == "TOKEN_RATE_EXCEEDED"
        assert 1 <= int(answer.headers["retry-after"]) <= 60
