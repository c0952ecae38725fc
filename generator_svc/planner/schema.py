"""The JSON Schema of spec documents, made from the dataclasses and the validator's own tables."""

from collections.abc import Mapping
from dataclasses import Field as Attribute
from dataclasses import fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any, get_args, get_type_hints

from generator_svc.domain.limits import DEFAULT_LIMITS
from generator_svc.domain.spec import (
    Access,
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    ProjectSpec,
    Relation,
)
from generator_svc.domain.validate_fields import KEYS, NEEDED, NOT_SCALAR

Schema = dict[str, Any]

_REQUIRED: Mapping[type, list[str]] = MappingProxyType(
    {
        ProjectSpec: ["entities"],
        Entity: ["name"],
        Field: ["name", "type"],
        Relation: ["name", "kind", "target"],
    }
)
_LITERALS = frozenset({"minimum", "maximum"})
_FREE = frozenset({"default"})
_NOT_WRITTEN = frozenset({"has_default"})


def spec_schema() -> Schema:
    """Return the JSON Schema of a spec document."""
    kinds = (Entity, Field, Relation, EntityOptions, Access, Features)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Backsmith spec",
        **_object(ProjectSpec),
        "$defs": {kind.__name__: _definition(kind) for kind in kinds},
    }


def _definition(kind: type) -> Schema:
    schema = _object(kind)
    return schema | {"allOf": _field_rules()} if kind is Field else schema


def _object(kind: type) -> Schema:
    hints = get_type_hints(kind)
    schema: Schema = {
        "type": "object",
        "description": str(kind.__doc__),
        "additionalProperties": False,
        "properties": {
            each.name: _property(each, hints[each.name])
            for each in fields(kind)
            if each.name not in _NOT_WRITTEN
        },
    }
    required = _REQUIRED.get(kind)
    return schema | {"required": required} if required else schema


def _property(attribute: "Attribute[Any]", hint: Any) -> Schema:
    if attribute.name in _FREE:
        return {}
    if attribute.name in _LITERALS:
        return {"type": ["string", "number"]}
    schema = _of(hint)
    limit = _limit(attribute.name)
    if limit is not None and schema.get("type") == "array":
        schema["maxItems"] = limit
    if attribute.name == "name":
        schema |= {"minLength": 1, "maxLength": DEFAULT_LIMITS.name_length}
    if isinstance(attribute.default, str | bool) and attribute.default != "":
        schema["default"] = attribute.default
    return schema


def _limit(name: str) -> int | None:
    names = {"payload": "payload_fields", "unique_together": "groups"}
    limit: int | None = getattr(DEFAULT_LIMITS, names.get(name, name), None)
    return limit


def _of(hint: Any) -> Schema:
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"enum": [member.value for member in hint]}
    simple = {str: {"type": "string"}, bool: {"type": "boolean"}, int: {"type": "integer"}}
    if hint in simple:
        return dict(simple[hint])
    if getattr(hint, "__origin__", None) is tuple:
        return {"type": "array", "items": _of(get_args(hint)[0])}
    if isinstance(hint, type):
        return {"$ref": f"#/$defs/{hint.__name__}"}
    return _of(next(each for each in get_args(hint) if each is not type(None)))


def _field_rules() -> list[Schema]:
    """Return which keys go with which types."""
    rules: list[Schema] = [
        {
            "if": {"required": [key]},
            "then": {"properties": {"type": {"enum": sorted(kind.value for kind in kinds)}}},
        }
        for key, kinds in KEYS.items()
    ]
    rules += [
        {
            "if": {"properties": {"type": {"const": kind.value}}, "required": ["type"]},
            "then": {"required": [key]},
        }
        for key, kind in NEEDED.items()
        if kind is not FieldType.DECIMAL
    ]
    scalars = [kind.value for kind in FieldType if kind not in NOT_SCALAR]
    return [*rules, {"properties": {"items": {"enum": scalars}}}]
