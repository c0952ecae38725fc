"""What of an API breaks its clients from one OpenAPI document to another."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "put", "post", "delete", "patch")
MAX_DEPTH = 6
"""How deep bodies are compared: schemas may hold themselves."""

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiChange:
    """One thing that an existing client would notice."""

    operation: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """One place in a body."""

    types: frozenset[str]
    required: bool


def breaking_changes(before: bytes, after: bytes) -> list[ApiChange] | None:
    """Return what breaks clients, sorted by operation; None when one is no OpenAPI document."""
    try:
        old, new = (json.loads(content) for content in (before, after))
        known = _operations(new)
        return [
            ApiChange(operation=name, message=message)
            for name, operation in sorted(_operations(old).items())
            for message in _broken(old, operation, new, known.get(name))
        ]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _operations(document: Json) -> dict[str, Json]:
    return {
        f"{method.upper()} {path}": item[method]
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def _broken(old: Json, operation: Json, new: Json, now: Json | None) -> Iterator[str]:
    if now is None:
        yield "is gone"
        return
    yield from _broken_parameters(operation, now)
    yield from _broken_request(_request(old, operation), _request(new, now))
    yield from _broken_response(_response(old, operation), _response(new, now))


def _broken_parameters(operation: Json, now: Json) -> Iterator[str]:
    before, after = _parameters(operation), _parameters(now)
    yield from (f"the parameter {name!r} is gone" for name in before if name not in after)
    for name, required in after.items():
        if required and not before.get(name):
            yield f"the parameter {name!r} is required"


def _parameters(operation: Json) -> dict[str, bool]:
    return {each["name"]: each.get("required", False) for each in operation.get("parameters", [])}


def _broken_request(before: Mapping[str, _Place], after: Mapping[str, _Place]) -> Iterator[str]:
    for path, old in before.items():
        if path not in after:
            yield f"the request takes {path!r} no more"
        elif lost := old.types - after[path].types:
            yield f"the request's {path!r} takes {_told(lost)} no more"
    for path, new in after.items():
        if new.required and not (path in before and before[path].required):
            yield f"the request needs {path!r}"


def _broken_response(before: Mapping[str, _Place], after: Mapping[str, _Place]) -> Iterator[str]:
    for path, old in before.items():
        if path not in after:
            yield f"the response has {path!r} no more"
        elif came := after[path].types - old.types:
            yield f"the response's {path!r} may be {_told(came)}"


def _told(types: frozenset[str]) -> str:
    return " or ".join(sorted(types))


def _request(document: Json, operation: Json) -> dict[str, _Place]:
    return dict(_places(document, _schema(operation.get("requestBody", {}))))


def _response(document: Json, operation: Json) -> dict[str, _Place]:
    found = (each for code, each in operation["responses"].items() if code.startswith("2"))
    return dict(_places(document, _schema(next(found, {}))))


def _schema(holder: Json) -> Json:
    schema: Json = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _places(
    document: Json, schema: Json, path: str = "", depth: int = MAX_DEPTH
) -> Iterator[tuple[str, _Place]]:
    """Yield the properties of a body, those of what it holds too, by their paths."""
    for option in _options(document, schema):
        if depth and "items" in option:
            yield from _places(document, option["items"], f"{path}[]", depth - 1)
        for name, below in option.get("properties", {}).items():
            place = f"{path}.{name}" if path else name
            required = name in option.get("required", [])
            yield place, _Place(types=frozenset(_types(document, below)), required=required)
            if depth:
                yield from _places(document, below, place, depth - 1)


def _options(document: Json, schema: Json) -> list[Json]:
    """Return what a schema may be, references followed."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _options(document, document["components"]["schemas"][name])
    choices = schema.get("anyOf") or schema.get("oneOf")
    if not choices:
        return [schema]
    return [option for choice in choices for option in _options(document, choice)]


def _types(document: Json, schema: Json) -> Iterator[str]:
    for option in _options(document, schema):
        kind = option.get("type", "anything")
        form = f" ({option['format']})" if "format" in option else ""
        values = [option["const"]] if "const" in option else option.get("enum")
        if values is not None:
            yield from map(repr, values)
        else:
            yield f"{kind}{form}"
