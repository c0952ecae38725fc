"""How specs differ, and what of an API breaks its clients."""

import json
from typing import Any

import pytest

from bridge.api_changes import ApiChange, breaking_changes
from bridge.spec_changes import SpecChange, spec_changes

SPEC = {
    "name": "blog",
    "entities": [
        {
            "name": "Post",
            "fields": [{"name": "title", "type": "string"}],
            "options": {"owner": True},
        },
        {"name": "Tag"},
    ],
    "features": {"roles": ["a"]},
}


def test_a_spec_tells_its_changes_by_name() -> None:
    """Names entities and fields, and tells what came, went and changed."""
    after: dict[str, Any] = json.loads(json.dumps(SPEC))
    after["entities"] = [{"name": "Comment"}, after["entities"][0]]
    after["entities"][1]["fields"][0]["type"] = "text"
    after["entities"][1]["fields"].append({"name": "body", "type": "text"})
    after["features"]["roles"] = ["a", "b"]
    assert list(spec_changes(SPEC, after)) == [
        SpecChange(path="Post.title.type", before="string", after="text"),
        SpecChange(path="Post.body", before=None, after={"name": "body", "type": "text"}),
        SpecChange(path="Tag", before={"name": "Tag"}, after=None),
        SpecChange(path="Comment", before=None, after={"name": "Comment"}),
        SpecChange(path="features.roles", before=["a"], after=["a", "b"]),
    ]
    assert list(spec_changes(SPEC, SPEC)) == []


def document(
    properties: dict[str, Any], *, required: tuple[str, ...] = (), path: str = "/posts"
) -> bytes:
    """Return an API that takes and returns one schema, by reference."""
    schema = {"type": "object", "properties": properties, "required": list(required)}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Post"}}}}
    operation = {"requestBody": body, "responses": {"201": body, "422": {}}}
    return json.dumps(
        {"paths": {path: {"post": operation}}, "components": {"schemas": {"Post": schema}}}
    ).encode()


TEXT = {"type": "string"}
NULLABLE = {"anyOf": [{"type": "string"}, {"type": "null"}]}
STATES = {"type": "string", "enum": ["open", "closed"]}


@pytest.mark.parametrize(
    ("before", "after", "messages"),
    [
        (document({"a": TEXT}), document({"a": TEXT, "b": TEXT}), []),
        (document({"a": TEXT}), document({"a": TEXT}, path="/notes"), ["is gone"]),
        (
            document({"a": TEXT}),
            document({}),
            ["the request takes 'a' no more", "the response has 'a' no more"],
        ),
        (document({}), document({"b": TEXT}, required=("b",)), ["the request needs 'b'"]),
        (document({"a": TEXT}), document({"a": NULLABLE}), ["the response's 'a' may be null"]),
        (
            document({"a": NULLABLE}),
            document({"a": TEXT}),
            ["the request's 'a' takes null no more"],
        ),
        (
            document({"a": {"type": "array", "items": {"properties": {"b": STATES}}}}),
            document({"a": {"type": "array", "items": {"properties": {"b": TEXT}}}}),
            [
                "the request's 'a[].b' takes 'closed' or 'open' no more",
                "the response's 'a[].b' may be string",
            ],
        ),
    ],
)
def test_what_breaks_clients(before: bytes, after: bytes, messages: list[str]) -> None:
    """Tells what goes, what is needed and what may come, and nothing that clients would not see."""
    expected = [ApiChange(operation="POST /posts", message=message) for message in messages]
    assert breaking_changes(before, after) == expected


def test_parameters_break_clients_too() -> None:
    """Tells a parameter that went, and one that is needed now."""

    def api(*parameters: dict[str, Any]) -> bytes:
        operation = {"parameters": parameters, "responses": {}}
        return json.dumps({"paths": {"/a": {"get": operation}}}).encode()

    found = breaking_changes(api({"name": "x"}), api({"name": "y", "required": True}))
    assert found is not None
    assert [each.message for each in found] == [
        "the parameter 'x' is gone",
        "the parameter 'y' is required",
    ]


def test_a_schema_that_holds_itself_ends() -> None:
    """Compares a tree of comments without end only so deep."""
    one = document({"replies": {"type": "array", "items": {"$ref": "#/components/schemas/Post"}}})
    assert breaking_changes(one, one) == []


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"paths": 3}', b"\xff"])
def test_what_is_no_document_is_not_compared(content: bytes) -> None:
    """Says that it cannot compare instead of saying that nothing breaks."""
    assert breaking_changes(content, document({})) is None
    assert breaking_changes(document({}), content) is None
