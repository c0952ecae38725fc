"""Applies a patch to a spec, whoever made it: one way, through the one validator."""

import copy
from difflib import get_close_matches
from typing import Any, cast

from generator_svc.domain.dump import spec_document
from generator_svc.domain.naming import snake_case
from generator_svc.domain.patch import Change, Rename, SpecPatch
from generator_svc.domain.refusal import SPEC_INVALID, Findings
from generator_svc.domain.spec import JsonValue, ProjectSpec
from generator_svc.domain.validate import validate
from generator_svc.domain.validate_fields import KEYS
from generator_svc.planner.document import spec_from_tree
from generator_svc.planner.patch_document import FEATURES

_SECTIONS = ("fields", "relations")
_Document = dict[str, Any]


def apply_patch(spec: ProjectSpec, patch: SpecPatch) -> ProjectSpec:
    """Return a spec with a patch applied, checked.

    Raises:
        InvalidInputError: A target is unknown or taken, or the result breaks a rule.
    """
    document = cast("_Document", copy.deepcopy(spec_document(spec)))
    findings = Findings()
    for index, target in enumerate(patch.drop):
        _drop(document, target, f"spec_patch.drop[{index}]", findings)
    for index, change in enumerate(patch.alter):
        _alter(document, change, f"spec_patch.alter[{index}]", findings)
    for index, rename in enumerate(patch.rename):
        _rename(document, rename, f"spec_patch.rename[{index}]", findings)
    for index, change in enumerate(patch.add):
        _add(document, change, f"spec_patch.add[{index}]", findings)
    findings.raise_if_any(reason=SPEC_INVALID)
    patched = spec_from_tree(document)
    validate(patched)
    return patched


# ---- one change each


def _rename(document: _Document, rename: Rename, path: str, findings: Findings) -> None:
    entity = _entity(document, rename.target, path, findings)
    if entity is None:
        return
    if "." not in rename.target:
        _rename_entity(document, entity, rename.to)
        return
    member = _member(entity, rename.target, path, findings)
    if member is not None:
        old = member["name"]
        member["name"] = rename.to
        for group in entity.get("unique_together", []):
            group[:] = [rename.to if name == old else name for name in group]


def _rename_entity(document: _Document, entity: _Document, to: str) -> None:
    old = entity["name"]
    entity["name"] = to
    for each in document["entities"]:
        for relation in each.get("relations", []):
            relation["target"] = to if relation["target"] == old else relation["target"]


def _drop(document: _Document, target: str, path: str, findings: Findings) -> None:
    if target in FEATURES:
        document.setdefault("features", {})[target] = False
        return
    entity = _entity(document, target, path, findings)
    if entity is None:
        return
    if "." not in target:
        _drop_entity(document, entity)
        return
    member = _member(entity, target, path, findings)
    if member is None:
        return
    for section in _SECTIONS:
        entity[section] = [each for each in entity.get(section, []) if each is not member]
    groups = entity.get("unique_together", [])
    entity["unique_together"] = [group for group in groups if member["name"] not in group]


def _drop_entity(document: _Document, entity: _Document) -> None:
    document["entities"] = [each for each in document["entities"] if each is not entity]
    for each in document["entities"]:
        lost = {r["name"] for r in each.get("relations", []) if r["target"] == entity["name"]}
        each["relations"] = [r for r in each.get("relations", []) if r["name"] not in lost]
        groups = each.get("unique_together", [])
        each["unique_together"] = [group for group in groups if not lost & set(group)]


def _alter(document: _Document, change: Change, path: str, findings: Findings) -> None:
    if change.target == "features":
        document.setdefault("features", {}).update(change.keys)
        return
    entity = _entity(document, change.target, path, findings)
    if entity is None:
        return
    found = entity
    if "." in change.target:
        member = _member(entity, change.target, path, findings)
        if member is None:
            return
        found = member
    if "." in change.target and change.keys.get("type", found.get("type")) != found.get("type"):
        _forget_type(found, str(change.keys["type"]))
    for key, value in change.keys.items():
        _set(found, key, value)


def _forget_type(field: _Document, kind: str) -> None:
    """Remove what does not go with the new type, and the default, which is of the old one."""
    for key, kinds in KEYS.items():
        if key in field and kind not in kinds:
            del field[key]
    field.pop("default", None)


def _set(found: _Document, key: str, value: JsonValue) -> None:
    """Set a key; null removes it, and options and access are merged."""
    if value is None and key != "default":
        found.pop(key, None)
    elif key in {"options", "access"} and isinstance(value, dict):
        found.setdefault(key, {}).update(value)
    else:
        found[key] = value


def _add(document: _Document, change: Change, path: str, findings: Findings) -> None:
    if change.target in FEATURES:
        document.setdefault("features", {})[change.target] = True
        return
    if "." not in change.target:
        document["entities"].append({"name": change.target, **change.keys})
        return
    entity = _entity(document, change.target, path, findings)
    if entity is not None:
        section = "relations" if {"kind", "target"} & change.keys.keys() else "fields"
        name = change.target.partition(".")[2]
        entity.setdefault(section, []).append({"name": name, **change.keys})


def _entity(document: _Document, target: str, path: str, findings: Findings) -> _Document | None:
    name = target.partition(".")[0]
    names = [str(each["name"]) for each in document["entities"]]
    for each in document["entities"]:
        if snake_case(str(each["name"])) == snake_case(name):
            return cast("_Document", each)
    _tell_unknown(f"{path}.target", name, [*names, *FEATURES], findings)
    return None


def _member(entity: _Document, target: str, path: str, findings: Findings) -> _Document | None:
    name = target.partition(".")[2]
    members = [each for section in _SECTIONS for each in entity.get(section, [])]
    for each in members:
        if snake_case(str(each["name"])) == snake_case(name):
            return cast("_Document", each)
    names = [f"{entity['name']}.{each['name']}" for each in members]
    _tell_unknown(f"{path}.target", target, names, findings)
    return None


def _tell_unknown(path: str, name: str, known: list[str], findings: Findings) -> None:
    close = get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    findings.add(
        path, "UNKNOWN_TARGET", f"There is no {name!r}.{hint} There are {', '.join(known)}."
    )
