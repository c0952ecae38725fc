"""The routes besides the streams: what they answer, and how they refuse."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from chassis.errors import FieldViolation, InvalidInputError
from tests.unit.bridge.script import COMPLETED, FAILED, PROCESSING
from tests.unit.bridge.world import World, settings, world

PROMPT = "A blog with posts and comments"
STARTED = {
    "generation_id",
    "status",
    "message",
    "user_id",
    "project_id",
    "project_name",
    "auto_created_project",
    "version",
    "prompt",
    "context",
    "generation_mode",
    "ab_group",
    "enhanced_features",
    "engine",
    "is_iteration",
    "parent_generation_id",
    "sse_token",
    "expires_in",
    "stream_url",
    "event_source_url",
    "created_at",
    "updated_at",
}


async def generate(bridge: World, body: Any, **headers: str) -> Any:
    """Ask for a generation."""
    named = bridge.as_user() | {name.replace("_", "-"): value for name, value in headers.items()}
    return await bridge.http.post("/generations/generate", json=body, headers=named)


async def test_start(bridge: World) -> None:
    """Answers 201 with all of the contract's fields, and a stream that opens at once."""
    answer = await generate(bridge, {"prompt": PROMPT, "context": {"a": [1, 2.5, None]}})
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() >= STARTED
    assert answer.headers["location"] == f"/generations/{body['generation_id']}"
    assert body["status"] == "pending"
    assert body["context"] == {"a": [1, 2.5, None]}
    assert body["stream_url"] == f"/generations/generate/{body['generation_id']}/stream"
    async with bridge.stream(body["event_source_url"]) as stream:
        assert stream.status == 200


async def test_start_with_spec(bridge: World) -> None:
    """Hands a spec on as its user wrote it, keys in order."""
    spec = {"zebra": 1, "name": "blog", "entities": [{"name": "Ä"}]}
    assert (await generate(bridge, {"spec": spec})).status_code == 201
    document = bridge.orchestrator.starts[0].spec_document.content
    assert json.loads(document) == spec
    assert list(json.loads(document)) == list(spec)


async def test_idempotency_key(bridge: World) -> None:
    """Answers a repeat with the first generation, and a request without a key with a new one."""
    first = await generate(bridge, {"prompt": PROMPT}, idempotency_key="k1")
    again = await generate(bridge, {"prompt": PROMPT}, idempotency_key="k1")
    other = await generate(bridge, {"prompt": PROMPT})
    assert first.json()["generation_id"] == again.json()["generation_id"]
    assert other.json()["generation_id"] != first.json()["generation_id"]


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


async def test_refusals_of_the_orchestrator_come_through(bridge: World) -> None:
    """Passes on the fields that the plan refuses, in the caller's words."""
    violation = FieldViolation(
        field="spec.entities[0].name", message="is reserved", reason="NAME_RESERVED"
    )
    bridge.orchestrator.refusal = InvalidInputError(
        "The plan is refused.",
        violations=[violation],
        reason="PLAN_REFUSED",
        metadata={"partial_spec": "name: blog\n", "unresolved": "", "secret": "not told"},
    )
    answer = await generate(bridge, {"prompt": PROMPT})
    assert answer.status_code == 422
    assert answer.json()["reason"] == "PLAN_REFUSED"
    assert answer.json()["errors"] == [
        {"field": "spec.entities[0].name", "message": "is reserved", "reason": "NAME_RESERVED"}
    ]
    assert answer.json()["plan"] == {"partial_spec": "name: blog\n"}


async def test_who_is_calling(bridge: World) -> None:
    """Refuses missing, malformed, forged and internal tokens, with a reason each."""
    refused = {
        "": "TOKEN_MISSING",
        "Basic YTpi": "TOKEN_MISSING",
        "Bearer nonsense": "TOKEN_INVALID",
        f"Bearer {bridge.issuer.internal_token('x', user_id='alice')}": "TOKEN_INVALID",
    }
    for header, reason in refused.items():
        answer = await bridge.http.get("/generations", headers={"authorization": header})
        assert answer.status_code == 401
        assert answer.json()["reason"] == reason
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_lists_and_details(bridge: World) -> None:
    """Lists what is the caller's, with static paths before ids."""
    bridge.orchestrator.add("gen_1").happen("initializing", 0.01)
    bridge.orchestrator.add("gen_2", user_id="bob")
    for path in ("/generations", "/generations/active", "/generations/recent"):
        answer = await bridge.http.get(path, headers=bridge.as_user())
        assert [each["generation_id"] for each in answer.json()["generations"]] == ["gen_1"], path
    details = await bridge.http.get("/generations/gen_1", headers=bridge.as_user())
    assert details.json()["status"] == "processing"
    for identifier in ("gen_2", "gen_3", "%00", "../x", "x" * 100):
        missing = await bridge.http.get(f"/generations/{identifier}", headers=bridge.as_user())
        assert missing.status_code == 404
        assert missing.json()["reason"] == "NOT_FOUND"


