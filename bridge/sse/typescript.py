"""The events as TypeScript types, made from the same schemas as the OpenAPI document.

`python -m bridge.sse.typescript > clients/js/events.d.ts` writes them; a test notices drift.
"""

import json
import sys

from bridge.sse.catalogue import Schema, channel_schema, progress_schema

HEADER = """\
// What Backsmith's streams send: the JSON of each `data:` line.
// Made by `python -m bridge.sse.typescript` from protos/; do not edit.
"""
SCALARS = {"string": "string", "number": "number", "integer": "number", "boolean": "boolean"}


def declarations() -> str:
    """Return the whole declaration file."""
    named: dict[str, str] = {}
    for schema in (progress_schema(), channel_schema()):
        _type(schema, named)
    return "\n".join([HEADER, *named.values()])


def _type(schema: Schema, named: dict[str, str]) -> str:
    """Return a schema's type; one with a title gets a declaration of its own."""
    title = schema.get("title")
    if title and ("properties" in schema or "anyOf" in schema) and _is_name(title):
        declared = f"export type {title} = {_anonymous(schema, named)};\n"
        named.setdefault(title, declared)
        return str(title)
    return _anonymous(schema, named)


def _is_name(title: str) -> bool:
    return title.isidentifier() and title[0].isupper() and not title.isupper()


def _anonymous(schema: Schema, named: dict[str, str]) -> str:
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_type(each, named) for each in schema["anyOf"])
    if "properties" in schema:
        return _object(schema, named)
    kind = schema.get("type", "unknown")
    if kind == "array":
        return f"{_type(schema['items'], named)}[]"
    kinds: list[str] = kind if isinstance(kind, list) else [kind]
    return " | ".join(dict.fromkeys(SCALARS.get(each, each) for each in kinds))


def _object(schema: Schema, named: dict[str, str]) -> str:
    required = set(schema.get("required", ()))
    lines = [
        f"  {name}{'' if name in required else '?'}: {_type(each, named)};"
        for name, each in schema["properties"].items()
    ]
    return "\n".join(["{", *lines, "}"])


if __name__ == "__main__":
    sys.stdout.write(declarations())
