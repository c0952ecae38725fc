"""The small specs that the validator is tried on."""

from typing import Any

from generator_svc.domain.spec import (
    Entity,
    Features,
    Field,
    FieldType,
    ProjectSpec,
    Relation,
    RelationKind,
)
from generator_svc.domain.validate import find_violations

TITLE = Field(name="title", type=FieldType.STRING)
TO_USER = Relation(name="author", kind=RelationKind.MANY_TO_ONE, target="User", back="posts")


def spec_of(*entities: Entity, features: Features | None = None) -> ProjectSpec:
    """Return a project with these entities."""
    return ProjectSpec(name="demo", entities=entities, features=features or Features())


def entity_of(*members: Field | Relation, name: str = "Post", **options: Any) -> Entity:
    """Return an entity with these fields and relations."""
    fields = tuple(member for member in members if isinstance(member, Field))
    relations = tuple(member for member in members if isinstance(member, Relation))
    return Entity(name=name, fields=fields, relations=relations, **options)


def found(spec: ProjectSpec) -> list[tuple[str, str]]:
    """Return the path and the reason of each violation."""
    return [(each.field, each.reason) for each in find_violations(spec).violations]


USER = entity_of(Field(name="email", type=FieldType.EMAIL), name="User")
