"""Who may read (docs/stream-protocol.md, section 2)."""

import asyncio
import json

import pytest

from tests.contract.stream_protocol.target import Target
from tests.unit.bridge.sse import Stream


async def test_token_answer(target: Target) -> None:
    """Answers a token of 256 bits, its life, and both URLs, at both paths and at the start."""
    started = await target.start()
    identifier = started["generation_id"]
    bodies = [started]
    for path in ("/generations", "/generations/generate"):
        answer = await target.http.post(
            f"{path}/{identifier}/stream-token", headers={"authorization": target.bearer}
        )
        bodies.append(answer.json())
        assert bodies[-1]["stream_url"].endswith(f"{path}/{identifier}/stream")
    for body in bodies:
        assert len(body["sse_token"]) >= 43
        assert body["expires_in"] == 60
        assert body["event_source_url"] == f"{body['stream_url']}?token={body['sse_token']}"
        assert "token" not in body["stream_url"]
    assert len({body["sse_token"] for body in bodies}) == len(bodies)


def reason(stream: Stream) -> str:
    """Return why a stream was refused."""
    assert stream.status == 401
    assert stream.headers["content-type"].startswith("application/problem+json")
    return str(json.loads(stream.body)["reason"])


async def test_reasons(target: Target) -> None:
    """Gives each refusal a reason of its own, and never the token."""
    identifier = (await target.start())["generation_id"]
    other = (await target.start())["generation_id"]
    token = await target.token(identifier)
    path = f"/generations/{identifier}/stream"
    reasons = []
    for url in (
        path,
        f"{path}?token=nonsense",
        f"/generations/{other}/stream?token={token}",
    ):
        async with target.stream(url) as stream:
            reasons.append(reason(stream))
            assert token.encode() not in stream.body
    async with target.stream(f"{path}?token={token}") as stream:
        assert stream.status == 200, "a token tried elsewhere is not burnt"
    async with target.stream(f"{path}?token={token}") as stream:
        reasons.append(reason(stream))
    assert len(set(reasons)) == len(reasons)


async def test_one_winner(target: Target) -> None:
    """Lets one of two simultaneous uses of a token in."""
    identifier = (await target.start())["generation_id"]
    for _ in range(10):
        path = f"/generations/{identifier}/stream?token={await target.token(identifier)}"

        async def use(path: str = path) -> int:
            async with target.stream(path) as stream:
                return stream.status

        assert sorted(await asyncio.gather(use(), use())) == [200, 401]


async def test_bearer_header(target: Target) -> None:
    """Takes a user's token or a stream token in the header; the query's token decides."""
    identifier = (await target.start())["generation_id"]
    path = f"/generations/{identifier}/stream"
    for bearer in (target.bearer, f"Bearer {await target.token(identifier)}"):
        async with target.stream(path, authorization=bearer) as stream:
            assert stream.status == 200
    async with target.stream(f"{path}?token={'a' * 43}", authorization=target.bearer) as stream:
        assert stream.status == 401


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST"])
async def test_other_methods(target: Target, method: str) -> None:
    """Refuses other methods, and says which it answers."""
    answer = await target.http.request(method, "/generations/gen_x/stream")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET"
