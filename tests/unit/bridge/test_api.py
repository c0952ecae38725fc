"""The routes besides the streams: what they answer, and how they refuse."""

import json
from dataclasses import replace

from chassis.errors import FieldViolation, InvalidInputError
from tests.unit.bridge.script import COMPLETED, FAILED, PROCESSING
from tests.unit.bridge.world import PROMPT, World, generate, settings, world

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
