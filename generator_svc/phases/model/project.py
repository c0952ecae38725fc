"""The whole project, resolved once from its spec; every phase renders from it."""

from collections.abc import Iterator
from dataclasses import dataclass

from generator_svc.domain import naming
from generator_svc.domain.spec import (
    OnDelete,
    ProjectSpec,
    Relation,
    RelationKind,
    TechStack,
)
from generator_svc.phases.model import relations, rows, sizes
from generator_svc.phases.model.attributes import Attribute, on_delete_action
from generator_svc.phases.model.entities import EntityModel
from generator_svc.phases.model.names import EntityNames, name_entities
from generator_svc.phases.model.relations import Back, Link, LinkEnd, Names
from generator_svc.phases.model.source import sentence


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectModel:
    """A spec with every name, type and value resolved."""

    spec: ProjectSpec
    entities: tuple[EntityModel, ...]
    """In the order they were written."""

    creation_order: tuple[EntityModel, ...]
    """In an order in which their tables can be created."""

    @property
    def slug(self) -> str:
        """Return the project's name for packages and containers."""
        return naming.bounded(naming.kebab_case(self.spec.name), 50)

    @property
    def title(self) -> str:
        """Return the project's name for people, on one line."""
        return " ".join(self.spec.name.split()) or self.slug

    @property
    def doc(self) -> str:
        """Return what the project is for."""
        return sentence(self.spec.description, otherwise=f"The {naming.words(self.slug)} backend")

    @property
    def auth(self) -> bool:
        """Tell whether users sign in."""
        return self.spec.features.auth

    @property
    def roles(self) -> list[str]:
        """Return every role, `admin` first."""
        return ["admin", *(role for role in self.spec.features.roles if role != "admin")]

    @property
    def docker(self) -> bool:
        """Tell whether it comes with a Dockerfile."""
        return self.spec.features.docker

    @property
    def ci(self) -> bool:
        """Tell whether it comes with a workflow."""
        return self.spec.features.ci

    @property
    def tests(self) -> bool:
        """Tell whether it comes with tests."""
        return self.spec.features.tests

    @property
    def max_body_bytes(self) -> int:
        """Return how large a request may be."""
        return sizes.max_body_bytes(self.spec.entities)

    @property
    def postgres(self) -> bool:
        """Tell whether it runs on PostgreSQL."""
        return self.spec.tech_stack is TechStack.FASTAPI_POSTGRES

    def _any(self, option: str) -> bool:
        return any(getattr(each.entity.options, option) for each in self.entities)

    @property
    def any_timestamps(self) -> bool:
        """Tell whether some entity has timestamps."""
        return self._any("timestamps")

    @property
    def any_soft_delete(self) -> bool:
        """Tell whether some entity keeps deleted rows."""
        return self._any("soft_delete")

    @property
    def any_owner(self) -> bool:
        """Tell whether rows of some entity have owners."""
        return self._any("owner")

    @property
    def any_tenant(self) -> bool:
        """Tell whether rows of some entity have tenants."""
        return self._any("tenant")

    @property
    def scoped(self) -> bool:
        """Tell whether some rows are hidden from some callers."""
        return self.any_owner or self.any_tenant or self.any_soft_delete

    @property
    def any_uuid(self) -> bool:
        """Tell whether some entity is keyed by UUIDs."""
        return any(not each.bigint for each in self.entities)

    @property
    def any_bigint(self) -> bool:
        """Tell whether some entity is keyed by integers."""
        return any(each.bigint for each in self.entities)

    @property
    def any_links(self) -> bool:
        """Tell whether some relation is many-to-many."""
        return any(each.links for each in self.entities)

    @property
    def any_payload(self) -> bool:
        """Tell whether some link has values."""
        return any(link.payload for each in self.entities for link in each.links)

    @property
    def any_access(self) -> bool:
        """Tell whether some route asks for a role."""
        lists = ((a.create, a.read, a.update, a.delete) for a in (e.access for e in self.entities))
        return any(any(roles) for roles in lists)

    @property
    def links(self) -> tuple[Link, ...]:
        """Return every link table."""
        return tuple(link for each in self.entities for link in each.links)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What is known of all entities before each is resolved."""

    names: Names
    attributes: dict[str, tuple[Attribute, ...]]
    links: tuple[Link, ...]
    deferred: frozenset[tuple[str, str]]
    pointing: dict[str, list[tuple[EntityNames, Relation]]]
    """The relations that point to an entity with a key of their own."""

    ends: dict[str, list[LinkEnd]]


def build(spec: ProjectSpec) -> ProjectModel:
    """Resolve a checked spec."""
    names = name_entities(spec.entities)
    order, deferred = _creation_order(names)
    tables = {named.table for named in names.values()}
    links = tuple(
        link for named in names.values() for link in relations.links_of(named, names, tables)
    )
    context = _Context(
        names=names,
        attributes={name: rows.attributes_of(named.entity, names) for name, named in names.items()},
        links=links,
        deferred=deferred,
        pointing=_pointing(names),
        ends=_link_ends(links),
    )
    models = {name: _entity(named, context) for name, named in names.items()}
    return ProjectModel(
        spec=spec,
        entities=tuple(models.values()),
        creation_order=tuple(models[name] for name in order),
    )


def _entity(named: EntityNames, context: _Context) -> EntityModel:
    described = context.attributes[named.name]
    return EntityModel(
        entity=named.entity,
        class_name=named.class_name,
        module=named.module,
        table=named.table,
        plural=named.plural,
        attributes=described,
        model_table=rows.table_of(named, described, context.deferred),
        links=tuple(link for link in context.links if link.source is named),
        backs=tuple(_backs(named, context)),
        link_ends=tuple(context.ends.get(named.name, ())),
        restricted=any(_restricts(named, context)),
    )


def _pointing(names: Names) -> dict[str, list[tuple[EntityNames, Relation]]]:
    found: dict[str, list[tuple[EntityNames, Relation]]] = {}
    for named in names.values():
        for relation in named.entity.relations:
            if relation.kind is not RelationKind.MANY_TO_MANY:
                found.setdefault(relation.target, []).append((named, relation))
    return found


def _restricts(named: EntityNames, context: _Context) -> Iterator[bool]:
    """Look through cascades: what a cascade deletes may itself be in use."""
    seen, todo = {named.name}, [named.name]
    while todo:
        name = todo.pop()
        linking = (link.relation for link in context.links if link.target.name == name)
        yield any(on_delete_action(relation) == "RESTRICT" for relation in linking)
        for other, relation in context.pointing.get(name, ()):
            yield on_delete_action(relation) == "RESTRICT"
            if relation.on_delete is OnDelete.CASCADE and other.name not in seen:
                seen.add(other.name)
                todo.append(other.name)


def _backs(named: EntityNames, context: _Context) -> Iterator[Back]:
    for other, relation in context.pointing.get(named.name, ()):
        if relation.back:
            described = context.attributes[other.name]
            key = next(each for each in described if each.relation is relation)
            yield Back(
                relation=relation,
                entity=other,
                attribute=key.attribute,
                wire=key.wire,
                many=relation.kind is RelationKind.MANY_TO_ONE,
                module=_module(other, named),
            )


def _module(other: EntityNames, named: EntityNames) -> str:
    return "" if other.name == named.name else f"{other.module_words}_"


def _link_ends(links: tuple[Link, ...]) -> dict[str, list[LinkEnd]]:
    found: dict[str, list[LinkEnd]] = {}
    for link in links:
        near = _link_end(link, link.relation.name, link.source, near=True)
        found.setdefault(link.source.name, []).append(near)
        if link.relation.back:
            far = _link_end(link, link.relation.back, link.target, near=False)
            found.setdefault(link.target.name, []).append(far)
    return found


def _link_end(link: Link, name: str, named: EntityNames, *, near: bool) -> LinkEnd:
    other = link.target if near else link.source
    return LinkEnd(
        link=link,
        name=name,
        entity=other,
        near=link.near if near else link.far,
        far=link.far if near else link.near,
        module=_module(other, named),
        link_module=_module(link.source, named),
    )


def _creation_order(names: Names) -> tuple[list[str], frozenset[tuple[str, str]]]:
    """Order tables so that what they point to is there; keys of cycles are added later."""
    waiting = {name: _targets(named, names) - {name} for name, named in names.items()}
    order: list[str] = []
    deferred: set[tuple[str, str]] = set()
    while waiting:
        free = [name for name, targets in waiting.items() if not targets & waiting.keys()]
        for name in free or [next(iter(waiting))]:
            unmet = waiting.pop(name) & waiting.keys()
            deferred |= {(names[name].table, names[target].table) for target in unmet}
            order.append(name)
    return order, frozenset(deferred)


def _targets(named: EntityNames, names: Names) -> set[str]:
    return {
        names[relation.target].name
        for relation in named.entity.relations
        if relation.kind is not RelationKind.MANY_TO_MANY
    }
