"""The validator's rules of fields: keys, bounds and defaults."""

from collections.abc import Mapping
from typing import Any

import pytest

from chassis.errors import InvalidInputError
from generator_svc.domain.spec import (
    Field,
    FieldType,
)
from generator_svc.domain.validate import validate
from tests.unit.generator_svc.domain.specs import entity_of, found, spec_of

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
    "no mailbox": ({"type": FieldType.EMAIL, "max_length": 255}, "max_length", "OUT_OF_RANGE"),
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
    "more items than its default bound": (
        {"type": FieldType.ARRAY, "items": FieldType.INTEGER, "min_length": 101},
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
    "null where it is required": {"type": FieldType.JSON, "required": True, "default": None},
    "longer than usual": {"type": FieldType.STRING, "default": "x" * 256},
    "more items than usual": {
        "type": FieldType.ARRAY,
        "items": FieldType.INTEGER,
        "default": [0] * 101,
    },
    "fewer bytes than letters": {"type": FieldType.BINARY, "min_length": 3, "default": "aGk="},
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


@pytest.mark.parametrize(
    ("default", "told"), [(None, "null"), (True, "true"), ("gü\ud800", r"'gü\ud800'"), ([1], "[1]")]
)
def test_tells_a_bad_default_as_it_was_written(default: Any, told: str) -> None:
    """Names the value in JSON's words, and sends nothing on that cannot be encoded."""
    field = Field(name="value", type=FieldType.DATE, has_default=True, default=default)
    with pytest.raises(InvalidInputError) as refused:
        validate(spec_of(entity_of(field)))
    message = refused.value.violations[0].message
    assert message.startswith(f"The default {told} does not suit the field")
    assert message.encode()


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
    FieldType.BINARY: ("aGk=", {"min_length": 2, "max_length": 2}),
    FieldType.ARRAY: ([1, 2], {"items": FieldType.INTEGER}),
}


@pytest.mark.parametrize("kind", FieldType)
def test_accepts_a_good_default_of_every_type(kind: FieldType) -> None:
    """Accepts a default of each type at its bounds."""
    default, keys = GOOD_DEFAULTS[kind]
    field = Field(name="value", type=kind, has_default=True, default=default, **keys)
    validate(spec_of(entity_of(field)))
