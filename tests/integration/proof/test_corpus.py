"""The corpus says what it claims to say."""

from collections import Counter
from itertools import product

import pytest

from generator_svc.domain.limits import DEFAULT_LIMITS
from generator_svc.domain.naming import plural, snake_case
from generator_svc.domain.spec import Entity, Field, FieldType, OnDelete, RelationKind
from generator_svc.domain.validate_fields import KEYS, NOT_INDEXABLE, NOT_SCALAR, SIZED
from tests.corpus.loading import load, spec_names

LONGEST = {
    FieldType.STRING: DEFAULT_LIMITS.string_length,
    FieldType.TEXT: DEFAULT_LIMITS.text_length,
    FieldType.EMAIL: 254,
    FieldType.URL: 2_048,
    FieldType.SLUG: 255,
    FieldType.BINARY: DEFAULT_LIMITS.text_length,
    FieldType.ARRAY: DEFAULT_LIMITS.array_length,
}
"""What a value of a type may be long at most."""

EXTREMES = {
    FieldType.INTEGER: (str(-(2**31)), str(2**31 - 1)),
    FieldType.BIGINT: (str(-(2**63)), str(2**63 - 1)),
    FieldType.FLOAT: ("-1.7976931348623157e308", "1.7976931348623157e308"),
    FieldType.DECIMAL: ("-" + "9" * 38, "9" * 38),
    FieldType.DATE: ("0001-01-01", "9999-12-31"),
    FieldType.TIME: ("00:00:00", "23:59:59.999999"),
    FieldType.DATETIME: ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"),
    FieldType.DURATION: ("-P9999999D", "P9999999D"),
}
"""The least and the greatest that a type holds."""

TAKEN_BY = {
    **KEYS,
    **dict.fromkeys(("unique", "index"), frozenset(FieldType) - NOT_INDEXABLE),
    **dict.fromkeys(
        ("required", "has_default", "immutable", "write_only", "read_only"), frozenset(FieldType)
    ),
}
"""Which types take each constraint."""

LONG_NAME = 60


def entities() -> list[Entity]:
    """Return every entity of the corpus."""
    return [entity for name in spec_names() for entity in load(name).entities]


def fields() -> list[Field]:
    """Return every field of the corpus."""
    return [field for entity in entities() for field in entity.fields]


def test_there_are_enough_specs() -> None:
    """Holds at least 25 specs."""
    assert len(spec_names()) >= 25


@pytest.mark.parametrize("name", spec_names())
def test_each_spec_is_valid(name: str) -> None:
    """Passes the checks that every user's spec must pass."""
    assert load(name).entities


def test_every_type_appears_bare_and_required() -> None:
    """Has each type of field without any constraint, and required."""
    bare = {
        field.type
        for field in fields()
        if not any(getattr(field, key) for key in TAKEN_BY if key not in NEEDED)
    }
    assert bare == set(FieldType)
    assert {field.type for field in fields() if field.required} == set(FieldType)


NEEDED = ("items", "precision", "scale", "values")
"""The constraints that some type cannot do without."""


def test_every_array_appears() -> None:
    """Has an array of each scalar."""
    assert {field.items for field in fields() if field.items} == set(FieldType) - NOT_SCALAR


@pytest.mark.parametrize("constraint", TAKEN_BY)
def test_every_constraint_is_on_every_type_that_takes_it(constraint: str) -> None:
    """Has each constraint with each type that may have it."""
    types = {
        field.type for field in fields() if getattr(field, constraint) not in {None, (), False}
    }
    assert types == TAKEN_BY[constraint]


@pytest.mark.parametrize("kind", sorted(SIZED))
def test_every_length_is_at_its_bounds(kind: FieldType) -> None:
    """Has each type as long as it may be, from none on, and of exactly one length."""
    lengths = {(field.min_length, field.max_length) for field in fields() if field.type is kind}
    assert (0, LONGEST[kind]) in lengths
    assert any(least == most is not None for least, most in lengths)


@pytest.mark.parametrize("kind", EXTREMES)
def test_every_range_is_at_its_bounds(kind: FieldType) -> None:
    """Has each type from the least to the greatest it holds, and with one value alone."""
    ranges = {(field.minimum, field.maximum) for field in fields() if field.type is kind}
    assert EXTREMES[kind] in ranges
    assert any(low == high is not None for low, high in ranges)


def test_every_digit_is_at_its_bounds() -> None:
    """Has decimals of one digit and of all, before the point and behind it."""
    digits = {(field.precision, field.scale) for field in fields()}
    most = DEFAULT_LIMITS.precision
    assert digits >= {(1, 0), (1, 1), (most, 0), (most, most)}


