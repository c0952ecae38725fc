"""Completes a draft and turns it into a spec: catalogue, defaults, names, features, sources."""

from collections.abc import Iterable
from dataclasses import replace

from generator_svc.domain.naming import plural, snake_case
from generator_svc.domain.spec import (
    Access,
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    ProjectSpec,
    Relation,
    RelationKind,
    TechStack,
)
from generator_svc.domain.validate_names import implicit_names
from generator_svc.planner.catalogue import Catalogue, catalogue
from generator_svc.planner.document import DEFAULT_NAME
from generator_svc.planner.draft import (
    ENTITY_OPTIONS,
    Draft,
    DraftEntity,
    DraftField,
    DraftRelation,
    Origin,
)
from generator_svc.planner.field_types import default_fields, is_record
from generator_svc.planner.links import BY_VERB
from generator_svc.planner.nouns import singular
from generator_svc.planner.request import Source

_WHO = frozenset({"user", "tenant"})
_PEOPLE = frozenset({"User", "Customer", "Member", "Person"})
"""Who uses a project, after whom it is named last."""


def complete(draft: Draft) -> None:
    """Fill in what the prompt left to its domain and to the defaults."""
    for link in draft.relations:
        for key in (link.owner, link.target):
            draft.entity(key, replace(link.origin, rule="entity_in_relation"))
    if not draft.entities and draft.domain is None and draft.managed is not None:
        draft.entity(*draft.managed)
    if draft.domain is not None:
        book = catalogue(draft.domain[0])
        if book is not None:
            _apply_catalogue(draft, book, draft.domain[1])
    for key, entity in draft.entities.items():
        if not entity.fields and not _is_link(draft, key):
            _give_fields(entity)
    _find_contradictions(draft)
    _drop_shadowed(draft)
    _imply_auth(draft)


def spec_of(draft: Draft) -> tuple[ProjectSpec, tuple[Source, ...]]:
    """Return the spec of a draft and where its items come from, in the spec's order."""
    name, origin = draft.name or _derived_name(draft)
    sources = [_source("name", origin)]
    entities = []
    relations = _with_free_backs(draft)
    for index, (key, entity) in enumerate(draft.entities.items()):
        own = [each for each in relations if each.owner == key]
        entities.append(_entity(draft, entity, own))
        sources += _entity_sources(f"entities[{index}]", draft, entity, own)
    spec = ProjectSpec(
        name=name,
        entities=tuple(entities),
        features=_features(draft),
        tech_stack=draft.tech_stack[0] if draft.tech_stack else TechStack.FASTAPI_POSTGRES,
    )
    sources += [_source(f"features.{key}", origin) for key, (_, origin) in _project_features(draft)]
    sources += [
        _source(f"features.roles[{index}]", origin)
        for index, origin in enumerate(origin for role, origin in _roles(draft))
    ]
    if draft.tech_stack is not None:
        sources.append(_source("tech_stack", draft.tech_stack[1]))
    return spec, tuple(sources)


def _give_fields(entity: DraftEntity) -> None:
    """Give an entity that is only named what its kind usually has, or a name."""
    named = Field(name="name", type=FieldType.STRING, required=True, max_length=200)
    rule = "default_fields" if default_fields(entity.name) else "default_name_field"
    for field in default_fields(entity.name) or (named,):
        entity.fields[field.name] = DraftField(field=field, origin=Origin(rule=rule))


# ---- the catalogue


def _apply_catalogue(draft: Draft, book: Catalogue, domain: Origin) -> None:
    origin = Origin(rule=f"catalogue_{book.domain}_v{book.version}", span=domain.span)
    if not draft.entities:
        for each in book.entities:
            if each.name not in book.optional and singular(each.name) not in draft.excluded:
                draft.entity(each.name, origin)
    keys = _matches(draft, book)
    for name, key in keys.items():
        known, entity = book.entity(name), draft.entities[key]
        if known is None or entity.described:
            continue
        entity.description = known.description
        entity.unique_together = known.unique_together
        for field in known.fields:
            if field.name not in entity.fields:
                entity.fields[field.name] = DraftField(field=field, origin=origin)
    _apply_links(draft, book, keys, origin)


