"""The validator: each rule, told with its path, its reason and a way out."""

from collections.abc import Mapping
from typing import Any

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


FIELDS: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "length of a number": (
        {"type": FieldType.INTEGER, "max_length": 3},
        "max_length",
        "KEY_NOT_OF_TYPE",
    ),
    "pattern of an e-mail": (
        {"type": FieldType.EMAIL, "pattern": "x"},
        "pattern",
        "KEY_NOT_OF_TYPE",
    ),
    "bounds of a string": (
        {"type": FieldType.STRING, "minimum": "3"},
        "minimum",
        "KEY_NOT_OF_TYPE",
    ),
    "values of a string": (
        {"type": FieldType.STRING, "values": ("a",)},
        "values",
        "KEY_NOT_OF_TYPE",
    ),
    "items of a string": (
        {"type": FieldType.STRING, "items": FieldType.STRING},
        "items",
        "KEY_NOT_OF_TYPE",
    ),
    "scale of a float": ({"type": FieldType.FLOAT, "scale": 2}, "scale", "KEY_NOT_OF_TYPE"),
    "enum without values": ({"type": FieldType.ENUM}, "values", "KEY_MISSING"),
    "array without items": ({"type": FieldType.ARRAY}, "items", "KEY_MISSING"),
    "array of arrays": (
        {"type": FieldType.ARRAY, "items": FieldType.ARRAY},
        "items",
        "ITEMS_NOT_SCALAR",
    ),
    "decimal without scale": ({"type": FieldType.DECIMAL, "precision": 5}, "scale", "KEY_MISSING"),
    "scale over precision": (
        {"type": FieldType.DECIMAL, "precision": 2, "scale": 3},
        "scale",
        "IMPOSSIBLE_BOUNDS",
    ),
    "too much precision": (
        {"type": FieldType.DECIMAL, "precision": 99, "scale": 3},
        "precision",
        "OUT_OF_RANGE",
    ),
    "no length": ({"type": FieldType.STRING, "max_length": 0}, "max_length", "OUT_OF_RANGE"),
    "negative length": ({"type": FieldType.STRING, "min_length": -1}, "min_length", "OUT_OF_RANGE"),
    "endless string": (
        {"type": FieldType.STRING, "max_length": 10**6},
        "max_length",
        "OUT_OF_RANGE",
    ),
    "longer than its default bound": (
        {"type": FieldType.STRING, "min_length": 300},
        "min_length",
        "IMPOSSIBLE_BOUNDS",
    ),
    "minimum over maximum": (
        {"type": FieldType.INTEGER, "minimum": "5", "maximum": "3"},
        "maximum",
        "IMPOSSIBLE_BOUNDS",
    ),
    "dates the wrong way round": (
        {"type": FieldType.DATE, "minimum": "2024-01-02", "maximum": "2024-01-01"},
        "maximum",
        "IMPOSSIBLE_BOUNDS",
    ),
    "word as a bound": ({"type": FieldType.INTEGER, "minimum": "few"}, "minimum", "BAD_LITERAL"),
    "bound beyond the column": (
        {"type": FieldType.INTEGER, "maximum": "2147483648"},
        "maximum",
        "BAD_LITERAL",
    ),
    "infinite bound": ({"type": FieldType.FLOAT, "maximum": "inf"}, "maximum", "BAD_LITERAL"),
    "bound finer than the scale": (
        {"type": FieldType.DECIMAL, "precision": 5, "scale": 1, "minimum": "0.25"},
        "minimum",
        "BAD_LITERAL",
    ),
    "bound wider than the precision": (
        {"type": FieldType.DECIMAL, "precision": 5, "scale": 2, "maximum": "1000"},
        "maximum",
        "BAD_LITERAL",
    ),
    "instant without a zone": (
        {"type": FieldType.DATETIME, "minimum": "2024-01-01T00:00:00"},
        "minimum",
        "BAD_LITERAL",
    ),
    "look-ahead": ({"type": FieldType.STRING, "pattern": "(?=a)b"}, "pattern", "UNSAFE_PATTERN"),
    "back-reference": (
        {"type": FieldType.STRING, "pattern": r"(a)\1"},
        "pattern",
        "UNSAFE_PATTERN",
    ),
    "broken pattern": ({"type": FieldType.STRING, "pattern": "("}, "pattern", "UNSAFE_PATTERN"),
    "exploding pattern": (
        {"type": FieldType.STRING, "pattern": "((a{1,100}){1,100}){1,100}"},
        "pattern",
        "UNSAFE_PATTERN",
    ),
    "unique text": ({"type": FieldType.TEXT, "unique": True}, "unique", "NOT_INDEXABLE"),
    "indexed JSON": ({"type": FieldType.JSON, "index": True}, "index", "NOT_INDEXABLE"),
    "too long for an index": (
        {"type": FieldType.STRING, "max_length": 2000, "unique": True},
        "unique",
        "INDEX_TOO_LARGE",
    ),
    "neither read nor written": (
        {"type": FieldType.STRING, "read_only": True, "write_only": True},
        "write_only",
        "CONTRADICTION",
    ),
    "required but never accepted": (
        {"type": FieldType.STRING, "read_only": True, "required": True},
        "required",
        "CONTRADICTION",
    ),
    "repeated value": ({"type": FieldType.ENUM, "values": ("a", "a")}, "values[1]", "DUPLICATE"),
    "blank value": ({"type": FieldType.ENUM, "values": (" ",)}, "values[0]", "BAD_VALUE"),
    "empty name": ({"name": "  ", "type": FieldType.STRING}, "name", "NAME_EMPTY"),
    "endless name": ({"name": "x" * 64, "type": FieldType.STRING}, "name", "NAME_TOO_LONG"),
    "name of digits": ({"name": "123", "type": FieldType.STRING}, "name", "NAME_WITHOUT_LETTERS"),
    "quoted name": ({"name": 'a"; drop', "type": FieldType.STRING}, "name", "NAME_CHARACTERS"),
    "line break in a name": ({"name": "a\nb", "type": FieldType.STRING}, "name", "NAME_CHARACTERS"),
    "NUL in a description": (
        {"type": FieldType.STRING, "description": "\x00"},
        "description",
        "BAD_TEXT",
    ),
}


