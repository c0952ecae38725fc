"""The validator's rules of relations."""

from collections.abc import Mapping
from typing import Any

import pytest

from generator_svc.domain.spec import (
    Field,
    FieldType,
    OnDelete,
    Relation,
    RelationKind,
)
from generator_svc.domain.validate import find_violations, validate
from tests.unit.generator_svc.domain.specs import TITLE, TO_USER, USER, entity_of, found, spec_of

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
