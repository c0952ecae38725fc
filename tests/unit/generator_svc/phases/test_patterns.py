"""The patterns of a project's OpenAPI document: what clients of any language can check."""

import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from tests.corpus.loading import load
from tests.corpus.rendering import render

LINEAR = jsonschema_rs.RegexOptions()
"""Rust's engine, which like Go's takes no lookaround, and no count that makes it large."""


@pytest.mark.parametrize("name", ["bounds", "required_types"])
def test_linear_engines_take_every_pattern(name: str) -> None:
    """Writes patterns that an engine of linear time compiles."""
    document = json.loads(render(load(name))["openapi.json"])
    patterns = set(_patterns(document))
    assert any("A-Za-z0-9+/" in pattern for pattern in patterns)
    for pattern in patterns:
        jsonschema_rs.validator_for({"pattern": pattern}, pattern_options=LINEAR)


def _patterns(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(pattern := value.get("pattern"), str):
            yield pattern
        for each in value.values():
            yield from _patterns(each)
    elif isinstance(value, list):
        for each in value:
            yield from _patterns(each)