def test_every_relation_appears() -> None:
    """Has each kind with each on_delete, required and not, with and without a payload."""
    relations = [relation for entity in entities() for relation in entity.relations]
    shapes = {(one.kind, one.on_delete, one.required) for one in relations}
    to_one = (RelationKind.MANY_TO_ONE, RelationKind.ONE_TO_ONE)
    assert shapes == {
        *product(RelationKind, OnDelete, [False]),
        *product(to_one, [OnDelete.CASCADE, OnDelete.RESTRICT], [True]),
    }
    links = [one for one in relations if one.kind is RelationKind.MANY_TO_MANY]
    assert {bool(one.payload) for one in links} == {True, False}
    assert {bool(one.back) for one in links} == {True, False}


def test_every_relation_leads_to_itself() -> None:
    """Has trees, pairs and graphs of one entity, the graph with and without a payload."""
    own = {
        (one.kind, bool(one.payload))
        for entity in entities()
        for one in entity.relations
        if one.target == entity.name
    }
    assert own == {*product(RelationKind, [False]), (RelationKind.MANY_TO_MANY, True)}


def test_optional_keys_make_cycles() -> None:
    """Has two and three entities that point to one another, at least one of them optionally."""
    assert {2, 3} <= {size for name in spec_names() for size in _cycles(load(name).entities)}


def _cycles(among: tuple[Entity, ...]) -> set[int]:
    """Return the lengths of the rings that keys form, each with an optional one."""
    keys = {
        entity.name: [one for one in entity.relations if one.kind != RelationKind.MANY_TO_MANY]
        for entity in among
    }
    trails = [(name, one.target, not one.required) for name in keys for one in keys[name]]
    found = set()
    for size in (2, 3):
        trails = [
            (start, one.target, optional or not one.required)
            for start, end, optional in trails
            if end != start
            for one in keys[end]
            if one.target != end
        ]
        found |= {size for start, end, optional in trails if start == end and optional}
    return found


def test_plurals_are_irregular() -> None:
    """Has entities whose plural is another word, the same word, and one of each ending."""
    words = {snake_case(entity.name) for entity in entities()}
    told = {(word, plural(word)) for word in words}
    assert told >= {
        ("person", "people"),
        ("child", "children"),
        ("mouse", "mice"),
        ("datum", "data"),
        ("analysis", "analyses"),
        ("sheep", "sheep"),
        ("series", "series"),
        ("news", "news"),
        ("salesperson", "salespeople"),
        ("box", "boxes"),
        ("city", "cities"),
        ("status", "statuses"),
    }


def test_names_are_unicode() -> None:
    """Has entities, fields and relations beyond ASCII, of several scripts."""
    for names in (*_names(),):
        assert any(not name.isascii() for name in names)
    scripts = ("ß", "東", "θ", "П")
    assert all(any(mark in entity.name for entity in entities()) for mark in scripts)


def test_names_are_long() -> None:
    """Has entities, fields and relations of sixty characters, and of as many as are allowed."""
    for names in _names():
        assert max(map(len, names)) >= LONG_NAME
    assert max(len(field.name) for field in fields()) == DEFAULT_LIMITS.name_length
    assert max(len(entity.name) for entity in entities()) == DEFAULT_LIMITS.name_length


def _names() -> tuple[list[str], list[str], list[str], list[str]]:
    relations = [one for entity in entities() for one in entity.relations]
    return (
        [entity.name for entity in entities()],
        [field.name for field in fields()],
        [one.name for one in relations],
        [one.back for one in relations],
    )


def test_one_spec_is_large() -> None:
    """Has thirty entities with three hundred fields."""
    spec = load("thirty_entities")
    assert len(spec.entities) == 30
    assert sum(len(entity.fields) for entity in spec.entities) == 300


def test_tenants_roles_and_owners_appear_alone_and_together() -> None:
    """Has each mixin that is about users alone, and all in one entity, with access by role."""
    mixed = Counter(
        (one.options.tenant, one.options.owner, any((one.access.create, one.access.update)))
        for one in entities()
    )
    assert {(True, False, False), (False, True, False), (False, False, True)} <= mixed.keys()
    assert (True, True, True) in mixed
    assert any(load(name).features.roles for name in spec_names())


def test_every_action_is_given_to_roles() -> None:
    """Has each action that only some roles may take."""
    for action in ("create", "read", "update", "delete"):
        assert any(getattr(entity.access, action) for entity in entities())
