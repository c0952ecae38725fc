"""The document of a generated application tells the bounds of wide integers exactly."""

import json
from typing import Any

from generator_svc.domain.spec import (
    Entity,
    EntityOptions,
    Field,
    FieldType,
    PrimaryKey,
    ProjectSpec,
)
from tests.corpus.rendering import render

NEAR = 2**63 - 2
"""An integer that a float rounds to another one."""

BARE = Field(name="bare", type=FieldType.BIGINT, required=True)
NARROW = Field(
    name="narrow",
    type=FieldType.BIGINT,
    required=True,
    minimum=str(-NEAR),
    maximum=str(NEAR),
)
SPEC = ProjectSpec(
    name="wide",
    entities=(
        Entity(
            name="Wide",
            fields=(BARE, NARROW),
            options=EntityOptions(primary_key=PrimaryKey.BIGINT),
        ),
    ),
)


def _bounds(schema: dict[str, Any]) -> tuple[str, str]:
    return repr(schema["minimum"]), repr(schema["maximum"])


def test_bounds_are_exact() -> None:
    """Writes every bound of 64 bits as the integer it is, in bodies, queries and paths."""
    text = render(SPEC)["openapi.json"]
    document = json.loads(text)
    properties = document["components"]["schemas"]["WideCreate"]["properties"]
    assert _bounds(properties["bare"]) == (str(-(2**63)), str(2**63 - 1))
    assert _bounds(properties["narrow"]) == (str(-NEAR), str(NEAR))
    (key,) = document["paths"]["/api/v1/wides/{wide_id}"]["get"]["parameters"]
    assert _bounds(key["schema"]) == ("1", str(2**63 - 1))
    assert b"e+18" not in text
    assert b"x-exact" not in text
