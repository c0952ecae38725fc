"""Spec documents: every key known, every value of its type, nothing hidden, nothing huge."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import InvalidInputError
from generator_svc.domain.dump import spec_document, spec_yaml
from generator_svc.domain.spec import (
    Access,
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    OnDelete,
    PrimaryKey,
    ProjectSpec,
    Relation,
    RelationKind,
    TechStack,
)
from generator_svc.planner import SpecDocument, SpecFormat
from generator_svc.planner.document import read_document, spec_from_tree
from generator_svc.planner.text_tree import MAX_BYTES

CONTRACT = """
name: blog                      # project name
entities:
  - name: Post
    fields:
      - {name: title, type: string, required: true, min_length: 1, max_length: 80,
         pattern: "^\\\\S", unique: true, index: true}
      - {name: status, type: enum, values: [draft, published], default: draft}
      - {name: price, type: decimal, precision: 12, scale: 2, minimum: "0", maximum: "1000"}
      - {name: scores, type: array, items: integer, immutable: true}
    relations:
      - {name: author, kind: many_to_one, target: User, back: posts, required: true,
         on_delete: cascade}
      - {name: tags, kind: many_to_many, target: Tag, back: posts,
         payload: [{name: weight, type: integer}]}
    unique_together: [[title, author]]
    options: {timestamps: false, soft_delete: true, owner: true, tenant: true, primary_key: bigint}
    access: {create: [admin, editor], read: [], update: [admin], delete: [admin]}