@pytest.mark.parametrize("case", FIELDS, ids=str)
def test_refuses_a_bad_field(case: str) -> None:
    """Names the key that is wrong and the rule, and nothing else."""
    keys, path, reason = FIELDS[case]
    field = Field(**{"name": "value", **keys})
    assert found(spec_of(entity_of(field))) == [(f"entities[0].fields[0].{path}", reason)]


DEFAULTS: Mapping[str, dict[str, Any]] = {
    "not among the values": {"type": FieldType.ENUM, "values": ("a",), "default": "b"},
    "below the minimum": {"type": FieldType.INTEGER, "minimum": "1", "default": 0},
    "above the maximum": {
        "type": FieldType.DECIMAL,
        "precision": 5,
        "scale": 2,
        "maximum": "9",
        "default": "9.01",
    },
    "finer than the scale": {
        "type": FieldType.DECIMAL,
        "precision": 5,
        "scale": 2,
        "default": "0.001",
    },
    "too long": {"type": FieldType.STRING, "max_length": 2, "default": "abc"},
    "too short": {"type": FieldType.STRING, "min_length": 2, "default": "a"},
    "not matching": {"type": FieldType.STRING, "pattern": "^a", "default": "b"},
    "a number for a string": {"type": FieldType.STRING, "default": 3},
    "a string for a boolean": {"type": FieldType.BOOLEAN, "default": "yes"},
    "true for a number": {"type": FieldType.INTEGER, "default": True},
    "null": {"type": FieldType.STRING, "default": None},
    "a scalar for an array": {"type": FieldType.ARRAY, "items": FieldType.STRING, "default": "a"},
    "an item of another type": {
        "type": FieldType.ARRAY,
        "items": FieldType.INTEGER,
        "default": ["a"],
    },
    "no e-mail address": {"type": FieldType.EMAIL, "default": "nobody"},
    "no URL": {"type": FieldType.URL, "default": "javascript:alert(1)"},
    "no UUID": {"type": FieldType.UUID, "default": "1"},
    "no slug": {"type": FieldType.SLUG, "default": "Not A Slug"},
    "no date": {"type": FieldType.DATE, "default": "2023-02-29"},
    "no duration": {"type": FieldType.DURATION, "default": "P"},
    "no base64": {"type": FieldType.BINARY, "default": "$$"},
    "beyond 64 bits": {"type": FieldType.BIGINT, "default": 2**63},
}