def _matches(draft: Draft, book: Catalogue) -> dict[str, str]:
    """Return the catalogue's entities that are planned, each with the key of the planned one."""
    keys: dict[str, str] = {}
    for key, entity in draft.entities.items():
        if any(each.name == entity.name for each in book.entities):
            keys[entity.name] = key
    for key, entity in draft.entities.items():
        own = book.aliases.get(entity.name)
        if own is not None and key not in keys.values():
            keys.setdefault(own, key)
    return keys


def _apply_links(draft: Draft, book: Catalogue, keys: dict[str, str], origin: Origin) -> None:
    said = list(draft.relations)
    for name, key in keys.items():
        known = book.entity(name)
        for relation in known.relations if known is not None else ():
            target = keys.get(relation.target)
            if target is None or relation.name in draft.entities[key].fields:
                continue
            link = _renamed(relation, name, key, target)
            between = [each for each in said if {each.owner, each.target} == {key, target}]
            if not between:
                draft.relate(key, target, link, origin)
            elif _is_vague(between, key, link):
                between[0].relation = link


def _renamed(relation: Relation, name: str, key: str, target: str) -> Relation:
    """Name a relation after the planned entities, where it is named after the catalogue's."""
    usual, back = snake_case(relation.target), plural(name)
    return replace(
        relation,
        name=target if relation.name == usual else relation.name,
        back=plural(key) if relation.back == back else relation.back,
        target=target,
    )


def _is_vague(between: list[DraftRelation], key: str, link: Relation) -> bool:
    """Tell whether the prompt only says that two entities are related, not how."""
    said = between[0]
    vague = said.origin.rule in {BY_VERB, "has_many"} and said.relation.kind is link.kind
    return vague and len(between) == 1 and said.owner == key


# ---- defaults


def _is_link(draft: Draft, key: str) -> bool:
    """Tell whether an entity stands between others and needs nothing of its own."""
    ends = [each for each in draft.relations if each.owner == key]
    return sum(each.relation.required for each in ends) > 1 or (bool(ends) and is_record(key))


def _find_contradictions(draft: Draft) -> None:
    """Record pairs of entities that are said to be both one to many and many to one."""
    for one in draft.relations:
        for other in draft.relations:
            if _contradict(one, other):
                message = (
                    f"{draft.entities[one.owner].name} is said to have one {one.target}, and to"
                    f" have many: say which, or name the second relation differently."
                )
                draft.faults.append(("CONTRADICTION", message, other.origin.span))


def _contradict(one: DraftRelation, other: DraftRelation) -> bool:
    if one is other or one.relation.kind is RelationKind.MANY_TO_MANY:
        return False
    if one.relation.name != one.target or one.owner == one.target:
        return False
    opposite = (other.owner, other.target) == (one.target, one.owner)
    reversed_many = opposite and other.origin.rule == "has_many"
    both = {other.owner, other.target} == {one.owner, one.target}
    many = both and other.origin.rule == "many_to_many"
    return one.origin.rule != "has_many" and (reversed_many or many)


def _drop_shadowed(draft: Draft) -> None:
    """Drop what an entity has anyway: `id`, `created_at`, the key of a relation."""
    for key, entity in draft.entities.items():
        built_in = set(implicit_names(_options(draft, entity)))
        built_in |= {each.relation.name for each in draft.relations if each.owner == key}
        built_in |= {f"{each.relation.name}_id" for each in draft.relations if each.owner == key}
        for name in [name for name in entity.fields if snake_case(name) in built_in]:
            del entity.fields[name]


def _imply_auth(draft: Draft) -> None:
    needs = bool(draft.roles) or draft.is_on("owner") or draft.is_on("tenant")
    for entity in draft.entities.values():
        needs = needs or bool({"owner", "tenant"} & entity.options.keys()) or bool(entity.access)
    if needs:
        draft.set_feature("auth", Origin(rule="implied_by_access"))


# ---- the spec


