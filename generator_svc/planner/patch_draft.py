"""A spec as a draft to speak about, and the patch that what was said amounts to."""

from collections.abc import Container
from typing import Any

from generator_svc.domain.dump import spec_document
from generator_svc.domain.patch import Change
from generator_svc.domain.spec import Entity, JsonValue, ProjectSpec
from generator_svc.planner.assemble import complete, spec_of
from generator_svc.planner.draft import (
    ENTITY_OPTIONS,
    Draft,
    DraftEntity,
    DraftField,
    DraftRelation,
    Origin,
)
from generator_svc.planner.nouns import singular

_KNOWN = Origin(rule="parent")
_SWITCHES = ("auth", "docker", "ci", "tests")


def draft_of(spec: ProjectSpec) -> Draft:
    """Return a draft that holds what a spec holds, to be added to."""
    draft = Draft()
    draft.name = (spec.name, _KNOWN)
    draft.roles = dict.fromkeys(spec.features.roles, _KNOWN)
    for entity in spec.entities:
        draft.entities[singular(entity.name)] = _entity(entity)
    for entity in spec.entities:
        draft.relations += [
            DraftRelation(
                owner=singular(entity.name),
                target=singular(relation.target),
                relation=relation,
                origin=_KNOWN,
            )
            for relation in entity.relations
        ]
    return draft


def changes_of(
    spec: ProjectSpec, draft: Draft, *, required: Container[str]
) -> tuple[list[Change], list[Change], list[str]]:
    """Return what to add, to alter and to drop so that a spec says what a draft says.

    What is added to an entity that is there is optional, for its rows have no value, unless it is
    among `required`.
    """
    complete(draft)
    after: dict[str, Any] = spec_document(spec_of(draft)[0])
    before: dict[str, Any] = spec_document(spec_of(draft_of(spec))[0])
    known = {entity["name"]: entity for entity in before["entities"]}
    add: list[Change] = []
    alter: list[Change] = []
    for entity in after["entities"]:
        old = known.get(entity["name"])
        if old is None:
            keys = {key: value for key, value in entity.items() if key != "name"}
            add.append(Change(target=entity["name"], keys=keys))
        else:
            _compare(old, entity, add, alter, required)
    drop = _features(spec, draft, add, alter)
    return add, alter, drop


def _entity(entity: Entity) -> DraftEntity:
    options = {key: _KNOWN for key in ENTITY_OPTIONS if getattr(entity.options, key)}
    access = {
        action: list(getattr(entity.access, action))
        for action in ("create", "read", "update", "delete")
        if getattr(entity.access, action)
    }
    return DraftEntity(
        name=entity.name,
        origin=_KNOWN,
        description=entity.description,
        fields={field.name: DraftField(field=field, origin=_KNOWN) for field in entity.fields},
        unique_together=entity.unique_together,
        described=True,
        options=options,
        access=access,
    )


def _compare(
    old: dict[str, Any],
    new: dict[str, Any],
    add: list[Change],
    alter: list[Change],
    required: Container[str],
) -> None:
    for section in ("fields", "relations"):
        known = {member["name"]: member for member in old.get(section, [])}
        for member in new.get(section, []):
            target = f"{new['name']}.{member['name']}"
            keys = {key: value for key, value in member.items() if key != "name"}
            if member["name"] not in known:
                if target not in required:
                    keys.pop("required", None)
                add.append(Change(target=target, keys=keys))
            elif changed := _changed(known[member["name"]], member):
                alter.append(Change(target=target, keys=changed))
    nothing: dict[str, JsonValue] = {"options": False, "access": []}
    for key, gone in nothing.items():
        changed = _changed(old.get(key, {}), new.get(key, {}))
        changed = {name: gone if value is None else value for name, value in changed.items()}
        if changed:
            alter.append(Change(target=new["name"], keys={key: changed}))


def _changed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, JsonValue]:
    """Return the keys that differ; null stands for one that is gone."""
    keys: dict[str, JsonValue] = {key: value for key, value in new.items() if old.get(key) != value}
    return keys | {key: None for key in old if key not in new}


def _features(spec: ProjectSpec, draft: Draft, add: list[Change], alter: list[Change]) -> list[str]:
    drop: list[str] = []
    for key in _SWITCHES:
        on, _ = draft.features.get(key, (getattr(spec.features, key), None))
        if on and not getattr(spec.features, key):
            add.append(Change(target=key))
        elif not on and getattr(spec.features, key):
            drop.append(key)
    roles: list[JsonValue] = [role for role in draft.roles if role != "admin"]
    new = [role for role in roles if role not in spec.features.roles]
    if new:
        alter.append(Change(target="features", keys={"roles": [*spec.features.roles, *new]}))
    return drop