async def test_unknown_paths_and_methods(bridge: World) -> None:
    """Answers 404 and 405 as problems; `Allow` names every method of the path."""
    missing = await bridge.http.get("/nowhere")
    assert (missing.status_code, missing.json()["reason"]) == (404, "NOT_FOUND")
    refused = await bridge.http.put("/generations/gen_1")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "DELETE, GET, PATCH"
    for method in ("HEAD", "OPTIONS"):
        answer = await bridge.http.request(method, "/generations/gen_1/stream")
        assert answer.status_code == 405


async def test_every_answer_can_be_found_again(bridge: World) -> None:
    """Carries a request id, the caller's if it is harmless, and a trace id."""
    answer = await bridge.http.get("/healthz", headers={"x-request-id": "mine-1"})
    assert answer.headers["x-request-id"] == "mine-1"
    assert len(answer.headers["x-trace-id"]) == 32
    answer = await bridge.http.get("/nowhere", headers={"x-request-id": "a b<script>"})
    assert answer.headers["x-request-id"].startswith("req_")


async def test_unavailable(bridge: World) -> None:
    """Answers 503 with `Retry-After` while the orchestrator is away, and is not ready."""
    bridge.orchestrator.away = True
    answer = await bridge.http.get("/generations", headers=bridge.as_user())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


async def test_health(bridge: World) -> None:
    """Lives and is ready; metrics are off unless a setting turns them on."""
    assert (await bridge.http.get("/healthz")).json() == {"status": "ok"}
    assert (await bridge.http.get("/readyz")).status_code == 200
    assert (await bridge.http.get("/metrics")).status_code == 404
    async with world(metrics=True) as open_one:
        assert (await open_one.http.get("/metrics")).status_code == 200


async def test_dev_token(bridge: World) -> None:
    """Signs anybody in over loopback, but not through a proxy."""
    answer = await bridge.http.post("/auth/dev-token", json={"user": "carol"})
    assert answer.json()["token_type"] == "bearer"
    headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
    assert (await bridge.http.get("/generations", headers=headers)).status_code == 200
    through_proxy = {"x-forwarded-for": "10.0.0.1"}
    answer = await bridge.http.post(
        "/auth/dev-token", json={"user": "carol"}, headers=through_proxy
    )
    assert answer.status_code == 404


async def test_no_dev_token_in_production() -> None:
    """Knows no such path in production."""
    auth = replace(settings().auth, mode="production")
    async with world(auth=auth) as bridge:
        answer = await bridge.http.post("/auth/dev-token", json={"user": "carol"})
        assert answer.status_code == 404


async def test_files(bridge: World) -> None:
    """Lists files in pages, and answers each with its digest as `ETag`."""
    script = bridge.orchestrator.add()
    empty = await bridge.http.get("/generations/gen_1/files", headers=bridge.as_user())
    assert empty.json()["files"] == []
    script.generation.snapshot_id = "snapshot"
    first = await bridge.http.get("/generations/gen_1/files?page_size=1", headers=bridge.as_user())
    assert [file["path"] for file in first.json()["files"]] == ["README.md"]
    path = f"/generations/gen_1/files?page_size=1&page_token={first.json()['next_page_token']}"
    second = await bridge.http.get(path, headers=bridge.as_user())
    assert [file["path"] for file in second.json()["files"]] == ["app/main.py"]
    path = "/generations/gen_1/files/app/main.py"
    whole = await bridge.http.get(path, headers=bridge.as_user())
    assert whole.content == bridge.files.files["app/main.py"]
    assert whole.headers["content-length"] == "300000"
    assert whole.headers["etag"] == f'"{second.json()["files"][0]["digest"]}"'
    seen = bridge.as_user() | {"if-none-match": f'"other", {whole.headers["etag"]}'}
    assert (await bridge.http.get(path, headers=seen)).status_code == 304
    for missing in ("nothing.py", "../README.md", "%00", "app"):
        answer = await bridge.http.get(
            f"/generations/gen_1/files/{missing}", headers=bridge.as_user()
        )
        assert answer.status_code == 404


