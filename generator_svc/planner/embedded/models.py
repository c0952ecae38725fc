"""What every import reads: models with columns and links, before they are planned."""

from dataclasses import dataclass, field, replace

from generator_svc.domain.naming import plural, snake_case
from generator_svc.domain.spec import EntityOptions, Field, OnDelete, Relation, RelationKind
from generator_svc.domain.validate_names import implicit_names
from generator_svc.planner.draft import Draft, DraftField, Origin
from generator_svc.planner.nouns import singular
from generator_svc.planner.request import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of a model to another one."""

    name: str
    target: str
    kind: RelationKind = RelationKind.MANY_TO_ONE
    back: str | None = None
    """The name at the other end; None derives it."""

    required: bool = False
    on_delete: OnDelete | None = None
    many: bool = False
    """Whether the model has many of the target, each of which has one of it."""


@dataclass(slots=True, kw_only=True)
class Model:
    """An entity as an import found it."""

    name: str
    fields: list[tuple[Field, str]] = field(default_factory=list)
    """The fields, each with the rule that gave it its type."""

    links: list[Link] = field(default_factory=list)
    unique_together: list[tuple[str, ...]] = field(default_factory=list)
    soft_delete: bool = False
    start: int = 0
    end: int = 0


def plan_models(models: list[Model], draft: Draft, *, prompt: str, rule: str) -> None:
    """Add models to a draft, each with the span it was read from."""
    for model in models:
        origin = Origin(rule=rule, span=_span(prompt, model))
        entity = draft.entity(model.name, origin)
        entity.described = True
        entity.unique_together = tuple(model.unique_together)
        if model.soft_delete:
            entity.options["soft_delete"] = origin
        taken = set(implicit_names(EntityOptions(soft_delete=model.soft_delete)))
        for each, why in model.fields:
            if snake_case(each.name) not in taken:
                found = Origin(rule=why or rule, span=origin.span)
                entity.fields[each.name] = DraftField(field=each, origin=found)
    for model in models:
        for link in model.links:
            _plan_link(model, link, draft, Origin(rule=rule, span=_span(prompt, model)))


def _plan_link(model: Model, link: Link, draft: Draft, origin: Origin) -> None:
    owner, target = singular(model.name), singular(link.target)
    draft.entity(link.target, replace(origin, rule="entity_in_relation"))
    if link.many:
        draft.has_many(owner, target, link.name, replace(origin, rule="has_many"))
        return
    if link.kind is RelationKind.MANY_TO_MANY:
        draft.many_to_many(owner, target, origin, link.name, link.back or "")
        return
    back = link.back if link.back is not None else _back(owner, target, link.kind)
    usual = OnDelete.RESTRICT if link.required else OnDelete.SET_NULL
    relation = Relation(
        name=link.name,
        kind=link.kind,
        target=target,
        back=back,
        required=link.required,
        on_delete=link.on_delete or usual,
    )
    draft.relate(owner, target, relation, origin)


def _back(owner: str, target: str, kind: RelationKind) -> str:
    if owner == target:
        return "children"
    return owner if kind is RelationKind.ONE_TO_ONE else plural(owner)


def _span(prompt: str, model: Model) -> Span:
    return Span(start=model.start, end=model.end, text=prompt[model.start : model.end])
