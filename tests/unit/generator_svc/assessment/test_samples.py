"""Samples are what their schemas accept, and differ by their number."""

import random
import re
from typing import Any

import pytest

from generator_svc.assessment.patterns import matching
from generator_svc.assessment.samples import CannotSampleError, Sampler

PATTERNS = [
    r"^[A-Z]{3}-[0-9]{3}$",
    r"^\S.*\S$",
    r"^-?(?:0|[1-9]\d{0,9})(?:\.\d{1,2})?$",
    r"^(a|bc)+?[^x-z]$",
    r"^[a-z0-9]+(?:-[a-z0-9]+)*$",
    r"^\w\W\d\D\s[\d.]$",
]


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("seed", range(5))
def test_a_text_matches_its_pattern(pattern: str, seed: int) -> None:
    """Makes only what the pattern matches."""
    assert re.search(pattern, matching(pattern, random.Random(seed)))  # noqa: S311 - samples, not secrets


SCHEMAS: list[dict[str, Any]] = [
    {"type": "string"},
    {"type": "string", "minLength": 7, "maxLength": 7},
    {"type": "string", "maxLength": 640},
    {"type": "string", "minLength": 20, "pattern": "^[a-z]+$"},
    {"type": "string", "format": "date"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "uuid"},
    {"type": "integer"},
    {"type": "integer", "minimum": -5, "maximum": -1},
    {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
    {"type": "number", "minimum": 0, "maximum": 1},
    {"type": "number", "maximum": -0.5, "minimum": -1e308},
    {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]},
    {"enum": ["a", "b"]},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_numbers_make_different_samples(schema: dict[str, Any]) -> None:
    """Gives the same value for the same number, another one for another."""
    sampler = Sampler({})
    assert sampler.sample(schema, 2) == sampler.sample(schema, 2)
    assert sampler.sample(schema, 2) != sampler.sample(schema, 3)


def test_a_body_has_what_is_required_or_all() -> None:
    """Follows references, and leaves out what may be."""
    document = {"components": {"schemas": {"Size": {"type": "integer", "maximum": 3}}}}
    schema = {
        "type": "object",
        "required": ["size"],
        "properties": {
            "size": {"$ref": "#/components/schemas/Size"},
            "tags": {"type": "array", "items": {"type": "boolean"}, "minItems": 3},
        },
    }
    sampler = Sampler(document)
    assert sampler.body(schema, 1) == {"size": 1}
    assert sampler.body(schema, 1, whole=True) == {"size": 1, "tags": [False, True, False]}


def test_an_impossible_schema_is_told() -> None:
    """Names the schema that nothing fits."""
    with pytest.raises(CannotSampleError, match="maxLength"):
        Sampler({}).sample({"type": "string", "pattern": "^aaa$", "maxLength": 2}, 1)
