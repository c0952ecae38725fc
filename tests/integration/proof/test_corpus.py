"""The corpus says what it claims to say."""

import keyword
from itertools import product

import pytest

from generator_svc.domain.spec import Entity, FieldType, OnDelete, RelationKind
from tests.corpus.loading import load, spec_names


def entities() -> list[Entity]:
    """Return every entity of the corpus."""
    return [entity for name in spec_names() for entity in load(name).entities]


def test_there_are_enough_specs() -> None:
    """Holds at least 25 specs."""
    assert len(spec_names()) >= 25


@pytest.mark.parametrize("name", spec_names())
def test_each_spec_is_valid(name: str) -> None:
    """Passes the checks that every user's spec must pass."""
    assert load(name).entities


def test_every_type_appears_bare_and_required() -> None:
    """Has each type of field without any constraint, and required."""
    fields = [field for entity in entities() for field in entity.fields]
    assert {field.type for field in fields} == set(FieldType)
    assert {field.items for field in fields} >= set(FieldType) - {
        FieldType.ARRAY,
        FieldType.BINARY,
        FieldType.ENUM,
        FieldType.JSON,
    }
    assert {field.type for field in fields if field.required} == set(FieldType)


CONSTRAINTS = (
    "min_length max_length pattern unique index has_default"
    " minimum maximum immutable write_only read_only"
)


@pytest.mark.parametrize("constraint", CONSTRAINTS.split())
def test_every_constraint_appears(constraint: str) -> None:
    """Has each constraint somewhere."""
    assert any(getattr(field, constraint) for entity in entities() for field in entity.fields)


def test_every_relation_appears() -> None:
    """Has each kind with each on_delete, required and not, and both to itself."""
    relations = [(entity, relation) for entity in entities() for relation in entity.relations]
    shapes = {(one.kind, one.on_delete, one.required) for _, one in relations}
    to_one = (RelationKind.MANY_TO_ONE, RelationKind.ONE_TO_ONE)
    assert shapes >= set(product(to_one, OnDelete, [False]))
    assert shapes >= set(product(to_one, [OnDelete.CASCADE, OnDelete.RESTRICT], [True]))
    to_self = {one.kind for entity, one in relations if one.target == entity.name}
    assert to_self == set(RelationKind)
    assert any(one.payload for _, one in relations)


def test_every_keyword_is_an_entity_and_a_field() -> None:
    """Has each keyword of Python as both."""
    words = set(keyword.kwlist)
    assert words <= {entity.name for entity in entities()}
    assert words <= {field.name for entity in entities() for field in entity.fields}


def test_one_spec_is_large() -> None:
    """Has thirty entities with three hundred fields."""
    spec = load("thirty_entities")
    assert len(spec.entities) == 30
    assert sum(len(entity.fields) for entity in spec.entities) == 300