RANGES = [
    ("bytes=0-1", 206, b"# "),
    ("bytes=2-", 206, b"Blog\n"),
    ("bytes=-3", 206, b"og\n"),
    ("bytes=0-999", 206, b"# Blog\n"),
    ("bytes=5-1", 200, b"# Blog\n"),
    ("lines=1-2", 200, b"# Blog\n"),
    ("bytes=0-1,3-4", 200, b"# Blog\n"),
    ("bytes=7-", 416, None),
    ("bytes=-0", 416, None),
]


@pytest.mark.parametrize(("header", "status", "content"), RANGES)
async def test_ranges(bridge: World, header: str, status: int, content: bytes | None) -> None:
    """Answers one range, ignores what is none, refuses what lies outside."""
    bridge.orchestrator.add().generation.snapshot_id = "snapshot"
    headers = bridge.as_user() | {"range": header}
    answer = await bridge.http.get("/generations/gen_1/files/README.md", headers=headers)
    assert answer.status_code == status
    if content is not None:
        assert answer.content == content
        assert answer.headers["content-length"] == str(len(content))
    else:
        assert answer.headers["content-range"] == "bytes */7"


async def test_download(bridge: World) -> None:
    """Answers the zip; a snapshot that is gone is a 404 and no broken 200."""
    script = bridge.orchestrator.add()
    path = "/generations/gen_1/download"
    assert (await bridge.http.get(path, headers=bridge.as_user())).status_code == 404
    script.generation.snapshot_id = "snapshot"
    answer = await bridge.http.get(path, headers=bridge.as_user())
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"] == 'attachment; filename="blog-v1.zip"'
    assert answer.content.startswith(b"PK")
    seen = bridge.as_user() | {"if-none-match": answer.headers["etag"]}
    assert (await bridge.http.get(path, headers=seen)).status_code == 304
    script.generation.snapshot_id = "gone"
    answer = await bridge.http.get(path, headers=bridge.as_user())
    assert answer.status_code == 404


async def test_page_needs_nothing_from_elsewhere(bridge: World) -> None:
    """Serves the page with a policy that allows this origin alone, and no address of another."""
    scripts = ("page.js", "change.js", "dom.js", "backsmith.js", "docs.js", "page.css")
    for path in ("/", "/docs", *(f"/web/{name}" for name in scripts)):
        answer = await bridge.http.get(path)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "http://" not in answer.text
        assert "https://" not in answer.text.replace("https://api.example.com", "")
    assert (await bridge.http.get("/web/page.py")).status_code == 404


ORIGIN = "https://app.example.com"


async def test_cors() -> None:
    """Lets allowed origins in with credentials, streams included, and nobody else."""
    async with world(allowed_origins=(ORIGIN,)) as bridge:
        bridge.orchestrator.add().happen("completed", 1.0, status=COMPLETED)
        asked = {"origin": ORIGIN, "access-control-request-method": "POST"}
        preflight = await bridge.http.options("/generations/generate", headers=asked)
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        assert "Authorization" in preflight.headers["access-control-allow-headers"]
        async with bridge.watch(origin=ORIGIN) as stream:
            assert stream.headers["access-control-allow-origin"] == ORIGIN
            assert stream.headers["access-control-allow-credentials"] == "true"
        async with bridge.watch(origin="https://evil.example.com") as stream:
            assert "access-control-allow-origin" not in stream.headers
            assert stream.headers["vary"] == "Origin"


async def test_too_many_streams() -> None:
    """Refuses a token, with `Retry-After`, while a user has too many streams open."""
    async with world(stream_max_streams_per_user=1) as bridge:
        bridge.orchestrator.add().happen("initializing", 0.01)
        async with bridge.watch() as stream:
            await stream.until("initializing")
            answer = await bridge.http.post(
                "/generations/gen_1/stream-token", headers=bridge.as_user()
            )
            assert answer.status_code == 429
            assert answer.json()["reason"] == "TOO_MANY_STREAMS_OF_USER"
            assert answer.headers["retry-after"] == "5"


async def test_statuses_of_the_orchestrator(bridge: World) -> None:
    """Shows a failure with its cause."""
    script = bridge.orchestrator.add()
    script.happen("initializing", 0.01, status=PROCESSING)
    script.happen("error", 0.01, status=FAILED)
    script.generation.error = "the disk is full"
    answer = await bridge.http.get("/generations/gen_1", headers=bridge.as_user())
    assert (answer.json()["status"], answer.json()["error"]) == ("failed", "the disk is full")
