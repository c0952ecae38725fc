"""The validator's rules of names: what clashes, and what is welcome."""

import pytest

from generator_svc.domain.spec import (
    EntityOptions,
    Features,
    Field,
    FieldType,
    Relation,
    RelationKind,
)
from generator_svc.domain.validate import find_violations, validate
from tests.unit.generator_svc.domain.specs import TITLE, TO_USER, USER, entity_of, found, spec_of


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (EntityOptions(), "id"),
        (EntityOptions(), "createdAt"),
        (EntityOptions(), "Updated At"),
        (EntityOptions(soft_delete=True), "deleted_at"),
        (EntityOptions(owner=True), "owner-id"),
        (EntityOptions(tenant=True), "tenantId"),
    ],
)
def test_refuses_a_field_that_clashes_with_a_built_in(options: EntityOptions, name: str) -> None:
    """Refuses what would become a column that the entity has anyway."""
    entity = entity_of(Field(name=name, type=FieldType.STRING), options=options)
    features = Features(auth=options.owner or options.tenant)
    assert found(spec_of(entity, features=features)) == [
        ("entities[0].fields[0].name", "NAME_CLASH")
    ]


def test_frees_the_built_in_names_that_are_switched_off() -> None:
    """Lets a field be called created_at where there are no timestamps."""
    created = Field(name="created_at", type=FieldType.DATE)
    deleted = Field(name="deleted_at", type=FieldType.DATE)
    validate(spec_of(entity_of(created, deleted, options=EntityOptions(timestamps=False))))


def test_refuses_fields_that_normalise_to_the_same_name() -> None:
    """Finds twins after normalisation and names both."""
    twin = Field(name="Title", type=FieldType.TEXT)
    violations = find_violations(spec_of(entity_of(TITLE, twin))).violations
    assert [each.field for each in violations] == ["entities[0].fields[1].name"]
    assert "'Title'" in violations[0].message
    assert "'title'" in violations[0].message


@pytest.mark.parametrize(
    ("one", "other"), [("Post", "post"), ("Person", "People"), ("Fish", "fish")]
)
def test_refuses_entities_that_share_a_table(one: str, other: str) -> None:
    """Finds entities that become the same class, table or route."""
    spec = spec_of(entity_of(TITLE, name=one), entity_of(TITLE, name=other))
    assert found(spec) == [("entities[1].name", "NAME_CLASH")]


def test_refuses_a_field_that_clashes_with_a_foreign_key() -> None:
    """Refuses a field named like the key of a relation of its entity."""
    key = Field(name="authorId", type=FieldType.UUID)
    assert found(spec_of(entity_of(key, TO_USER), USER)) == [
        ("entities[0].fields[0].name", "NAME_CLASH")
    ]


def test_refuses_a_back_that_clashes_at_the_other_end() -> None:
    """Refuses a back named like a field of the target."""
    user = entity_of(Field(name="posts", type=FieldType.INTEGER), name="User")
    assert found(spec_of(entity_of(TO_USER), user)) == [
        ("entities[0].relations[0].back", "NAME_CLASH")
    ]


def test_refuses_a_link_table_that_clashes_with_an_entity() -> None:
    """Refuses a many-to-many whose table an entity has already."""
    link = Relation(name="tags", kind=RelationKind.MANY_TO_MANY, target="Tag")
    spec = spec_of(entity_of(link), entity_of(TITLE, name="Tag"), entity_of(TITLE, name="PostTag"))
    assert found(spec) == [("entities[0].relations[0].name", "NAME_CLASH")]


@pytest.mark.parametrize(
    "name", ["class", "metadata", "select", "naïve Größe", "名前", "x" * 60, "2fa", "model_config"]
)
def test_accepts_hostile_names(name: str) -> None:
    """Leaves keywords, SQL words, Unicode and long names to the templates, which cope."""
    field = Field(name=name, type=FieldType.STRING)
    validate(spec_of(entity_of(field, name=name)))