@pytest.mark.parametrize("case", DEFAULTS, ids=str)
def test_refuses_a_default_that_the_field_would_refuse(case: str) -> None:
    """Holds a default to the field's own type and bounds."""
    field = Field(name="value", has_default=True, **DEFAULTS[case])
    assert found(spec_of(entity_of(field))) == [("entities[0].fields[0].default", "BAD_DEFAULT")]


GOOD_DEFAULTS: Mapping[FieldType, tuple[Any, dict[str, Any]]] = {
    FieldType.STRING: ("x", {}),
    FieldType.TEXT: ("", {}),
    FieldType.INTEGER: (-(2**31), {"minimum": str(-(2**31))}),
    FieldType.BIGINT: (2**63 - 1, {"maximum": str(2**63 - 1)}),
    FieldType.FLOAT: (0.5, {"minimum": "0", "maximum": "1"}),
    FieldType.DECIMAL: ("9.90", {"precision": 3, "scale": 2}),
    FieldType.BOOLEAN: (False, {}),
    FieldType.DATE: ("2024-02-29", {"minimum": "2000-01-01"}),
    FieldType.TIME: ("09:30:00", {"maximum": "18:00"}),
    FieldType.DATETIME: ("2024-02-29T09:30:00Z", {"minimum": "2000-01-01T00:00:00Z"}),
    FieldType.DURATION: ("PT1H30M", {"maximum": "P1D"}),
    FieldType.UUID: ("00000000-0000-0000-0000-000000000000", {}),
    FieldType.EMAIL: ("ann@example.com", {}),
    FieldType.URL: ("https://example.com/x", {}),
    FieldType.SLUG: ("hello-world", {}),
    FieldType.ENUM: ("a", {"values": ("a", "b")}),
    FieldType.JSON: ({"a": [1, None]}, {}),
    FieldType.BINARY: ("aGk=", {}),
    FieldType.ARRAY: ([1, 2], {"items": FieldType.INTEGER}),
}


@pytest.mark.parametrize("kind", FieldType)
def test_accepts_a_good_default_of_every_type(kind: FieldType) -> None:
    """Accepts a default of each type at its bounds."""
    default, keys = GOOD_DEFAULTS[kind]
    field = Field(name="value", type=kind, has_default=True, default=default, **keys)
    validate(spec_of(entity_of(field)))


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


RELATIONS: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "to nowhere": ({"target": "Nobody"}, "target", "UNKNOWN_ENTITY"),
    "to another spelling": ({"target": "user"}, "target", "UNKNOWN_ENTITY"),
    "cleared though required": (
        {"required": True, "on_delete": OnDelete.SET_NULL},
        "on_delete",
        "CONTRADICTION",
    ),
    "required link": (
        {"kind": RelationKind.MANY_TO_MANY, "required": True},
        "required",
        "CONTRADICTION",
    ),
    "payload of a key": ({"payload": (TITLE,)}, "payload", "KEY_NOT_OF_TYPE"),
    "bad payload": (
        {
            "kind": RelationKind.MANY_TO_MANY,
            "payload": (Field(name="x", type=FieldType.INTEGER, max_length=3),),
        },
        "payload[0].max_length",
        "KEY_NOT_OF_TYPE",
    ),
    "payload twins": (
        {"kind": RelationKind.MANY_TO_MANY, "payload": (TITLE, TITLE)},
        "payload[1].name",
        "NAME_CLASH",
    ),
}


@pytest.mark.parametrize("case", RELATIONS, ids=str)
def test_refuses_a_bad_relation(case: str) -> None:
    """Names the key of the relation that is wrong and the rule."""
    keys, path, reason = RELATIONS[case]
    basis: dict[str, Any] = {"name": "author", "kind": RelationKind.MANY_TO_ONE, "target": "User"}
    relation = Relation(**{**basis, **keys})
    assert found(spec_of(entity_of(relation), USER)) == [
        (f"entities[0].relations[0].{path}", reason)
    ]


