"""The OpenAPI document of a generated backend says all that its routes take and answer."""

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.corpus.loading import load
from tests.corpus.rendering import render

SPECS = ("tenants_and_owners", "number_types")

BODY = {400, 413, 422}
"""What any route that takes a body can return."""

DOCUMENTS = {
    ("get", "/documents"): {200, 401, 422},
    ("post", "/documents"): {201, 401, 403, 409, *BODY},
    ("get", "/documents/{document_id}"): {200, 401, 404, 422},
    ("patch", "/documents/{document_id}"): {200, 401, 403, 404, 409, *BODY},
    ("delete", "/documents/{document_id}"): {204, 401, 403, 404, 422},
    ("post", "/documents/{document_id}/restore"): {200, 401, 403, 404, 409, 422},
    ("get", "/documents/{document_id}/copies"): {200, 401, 404, 422},
    ("put", "/documents/{document_id}/copies/{other_id}"): {204, 401, 403, 404, 409, 422},
    ("delete", "/documents/{document_id}/copies/{other_id}"): {204, 401, 403, 404, 422},
}
"""What each route of an entity with an owner, a tenant, roles and links can return."""


@functools.cache
def document(name: str) -> dict[str, Any]:
    """Return the document of a spec of the corpus."""
    parsed: dict[str, Any] = json.loads(render(load(name))["openapi.json"])
    return parsed


def operations(name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return each operation with its method and its path."""
    for path, item in document(name)["paths"].items():
        for method, operation in item.items():
            yield method, path, operation


@pytest.mark.parametrize("route", DOCUMENTS, ids=" ".join)
def test_each_route_tells_what_it_can_return(route: tuple[str, str]) -> None:
    """Documents each status that a route can return, and no other."""
    method, path = route
    responses = document(SPECS[0])["paths"][f"/api/v1{path}"][method]["responses"]
    assert {int(status) for status in responses} == DOCUMENTS[route]
    for status, response in responses.items():
        if int(status) >= 400:
            [content] = response["content"].values()
            assert content["schema"]["$ref"].endswith("/Problem")


@pytest.mark.parametrize("name", SPECS)
def test_every_integer_has_bounds(name: str) -> None:
    """Bounds each integer that comes in: keys, offsets, limits, references and values."""
    found = [
        (place, schema)
        for method, path, operation in operations(name)
        for place, schema in _incoming(name, f"{method} {path}", operation)
        if schema.get("type") == "integer"
    ]
    assert len(found) > 10
    assert [place for place, schema in found if not {"minimum", "maximum"} <= schema.keys()] == []


def _incoming(
    name: str, place: str, operation: dict[str, Any]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for parameter in operation.get("parameters", []):
        yield from _schemas(name, f"{place} {parameter['name']}", parameter["schema"])
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield from _schemas(name, f"{place} body", content["schema"])


def _schemas(name: str, place: str, node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Walk through a schema and what it refers to."""
    if isinstance(node, list):
        for each in node:
            yield from _schemas(name, place, each)
    elif isinstance(node, dict):
        yield place, node
        target = node.get("$ref", "").rpartition("/")[2]
        if target:
            yield from _schemas(name, place, document(name)["components"]["schemas"][target])
        for key, value in node.items():
            yield from _schemas(name, f"{place} {key}", value)
