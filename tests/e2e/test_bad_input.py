"""Bad input at the edge: a clear error that names the field, and nothing stored."""

from copy import deepcopy
from typing import Any

import httpx
import pytest

from tests.e2e.support import SPEC, System, run

GENERATE = "/generations/generate"


def spec_with(**field: Any) -> dict[str, Any]:
    """Return the spec with its first field changed."""
    spec = deepcopy(SPEC)
    spec["entities"][0]["fields"][0] |= field
    return {"spec": spec}


def spec_named(*names: str) -> dict[str, Any]:
    """Return a spec with entities of some names."""
    fields = [{"name": "title", "type": "string"}]
    return {"spec": {"name": "x", "entities": [{"name": each, "fields": fields} for each in names]}}


def spec_related_to(target: str) -> dict[str, Any]:
    """Return the spec with a relation to somewhere else."""
    spec = deepcopy(SPEC)
    spec["entities"][1]["relations"][0]["target"] = target
    return {"spec": spec}


def nested(levels: int) -> dict[str, Any]:
    """Return an object in an object, and so on."""
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"x": inner}
    return inner


def kept(client: httpx.Client) -> list[Any]:
    """Return all that a user has."""
    return [client.get(path).json() for path in ("/generations", "/projects")]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "too short"}, "prompt"),
        ({"prompt": "x" * 5001}, "prompt"),
        ({}, "body"),
        (spec_with(type="varchar"), "entities[0].fields[0].type"),
        (spec_related_to("Nowhere"), "entities[1].relations[0].target"),
        (spec_named("Post", "post"), "entities[1].name"),
        (spec_named("Post", "Posts"), "entities[1].name"),
        (spec_with(name="id"), "entities[0].fields[0].name"),
        (spec_with(name="created_at"), "entities[0].fields[0].name"),
        (spec_with(tpye="string"), "entities[0].fields[0].tpye"),
        ({"spec": {"name": "x", "entities": []}}, "entities"),
        ({"spec": {"name": "x", "entities": "Post"}}, "entities"),
        ({"spec": []}, "spec"),
        ({"spec": nested(40)}, "spec"),
        ({"prompt": "A blog with posts", "context": nested(150)}, "context"),
        ({"prompt": "A blog with posts", "context": {"x": "x" * 70_000}}, "context"),
        ({"prompt": "A blog with posts", "project_name": "a/../b"}, "project_name"),
        ({"prompt": "A blog with posts", "engine": "magic"}, "engine"),
        ({"prompt": "A blog with posts", "constraints": ["magic"]}, "constraints[0]"),
        ({"prompt": "A blog with posts and \0"}, "prompt"),
        (spec_named("../../etc/passwd"), "entities[0].name"),
        (spec_with(min_length=9, max_length=3), "entities[0].fields[0].max_length"),
        ({"prompt": "A blog with posts", "tech_stack": "fastapi_mongo"}, "tech_stack"),
        ({"prompt": "A blog with posts", "nonsense": 1}, "nonsense"),
    ],
)
def test_the_field_at_fault_is_named(
    client: httpx.Client, body: dict[str, Any], field: str
) -> None:
    """Answers 422 with each field's path, and starts nothing."""
    before = kept(client)
    answer = client.post(GENERATE, json=body)
    assert answer.status_code == 422, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    named = [error["field"] for error in answer.json()["errors"]]
    assert field in named
    assert kept(client) == before


def test_a_body_that_is_not_json_is_told(client: httpx.Client) -> None:
    """Answers a body that cannot be read with a problem."""
    answer = client.post(GENERATE, content=b"{oops", headers={"content-type": "application/json"})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.json()["errors"]] == ["body"]
    assert "JSON" in answer.json()["detail"]


def test_a_spec_of_ten_megabytes_is_refused(client: httpx.Client) -> None:
    """Refuses what is too large before it is read whole."""
    answer = client.post(GENERATE, json={"spec": {"name": "x" * 10_000_000}})
    assert answer.status_code == 413
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("token", ["", "nonsense", "a.b.c"])
def test_a_bad_token_opens_nothing(shared: System, token: str) -> None:
    """Answers 401 without credentials and with bad ones."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    for path in ("/generations", "/generations/gen_1/stream"):
        answer = httpx.get(f"{shared.url}{path}", headers=headers, trust_env=False)
        assert answer.status_code == 401
        assert answer.json()["reason"]


@pytest.mark.parametrize(
    "path", ["../../../etc/passwd", "%2e%2e/%2e%2e/etc/passwd", "/etc/passwd", "a/../../b", "%00"]
)
def test_a_path_never_leaves_the_snapshot(client: httpx.Client, path: str) -> None:
    """Finds no file outside, however the path is written."""
    answer = client.get(f"/generations/gen_00000000000000000000000000/files/{path}")
    assert answer.status_code in {400, 404, 422}
    assert "root:" not in answer.text


def test_an_unknown_generation_is_not_found(client: httpx.Client) -> None:
    """Answers 404 for what does not exist."""
    assert client.get("/generations/gen_nothing").status_code == 404


def test_the_command_refuses_what_the_server_refuses(shared: System) -> None:
    """Exits with 3 and tells the field, without a traceback."""
    refused = run("generate", "too short", "--data", str(shared.data))
    assert refused.returncode == 3
    assert "prompt" in refused.stderr
    assert "Traceback" not in refused.stderr