def _entity(draft: Draft, entity: DraftEntity, links: Iterable[DraftRelation]) -> Entity:
    return Entity(
        name=entity.name,
        description=entity.description,
        fields=tuple(each.field for each in entity.fields.values()),
        relations=tuple(_relation(draft, each) for each in links),
        unique_together=entity.unique_together,
        options=_options(draft, entity),
        access=Access(**{action: tuple(roles) for action, roles in entity.access.items()}),
    )


def _relation(draft: Draft, link: DraftRelation) -> Relation:
    return replace(link.relation, target=draft.entities[link.target].name)


def _options(draft: Draft, entity: DraftEntity) -> EntityOptions:
    on = {key for key in ENTITY_OPTIONS if draft.is_on(key) and _applies(key, entity)}
    on |= entity.options.keys()
    timestamps = draft.features.get("timestamps", (True, None))[0]
    return EntityOptions(
        timestamps=timestamps,
        soft_delete="soft_delete" in on,
        owner="owner" in on,
        tenant="tenant" in on,
    )


def _applies(option: str, entity: DraftEntity) -> bool:
    return option == "soft_delete" or singular(entity.name) not in _WHO


def _features(draft: Draft) -> Features:
    return Features(
        auth=draft.is_on("auth"),
        roles=tuple(role for role, _ in _roles(draft)),
        docker=draft.features.get("docker", (True, None))[0],
        ci=draft.features.get("ci", (True, None))[0],
        tests=draft.features.get("tests", (True, None))[0],
    )


def _roles(draft: Draft) -> list[tuple[str, Origin]]:
    return [(role, origin) for role, origin in draft.roles.items() if role != "admin"]


def _project_features(draft: Draft) -> list[tuple[str, tuple[bool, Origin]]]:
    shown = ("auth", "docker", "ci", "tests")
    return [(key, draft.features[key]) for key in shown if key in draft.features]


def _with_free_backs(draft: Draft) -> list[DraftRelation]:
    """Return the relations with backs that clash with nothing at the other end."""
    taken: dict[str, set[str]] = {}
    for key, entity in draft.entities.items():
        names = {snake_case(name) for name in entity.fields}
        names |= set(implicit_names(_options(draft, entity)))
        for each in draft.relations:
            if each.owner == key:
                names |= {each.relation.name, f"{each.relation.name}_id"}
        taken[key] = names
    return [_with_free_back(each, taken[each.target]) for each in draft.relations]


def _with_free_back(link: DraftRelation, taken: set[str]) -> DraftRelation:
    wanted = link.relation.back
    free = [name for name in (wanted, f"{link.relation.name}_{wanted}") if name not in taken]
    back = free[0] if wanted and free else ""
    taken.add(back)
    return replace(link, relation=replace(link.relation, back=back))


def _derived_name(draft: Draft) -> tuple[str, Origin]:
    entities = list(draft.entities.values())
    first = next((each for each in entities if each.name not in _PEOPLE), None)
    first = first or next(iter(entities), None)
    name = plural(first.name).replace("_", "-") if first is not None else DEFAULT_NAME
    return name, Origin(rule="name_from_entities" if first is not None else "default_name")


# ---- sources


def _source(path: str, origin: Origin) -> Source:
    return Source(path=path, rule=origin.rule, span=origin.span)


def _entity_sources(
    path: str, draft: Draft, entity: DraftEntity, links: list[DraftRelation]
) -> list[Source]:
    sources = [_source(path, entity.origin)]
    sources += [
        _source(f"{path}.fields[{index}]", each.origin)
        for index, each in enumerate(entity.fields.values())
    ]
    sources += [
        _source(f"{path}.relations[{index}]", each.origin) for index, each in enumerate(links)
    ]
    sources += [
        _source(f"{path}.options.{key}", draft.features[key][1])
        for key in (*ENTITY_OPTIONS, "timestamps")
        if key in draft.features and (key == "timestamps" or _applies(key, entity))
    ]
    sources += [_source(f"{path}.options.{key}", each) for key, each in entity.options.items()]
    return sources
