"""Changes of a spec: what a patch says, and what of the stored data it would lose."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from generator_svc.domain.literals import BOUNDED, comparable
from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import Entity, Field, JsonValue, ProjectSpec, Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something to add, or to alter."""

    target: str
    """What: `entity`, `entity.field`, `entity.relation` or a feature, such as `auth`."""

    keys: Mapping[str, JsonValue] = field(default_factory=dict)
    """Its keys as in a spec document: all of them to add it, the changed ones to alter it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A name to replace by another; rows and edits follow."""

    target: str
    to: str
    """The new name, without its entity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecPatch:
    """Everything to change: drops come first, then alterations, renames and additions.

    So drops, alterations and renames name what was there before, additions what is there after.
    """

    add: tuple[Change, ...] = ()
    alter: tuple[Change, ...] = ()
    rename: tuple[Rename, ...] = ()
    drop: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.add or self.alter or self.rename or self.drop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Stored data that a change would drop or could refuse."""

    target: str
    """The entity, field or relation, by its name before the change, or the feature."""

    reason: str
    """`DROPPED` or `NARROWED`."""

    message: str
    """What would be lost."""


def find_losses(before: ProjectSpec, after: ProjectSpec, patch: SpecPatch) -> tuple[Loss, ...]:
    """Return what of the data stored under one spec another one could not keep."""
    renamed = {rename.target: rename.to for rename in patch.rename}
    remaining = {entity.name: entity for entity in after.entities}
    losses: list[Loss] = []
    if before.features.auth and not after.features.auth:
        message = "All accounts would be deleted."
        losses.append(Loss(target="auth", reason="DROPPED", message=message))
    for entity in before.entities:
        kept = remaining.get(renamed.get(entity.name, entity.name))
        if kept is None:
            message = f"All rows of {entity.name} would be deleted."
            losses.append(Loss(target=entity.name, reason="DROPPED", message=message))
        else:
            losses += _option_losses(entity, kept)
            losses += _member_losses(entity, kept, renamed)
    return tuple(losses)


def _option_losses(before: Entity, after: Entity) -> Iterator[Loss]:
    """What the project itself keeps of each row."""
    name, old, new = before.name, before.options, after.options
    if old.primary_key is not new.primary_key:
        message = f"All rows of {name}, and all links to them, would be deleted: their keys change."
        yield Loss(target=name, reason="DROPPED", message=message)
    for option, message in _KEPT_BY_OPTIONS.items():
        if getattr(old, option) and not getattr(new, option):
            yield Loss(target=name, reason="DROPPED", message=message.format(name))
    for option in ("owner", "tenant"):
        if getattr(new, option) and not getattr(old, option):
            message = f"{name}: rows that are there have no {option}; the first account's is taken."
            yield Loss(target=name, reason="NARROWED", message=message)


_KEPT_BY_OPTIONS = {
    "timestamps": "When rows of {} were created and changed would be forgotten.",
    "soft_delete": "Rows of {} that are marked as deleted would be deleted for good.",
    "owner": "Who owns which row of {} would be forgotten.",
    "tenant": "Which tenant each row of {} belongs to would be forgotten.",
}


def _member_losses(before: Entity, after: Entity, renamed: Mapping[str, str]) -> Iterator[Loss]:
    fields = {each.name: each for each in after.fields}
    relations = {each.name: each for each in after.relations}
    for old in before.fields:
        target = f"{before.name}.{old.name}"
        new = fields.get(renamed.get(target, old.name))
        if new is None:
            yield _dropped(target, "values")
        elif narrowing := "; ".join(_narrowings(old, new)):
            yield Loss(target=target, reason="NARROWED", message=f"{target}: {narrowing}.")
    for link in before.relations:
        target = f"{before.name}.{link.name}"
        kept = relations.get(renamed.get(target, link.name))
        if kept is None:
            yield _dropped(target, "links")
        elif changed := _changed_link(link, kept, renamed):
            yield Loss(target=target, reason="NARROWED", message=f"{target}: {changed}.")
    yield from _new_demands(before, after, renamed)


def _dropped(target: str, what: str) -> Loss:
    return Loss(
        target=target, reason="DROPPED", message=f"The {what} of {target} would be deleted."
    )


def _changed_link(before: Relation, after: Relation, renamed: Mapping[str, str]) -> str:
    target = renamed.get(before.target, before.target)
    if (before.kind, target) != (after.kind, after.target):
        return "links of another kind or to another entity do not carry over"
    return "rows without it are refused" if after.required and not before.required else ""


def _new_demands(before: Entity, after: Entity, renamed: Mapping[str, str]) -> Iterator[Loss]:
    """What rows that are there already could not meet."""
    known = {each.name for each in before.fields} | {each.name for each in before.relations}
    known |= {renamed.get(f"{before.name}.{name}", name) for name in known}
    demanded = [each.name for each in after.fields if each.required and not each.has_default]
    demanded += [each.name for each in after.relations if each.required]
    for name in demanded:
        if name not in known:
            message = f"{before.name}.{name} is required, and rows that are there have none."
            yield Loss(target=f"{before.name}.{name}", reason="NARROWED", message=message)
    old = {tuple(sorted(map(snake_case, group))) for group in before.unique_together}
    for group in after.unique_together:
        if tuple(sorted(map(snake_case, group))) not in old:
            message = f"{before.name}: rows with the same {', '.join(group)} are refused."
            yield Loss(target=before.name, reason="NARROWED", message=message)


def _narrowings(before: Field, after: Field) -> Iterator[str]:
    if before.type is not after.type or before.items is not after.items:
        if (before.type, after.type) not in _WIDER:
            yield f"{before.type} becomes {after.type}"
        return
    if after.required and not before.required and not after.has_default:
        yield "rows without a value are refused"
    if after.unique and not before.unique:
        yield "rows with the same value are refused"
    if missing := [value for value in before.values if value not in after.values]:
        yield f"the values {', '.join(missing)} are gone"
    for key in ("max_length", "precision", "scale"):
        yield from _less(key, getattr(before, key), getattr(after, key))
    if (after.min_length or 0) > (before.min_length or 0):
        yield f"values shorter than {after.min_length} are refused"
    yield from _closer(before, after)
    if after.pattern is not None and after.pattern != before.pattern:
        yield "values that do not match the new pattern are refused"


_WIDER = frozenset(
    {("string", "text"), ("slug", "string"), ("email", "string"), ("url", "string")}
    | {("integer", "bigint"), ("slug", "text"), ("email", "text"), ("url", "text")}
    | {("enum", "string"), ("enum", "text"), ("uuid", "string")}
)


def _less(key: str, before: int | None, after: int | None) -> Iterator[str]:
    if after is not None and (before is None or after < before):
        yield f"{key} falls from {before or 'none'} to {after}"


def _closer(before: Field, after: Field) -> Iterator[str]:
    if after.type not in BOUNDED:
        return
    for key, sign in (("minimum", 1), ("maximum", -1)):
        old, new = getattr(before, key), getattr(after, key)
        if new is None or new == old:
            continue
        if old is None or _order(after, old, new) == sign:
            yield f"values beyond the new {key} {new} are refused"


def _order(field: Field, old: str, new: str) -> int:
    """Return 1 if the new bound is greater, -1 if it is less, 0 if they are equal."""
    one, other = comparable(field.type, old), comparable(field.type, new)
    return (other > one) - (other < one)  # type: ignore[operator]