features: {auth: true, roles: [admin, editor], docker: false, ci: true, tests: true}
tech_stack: fastapi_sqlite
"""

EXPECTED = ProjectSpec(
    name="blog",
    entities=(
        Entity(
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
            options=EntityOptions(
                timestamps=False,
                soft_delete=True,
                owner=True,
                tenant=True,
                primary_key=PrimaryKey.BIGINT,
            ),
            access=Access(create=("admin", "editor"), update=("admin",), delete=("admin",)),
        ),
    ),
    features=Features(auth=True, roles=("admin", "editor"), docker=False),
    tech_stack=TechStack.FASTAPI_SQLITE,
)


def read(text: str | bytes, kind: SpecFormat = SpecFormat.YAML) -> ProjectSpec:
    """Return the spec of a text."""
    content = text.encode() if isinstance(text, str) else text
    return read_document(SpecDocument(content=content, format=kind))


def refused(text: str | bytes, kind: SpecFormat = SpecFormat.YAML) -> list[tuple[str, str]]:
    """Return the path and the reason of each violation of a text."""
    with pytest.raises(InvalidInputError) as caught:
        read(text, kind)
    assert caught.value.reason == "SPEC_INVALID"
    return [(each.field, each.reason) for each in caught.value.violations]


def in_entity(text: str) -> str:
    """Return a document with one entity of these keys."""
    return f"entities: [{{name: A, {text}}}]"


def in_field(text: str) -> str:
    """Return a document with one field of these keys."""
    return in_entity(f"fields: [{{name: a, {text}}}]")


def test_reads_every_key_of_the_contract() -> None:
    """Reads the spec of the contract, each key into its place."""
    assert read(CONTRACT) == EXPECTED


def test_reads_what_it_wrote() -> None:
    """Writes a spec so that it reads back the same, in both formats."""
    assert read(spec_yaml(EXPECTED)) == EXPECTED
    assert read(json.dumps(spec_document(EXPECTED)), SpecFormat.JSON) == EXPECTED


def test_writes_only_what_differs_from_the_defaults() -> None:
    """Leaves defaults out and keeps the order."""
    spec = read("{name: x, entities: [{name: A, fields: [{name: a, type: date}]}]}")
    assert spec_yaml(spec) == (
        "name: x\nentities:\n- name: A\n  fields:\n  - name: a\n    type: date\n"
        "tech_stack: fastapi_postgres\n"
    )


def test_fills_the_defaults_in() -> None:
    """Completes what a document leaves out."""
    spec = read(
        "{name: x, entities: [{name: A, fields: [{name: p, type: decimal}], relations:"
        " [{name: b, kind: many_to_one, target: A, required: true},"
        " {name: c, kind: many_to_one, target: A}]}]}"
    )
    [entity] = spec.entities
    assert (entity.fields[0].precision, entity.fields[0].scale) == (12, 2)
    assert [each.on_delete for each in entity.relations] == [OnDelete.RESTRICT, OnDelete.SET_NULL]
    assert entity.options.timestamps
    assert spec.features == Features()


@pytest.mark.parametrize(
    ("text", "path", "reason"),
    [
        ("entitys: []", "entitys", "UNKNOWN_KEY"),
        (in_entity("colour: red"), "entities[0].colour", "UNKNOWN_KEY"),
        (in_field("type: string, maxlength: 3"), "entities[0].fields[0].maxlength", "UNKNOWN_KEY"),
        (
            in_field("type: string, has_default: true"),
            "entities[0].fields[0].has_default",
            "UNKNOWN_KEY",
        ),
        (in_entity("options: {timestamp: true}"), "entities[0].options.timestamp", "UNKNOWN_KEY"),
        ("features: {kafka: true}", "features.kafka", "UNKNOWN_KEY"),
        ("{name: a, name: b}", "name", "DUPLICATE_KEY"),
        (in_field("type: string, type: text"), "entities[0].fields[0].type", "DUPLICATE_KEY"),
        ("name: 3", "name", "WRONG_TYPE"),
        ("name: null", "name", "WRONG_TYPE"),
        ("entities: Post", "entities", "WRONG_TYPE"),
        ("entities: [Post]", "entities[0]", "WRONG_TYPE"),
        ("features: {auth: yes}", "features.auth", "WRONG_TYPE"),
        ("features: {roles: admin}", "features.roles", "WRONG_TYPE"),
        ("[]", "spec_document", "WRONG_TYPE"),
        ("", "spec_document", "WRONG_TYPE"),
        (
            in_field("type: string, max_length: '3'"),
            "entities[0].fields[0].max_length",
            "WRONG_TYPE",
        ),
        (
            in_field("type: string, max_length: 3.0"),
            "entities[0].fields[0].max_length",
            "WRONG_TYPE",
        ),
        (
            in_field("type: string, max_length: true"),
            "entities[0].fields[0].max_length",
            "WRONG_TYPE",
        ),
        (
            in_field("type: enum, values: [a, true]"),
            "entities[0].fields[0].values[1]",
            "WRONG_TYPE",
        ),
        (in_field("type: strng"), "entities[0].fields[0].type", "UNKNOWN_WORD"),
        (in_field("required: true"), "entities[0].fields[0].type", "KEY_MISSING"),
        ("entities: [{fields: []}]", "entities[0].name", "KEY_MISSING"),
        (in_entity("unique_together: [a, b]"), "entities[0].unique_together[0]", "WRONG_TYPE"),
        ("tech_stack: fastapi_mongo", "tech_stack", "UNKNOWN_WORD"),
    ],
)
def test_refuses_a_bad_document(text: str, path: str, reason: str) -> None:
    """Names the path of an unknown key or a wrong type."""
    assert (path, reason) in refused(text)


def test_suggests_the_key_that_was_meant() -> None:
    """Tells the nearest key there is."""
    with pytest.raises(InvalidInputError, match="Did you mean 'max_length'"):
        read(in_field("type: string, maxlength: 3"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a: &a [1]\nb: !!python/object:os.system x", "TAG"),
        (b"name: !!str x", "TAG"),
        (b"name: x\n---\nname: y", "MANY_DOCUMENTS"),
        (b"name: [", "NOT_YAML"),
        (b"name: *nobody", "BAD_ALIAS"),
        (b"a: &a [*a]", "BAD_ALIAS"),
        (b"\xff\xfe", "NOT_UTF8"),
        (b"[" * 40 + b"]" * 40, "TOO_DEEP"),
        (b"? [a]\n: b", "BAD_KEY"),
        (b"#" * (MAX_BYTES + 1), "TOO_LARGE"),
    ],
)
def test_refuses_hostile_yaml(content: bytes, reason: str) -> None:
    """Refuses tags, several documents, floods and what is no YAML."""
    assert refused(content) == [("spec_document", reason)]


def test_refuses_a_laughing_document() -> None:
    """Bounds what aliases expand to."""
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    assert refused("\n".join(lines)) == [("spec_document", "TOO_LARGE")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"name": "x",}', "NOT_JSON"),
        ('{"name": NaN}', "NOT_JSON"),
        ("[" * 100_000, "NOT_JSON"),
        ("[" * 40 + "]" * 40, "TOO_DEEP"),
    ],
)
def test_refuses_hostile_json(text: str, reason: str) -> None:
    """Refuses what is no JSON, or too deep."""
    assert refused(text, SpecFormat.JSON) == [("spec_document", reason)]


def test_refuses_a_repeated_key_in_json() -> None:
    """Names the key that stands twice."""
    assert refused('{"name": "a", "name": "b", "entities": []}', SpecFormat.JSON) == [
        ("name", "DUPLICATE_KEY")
    ]


def test_says_where_the_text_is_broken() -> None:
    """Names the line and the column."""
    with pytest.raises(InvalidInputError, match="Line 2, column"):
        read("name: x\nentities: [}")


def test_reads_yaml_as_people_mean_it() -> None:
    """Keeps words that old YAML would turn into booleans, dates and base-60 numbers."""
    text = in_field("type: enum, values: [on, off, yes, no, 2024-01-01, 12:30, 010, 7, 1e3]")
    values = read(text).entities[0].fields[0].values
    assert values == ("on", "off", "yes", "no", "2024-01-01", "12:30", "010", "7", "1e3")


@pytest.mark.parametrize(
    ("text", "default"),
    [
        (
            "type: decimal, precision: 20, scale: 4, default: 1234567890123456.7890",
            "1234567890123456.7890",
        ),
        ("type: decimal, default: 3", "3"),
        ("type: float, default: 3", 3.0),
        ("type: bigint, default: 9223372036854775807", 2**63 - 1),
        ("type: bigint, default: '9223372036854775807'", 2**63 - 1),
        ("type: date, default: 2024-02-29", "2024-02-29"),
        ("type: boolean, default: false", False),
        ("type: array, items: float, default: [1, 2.5]", [1.0, 2.5]),
        ("type: json, default: {a: [1, 2.0]}", {"a": [1, 2]}),
    ],
)
def test_brings_defaults_into_one_form(text: str, default: object) -> None:
    """Reads a default exactly, whatever the format made of it."""
    [field] = read(in_field(text)).entities[0].fields
    assert field.has_default
    assert field.default == default
    assert type(field.default) is type(default)


def test_takes_numbers_as_bounds() -> None:
    """Accepts bounds without quotes and keeps their digits."""
    [field] = read(in_field("type: decimal, minimum: 0, maximum: 9.90")).entities[0].fields
    assert (field.minimum, field.maximum) == ("0", "9.90")


WORDS = st.text(
    st.characters(codec="utf-8", exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20
)


@given(values=st.lists(WORDS, max_size=4), description=WORDS, name=WORDS.filter(bool))
def test_any_text_survives_yaml(values: list[str], description: str, name: str) -> None:
    """Quotes whatever a reader would take for something else."""
    field = Field(name=name, type=FieldType.ENUM, values=tuple(values), description=description)
    spec = ProjectSpec(name=name, entities=(Entity(name=name, fields=(field,)),))
    assert read(spec_yaml(spec)) == spec
    assert spec_from_tree(spec_document(spec)) == spec
