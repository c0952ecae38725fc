"""Writes a spec down in its one canonical form: defaults left out, members in the spec's order."""

from collections.abc import Iterable
from dataclasses import MISSING, fields
from enum import Enum
from typing import Any

import yaml

from generator_svc.domain.patch import Change, SpecPatch
from generator_svc.domain.spec import Entity, Field, JsonValue, OnDelete, ProjectSpec, Relation

Document = dict[str, JsonValue]

_ODD_BREAKS = frozenset("\x85\u2028\u2029")
_ALWAYS = frozenset({"name", "type", "kind", "target"})


def spec_document(spec: ProjectSpec) -> Document:
    """Return a spec as the document that would be read back into the same spec."""
    document = _written(spec, leave_out={"entities", "features", "tech_stack"})
    document["entities"] = [_entity(entity) for entity in spec.entities]
    document |= _section("features", _written(spec.features))
    document["tech_stack"] = spec.tech_stack.value
    return document


def spec_yaml(spec: ProjectSpec) -> str:
    """Return a spec as YAML; the same spec gives the same text."""
    text: str = yaml.dump(
        spec_document(spec), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def patch_document(patch: SpecPatch) -> Document:
    """Return a patch as the document that would be read back into the same patch."""
    sections: dict[str, list[JsonValue]] = {
        "add": [_change(change) for change in patch.add],
        "alter": [_change(change) for change in patch.alter],
        "rename": [{"target": each.target, "to": each.to} for each in patch.rename],
        "drop": list(patch.drop),
    }
    return {name: items for name, items in sections.items() if items}


def patch_yaml(patch: SpecPatch) -> str:
    """Return a patch as YAML; the same patch gives the same text."""
    text: str = yaml.dump(
        patch_document(patch), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100
    )
    return text


def _change(change: Change) -> Document:
    """Return one change; a relation has a `target` of its own, so the change is named otherwise."""
    naming = "entity.relation" if "target" in change.keys else "target"
    return {naming: change.target, **change.keys}


class _Dumper(yaml.SafeDumper):
    """Escapes the line breaks that only Unicode knows; YAML would fold them into spaces."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = '"' if _ODD_BREAKS & set(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)


def _entity(entity: Entity) -> Document:
    document = _written(
        entity, leave_out={"fields", "relations", "unique_together", "options", "access"}
    )
    groups: list[JsonValue] = [list(group) for group in entity.unique_together]
    document |= _section("fields", [_field(field) for field in entity.fields])
    document |= _section("relations", [_relation(relation) for relation in entity.relations])
    document |= _section("unique_together", groups)
    document |= _section("options", _written(entity.options))
    document |= _section("access", _written(entity.access))
    return document


def _field(field: Field) -> Document:
    document = _written(field, leave_out={"default", "has_default"})
    if field.has_default:
        document["default"] = field.default
    return document


def _relation(relation: Relation) -> Document:
    document = _written(relation, leave_out={"on_delete", "payload"})
    usual = OnDelete.RESTRICT if relation.required else OnDelete.SET_NULL
    if relation.on_delete is not usual:
        document["on_delete"] = relation.on_delete.value
    return document | _section("payload", [_field(field) for field in relation.payload])


def _section(key: str, content: JsonValue) -> Document:
    return {key: content} if content else {}


def _written(value: Any, *, leave_out: Iterable[str] = ()) -> Document:
    document: Document = {}
    for each in fields(value):
        content = getattr(value, each.name)
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if each.name not in leave_out and (each.name in _ALWAYS or content != default):
            document[each.name] = _plain(content)
    return document


def _plain(content: Any) -> JsonValue:
    if isinstance(content, Enum):
        return str(content.value)
    return list(content) if isinstance(content, tuple) else content
