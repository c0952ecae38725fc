"""What a start refuses of a body, and how it says so."""

import asyncio
import json
from typing import Any

import pytest

from tests.unit.bridge.world import PROMPT, World, generate

BAD_BODIES: list[tuple[Any, str]] = [
    ({}, "body"),
    ({"prompt": "short"}, "prompt"),
    ({"prompt": "x" * 5001}, "prompt"),
    ({"prompt": 7}, "prompt"),
    ({"prompt": PROMPT, "nonsense": 1}, "nonsense"),
    ({"prompt": PROMPT, "tech_stack": "fastapi_mongo"}, "tech_stack"),
    ({"prompt": PROMPT, "domain": "space"}, "domain"),
    ({"prompt": PROMPT, "generation_mode": "turbo"}, "generation_mode"),
    ({"prompt": PROMPT, "constraints": ["tested", 1]}, "constraints[1]"),
    ({"prompt": PROMPT, "context": []}, "context"),
    ({"spec": "name: blog"}, "spec"),
]


@pytest.mark.parametrize(("body", "field"), BAD_BODIES)
async def test_bad_bodies(bridge: World, body: Any, field: str) -> None:
    """Names the field at fault, repeats nothing of the input, and stores nothing."""
    answer = await generate(bridge, body)
    assert answer.status_code == 422
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["reason"] == "INVALID_INPUT"
    assert [violation["field"] for violation in problem["errors"]] == [field]
    assert "x" * 100 not in answer.text
    assert not bridge.orchestrator.starts


async def test_mongo_is_refused_by_name(bridge: World) -> None:
    """Says that there is no MongoDB, and what there is."""
    answer = await generate(bridge, {"prompt": PROMPT, "tech_stack": "fastapi_mongo"})
    assert "fastapi_mongo" in answer.json()["errors"][0]["message"]
    assert "fastapi_postgres" in answer.json()["errors"][0]["message"]


RAW_BODIES = [
    (b"not json", 422),
    (b"", 422),
    (b'{"prompt": NaN}', 422),
    (b'{"prompt": "\xff\xfe\xff\xfe\xff\xfe"}', 422),
    (b'{"prompt": "a lone surrogate \\ud800 in a prompt"}', 422),
    (b'{"prompt": "a NUL character \\u0000 in a prompt"}', 422),
    (b'{"prompt": "A blog with posts", "context": {"big": 1e999}}', 422),
    (b'{"prompt": "A blog with posts", "context": {"big": 1' + b"0" * 400 + b"}}", 422),
    (b'{"spec": ' + b'{"a":' * 5000 + b"1" + b"}" * 5001, 422),
    (b"[]", 422),
]


@pytest.mark.parametrize(("content", "status"), RAW_BODIES, ids=range(len(RAW_BODIES)))
async def test_raw_bodies(bridge: World, content: bytes, status: int) -> None:
    """Refuses what is no JSON, and what Python takes for JSON but is none."""
    headers = bridge.as_user() | {"content-type": "application/json"}
    answer = await bridge.http.post("/generations/generate", content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"]
    assert not bridge.orchestrator.starts


async def test_the_field_with_unspeakable_text_is_named(bridge: World) -> None:
    """Names the field that holds what JSON cannot say, but lets a backslash be one."""
    refused, taken = [
        await generate(bridge, {"prompt": PROMPT + odd}) for odd in ("\0", r" \u0000")
    ]
    assert [each["field"] for each in refused.json()["errors"]] == ["prompt"]
    assert taken.status_code == 201


async def test_a_body_without_its_content_type(bridge: World) -> None:
    """Says which header is missing."""
    answer = await bridge.http.post(
        "/generations/generate", content=b'{"prompt": "x"}', headers=bridge.as_user()
    )
    assert answer.status_code == 422
    assert "Content-Type: application/json" in answer.json()["detail"]


async def test_too_large(bridge: World) -> None:
    """Refuses ten megabytes before they are parsed, with or without a declared length."""

    async def chunks() -> Any:
        for _ in range(10):
            yield b" " * 1024 * 1024

    for content in (b" " * 10 * 1024 * 1024, chunks()):
        answer = await bridge.http.post(
            "/generations/generate", content=content, headers=bridge.as_user()
        )
        assert answer.status_code == 413
        assert answer.json()["reason"] == "BODY_TOO_LARGE"
        assert [each["field"] for each in answer.json()["errors"]] == ["body"]


async def test_a_million_characters_of_query(bridge: World) -> None:
    """Refuses an endless query."""
    host, port = bridge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(b"GET /generations?%b HTTP/1.1\r\nHost: test\r\n\r\n" % (b"x" * 1_000_000))
    head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    assert json.loads(body)["reason"] == "REQUEST_MALFORMED"
    assert len(body) < 1000
    writer.close()
    await writer.wait_closed()
    answer = await bridge.http.get("/generations?page_token=" + "x" * 50_000)
    assert answer.status_code == 414
    assert len(answer.content) < 1000
