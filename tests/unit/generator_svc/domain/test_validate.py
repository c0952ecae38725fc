"""The validator: each rule, told with its path, its reason and a way out."""

import pytest

from chassis.errors import InvalidInputError
from generator_svc.domain.limits import Limits
from generator_svc.domain.spec import (
    Access,
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    OnDelete,
    ProjectSpec,
    Relation,
    RelationKind,
    TechStack,
)
from generator_svc.domain.validate import find_violations, validate
from tests.unit.generator_svc.domain.specs import TITLE, USER, entity_of, found, spec_of


def test_accepts_the_spec_of_the_contract() -> None:
    """Accepts a spec that uses most of what there is."""
    post = Entity(
        name="Post",
        fields=(
            Field(
                name="title",
                type=FieldType.STRING,
                required=True,
                min_length=1,
                max_length=80,
                pattern=r"^\S",
                unique=True,
                index=True,
            ),
            Field(
                name="status",
                type=FieldType.ENUM,
                values=("draft", "published"),
                has_default=True,
                default="draft",
            ),
            Field(
                name="price",
                type=FieldType.DECIMAL,
                precision=12,
                scale=2,
                minimum="0",
                maximum="1000",
            ),
            Field(name="scores", type=FieldType.ARRAY, items=FieldType.INTEGER, immutable=True),
        ),
        relations=(
            Relation(
                name="author",
                kind=RelationKind.MANY_TO_ONE,
                target="User",
                back="posts",
                required=True,
                on_delete=OnDelete.CASCADE,
            ),
            Relation(
                name="tags",
                kind=RelationKind.MANY_TO_MANY,
                target="Tag",
                back="posts",
                payload=(Field(name="weight", type=FieldType.INTEGER),),
            ),
        ),
        unique_together=(("title", "author"),),
        options=EntityOptions(soft_delete=True, owner=True, tenant=True),
        access=Access(create=("admin", "editor")),
    )
    tag = entity_of(Field(name="name", type=FieldType.STRING), name="Tag")
    features = Features(auth=True, roles=("admin", "editor"))
    validate(spec_of(post, USER, tag, features=features))


def test_refuses_with_path_reason_and_way_out() -> None:
    """Raises one error whose violation names the path, the rule and a way out."""
    bad = Field(name="title", type=FieldType.STRING, min_length=9, max_length=3)
    with pytest.raises(InvalidInputError) as caught:
        validate(spec_of(USER, entity_of(TITLE, name="Tag"), entity_of(bad)))
    assert caught.value.reason == "SPEC_INVALID"
    [violation] = caught.value.violations
    assert violation.field == "entities[2].fields[0].max_length"
    assert violation.reason == "IMPOSSIBLE_BOUNDS"
    assert violation.message == "max_length 3 is less than min_length 9. Swap or change them."
    assert str(caught.value).startswith("entities[2].fields[0].max_length: max_length 3 is less")


def test_refuses_a_project_without_entities() -> None:
    """Never invents something to store."""
    assert found(spec_of()) == [("entities", "NO_ENTITY")]


@pytest.mark.parametrize(
    ("group", "path", "reason"),
    [
        (("title",), "", "GROUP_TOO_SMALL"),
        (("title", "title"), "", "GROUP_TOO_SMALL"),
        (("title", "nothing"), "[1]", "UNKNOWN_MEMBER"),
        (("title", "body"), "[1]", "NOT_INDEXABLE"),
    ],
)
def test_refuses_a_bad_unique_group(group: tuple[str, ...], path: str, reason: str) -> None:
    """Refuses groups that are no groups or name what cannot be compared."""
    body = Field(name="body", type=FieldType.TEXT)
    entity = entity_of(TITLE, body, unique_together=(group,))
    assert found(spec_of(entity)) == [(f"entities[0].unique_together[0]{path}", reason)]


def test_refuses_more_than_the_limits() -> None:
    """Holds a spec to its limits before it looks any closer."""
    limits = Limits(entities=1, fields=1)
    crowded = spec_of(entity_of(TITLE, TITLE), USER)
    violations = find_violations(crowded, limits=limits).violations
    assert [(each.field, each.reason) for each in violations] == [
        ("entities", "TOO_MANY"),
        ("entities[0].fields", "TOO_MANY"),
    ]


def test_tells_a_bounded_number_of_violations() -> None:
    """Says how many more there are instead of telling thousands."""
    bad = [Field(name=f"f{n}", type=FieldType.ENUM) for n in range(60)]
    with pytest.raises(InvalidInputError, match="There are 59 more") as caught:
        validate(spec_of(entity_of(*bad)))
    assert len(caught.value.violations) == 50


def test_knows_both_stacks() -> None:
    """Accepts either stack."""
    for stack in TechStack:
        validate(ProjectSpec(name="demo", entities=(USER,), tech_stack=stack))
