"""Channels, and what becomes of a generation without viewers (sections 1 and 6)."""

from typing import Any

import pytest

from tests.contract.stream_protocol.target import Target


async def test_channel_is_entered(target: Target) -> None:
    """Opens a project's channel by a token of its own, once, at both paths, and tells its place."""
    project = (await target.start())["project_id"]
    for prefix in ("/api/events", "/api/v1/events"):
        answer = await target.http.post(
            f"{prefix}/project.{project}/token", headers={"authorization": target.bearer}
        )
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert body["channel"] == f"project.{project}"
        assert body["expires_in"] == 60
        path = f"{prefix}/project.{project}?token={body['sse_token']}"
        async with target.stream(path) as stream:
            connected = await stream.event()
            assert connected is not None
            assert connected.json["type"] == "connected"
            assert connected.fields["id"]
            assert "event" not in connected.fields
        async with target.stream(path) as stream:
            assert stream.status == 401


@pytest.mark.parametrize("channel", ["team.1", "nonsense", "project.", "user.%00", "file.%0d%0ax"])
async def test_other_names(target: Target, channel: str) -> None:
    """Answers 404 for what is no channel."""
    headers = {"authorization": target.bearer}
    answer = await target.http.post(f"/api/events/{channel}/token", headers=headers)
    assert answer.status_code == 404
    async with target.stream(f"/api/events/{channel}", **headers) as stream:
        assert stream.status == 404


async def test_cancel_after(target: Target) -> None:
    """Goes on without viewers unless asked; what was asked last is told, and can be taken back."""
    identifier = (await target.start())["generation_id"]
    headers = {"authorization": target.bearer}

    async def asked(body: Any) -> Any:
        path = f"/generations/{identifier}/stream-token"
        answer = await target.http.post(path, json=body, headers=headers)
        assert answer.status_code == 200, answer.text
        got = await target.http.get(f"/generations/{identifier}", headers=headers)
        return got.json()["cancel_after"]

    assert await asked({}) is None
    assert await asked({"cancel_after": 3600}) == 3600
    assert await asked({}) == 3600
    assert await asked({"cancel_after": None}) is None
    refused = await target.http.post(
        f"/generations/{identifier}/stream-token", json={"cancel_after": 0}, headers=headers
    )
    assert refused.status_code == 422