def required(name: str, target: str) -> Relation:
    """Return a required relation."""
    return Relation(
        name=name,
        kind=RelationKind.MANY_TO_ONE,
        target=target,
        required=True,
        on_delete=OnDelete.RESTRICT,
    )


def test_refuses_a_cycle_of_required_keys() -> None:
    """Refuses entities of which no first row could be stored, naming the cycle."""
    spec = spec_of(
        entity_of(required("b", "B"), name="A"),
        entity_of(required("c", "C"), name="B"),
        entity_of(required("a", "A"), name="C"),
    )
    [violation] = find_violations(spec).violations
    assert (violation.field, violation.reason) == (
        "entities[2].relations[0].required",
        "REQUIRED_CYCLE",
    )
    assert "A.b → B.c → C.a" in violation.message


def test_refuses_a_required_key_to_itself() -> None:
    """Refuses a tree whose root would need a parent."""
    spec = spec_of(entity_of(required("parent", "Post")))
    assert found(spec) == [("entities[0].relations[0].required", "REQUIRED_CYCLE")]


def test_accepts_a_cycle_with_an_optional_key_and_a_diamond() -> None:
    """Accepts cycles that can be entered, and two required ways to one entity."""
    spec = spec_of(
        entity_of(required("b", "B"), required("c", "C"), name="A"),
        entity_of(required("d", "D"), name="B"),
        entity_of(required("d", "D"), name="C"),
        entity_of(Relation(name="a", kind=RelationKind.ONE_TO_ONE, target="A"), name="D"),
    )
    validate(spec)


def test_refuses_a_relation_written_at_both_ends() -> None:
    """Tells that the other end is there already."""
    back = Relation(name="posts", kind=RelationKind.MANY_TO_MANY, target="Post", back="author")
    spec = spec_of(entity_of(TO_USER), entity_of(back, name="User"))
    assert ("entities[1].relations[0]", "WRITTEN_TWICE") in found(spec)


@pytest.mark.parametrize(
    ("keys", "path"),
    [
        ({"options": EntityOptions(owner=True)}, "options.owner"),
        ({"options": EntityOptions(tenant=True)}, "options.tenant"),
        ({"access": Access(read=("admin",))}, "access"),
    ],
)
def test_refuses_what_needs_auth_without_it(keys: dict[str, Any], path: str) -> None:
    """Refuses owners, tenants and access by role where nobody signs in."""
    assert found(spec_of(entity_of(TITLE, **keys))) == [(f"entities[0].{path}", "NEEDS_AUTH")]


def test_refuses_an_unknown_role_and_knows_admin() -> None:
    """Takes admin for granted and refuses a role that nobody can have."""
    entity = entity_of(TITLE, access=Access(create=("admin", "edtior")))
    spec = spec_of(entity, features=Features(auth=True, roles=("editor",)))
    assert found(spec) == [("entities[0].access.create[1]", "UNKNOWN_ROLE")]


def test_refuses_doubled_roles_and_roles_without_auth() -> None:
    """Refuses roles that are the same, and roles of nobody."""
    assert found(spec_of(USER, features=Features(auth=True, roles=("a", "A")))) == [
        ("features.roles[1]", "DUPLICATE")
    ]
    assert found(spec_of(USER, features=Features(roles=("a",)))) == [
        ("features.roles", "NEEDS_AUTH")
    ]


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


@pytest.mark.parametrize(
    "name", ["class", "metadata", "select", "naïve Größe", "名前", "x" * 60, "2fa", "model_config"]
)
def test_accepts_hostile_names(name: str) -> None:
    """Leaves keywords, SQL words, Unicode and long names to the templates, which cope."""
    field = Field(name=name, type=FieldType.STRING)
    validate(spec_of(entity_of(field, name=name)))


def test_knows_both_stacks() -> None:
    """Accepts either stack."""
    for stack in TechStack:
        validate(ProjectSpec(name="demo", entities=(USER,), tech_stack=stack))
