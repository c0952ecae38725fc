"""The JSON Schema of spec documents: up to date, and of one mind with the reader."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chassis.errors import InvalidInputError
from generator_svc.domain.dump import spec_document
from generator_svc.domain.validate import validate
from generator_svc.planner.document import spec_from_tree
from generator_svc.planner.schema import spec_schema
from tests.corpus.loading import load, spec_names

COMMITTED = Path(__file__).parents[4] / "clients" / "spec.schema.json"


def accepts(document: Any) -> bool:
    """Tell whether the schema accepts a document."""
    return Draft202012Validator(spec_schema()).is_valid(document)


def with_field(**keys: Any) -> dict[str, Any]:
    """Return a document with one field of these keys."""
    return {"name": "x", "entities": [{"name": "A", "fields": [{"name": "a", **keys}]}]}


def test_the_committed_schema_is_up_to_date() -> None:
    """Fails when the dataclasses change and nobody runs tools/generate_spec_schema.py."""
    assert json.loads(COMMITTED.read_text("utf-8")) == spec_schema()


def test_is_a_schema() -> None:
    """Is valid JSON Schema itself."""
    Draft202012Validator.check_schema(spec_schema())


@pytest.mark.parametrize("name", spec_names())
def test_accepts_every_spec_of_the_corpus(name: str) -> None:
    """Accepts what the reader accepts."""
    assert accepts(spec_document(load(name)))


BAD = {
    "unknown key": {"name": "x", "entities": [], "colour": "red"},
    "no entities": {"name": "x"},
    "unknown field key": with_field(type="string", maxlength=3),
    "unknown type": with_field(type="strin"),
    "no type": with_field(),
    "length of a number": with_field(type="integer", max_length=3),
    "enum without values": with_field(type="enum"),
    "array without items": with_field(type="array"),
    "array of arrays": with_field(type="array", items="array"),
    "text for a flag": with_field(type="string", required="yes"),
    "unknown stack": {"name": "x", "entities": [], "tech_stack": "fastapi_mongo"},
}


@pytest.mark.parametrize("case", BAD, ids=str)
def test_refuses_what_the_reader_refuses(case: str) -> None:
    """Refuses unknown keys, wrong types and keys that do not go with a type, as the reader does."""
    assert not accepts(BAD[case])
    with pytest.raises(InvalidInputError):
        validate(spec_from_tree(BAD[case]))  # type: ignore[arg-type]


def test_accepts_numbers_as_bounds() -> None:
    """Lets bounds stand without quotes, as the reader does."""
    assert accepts(with_field(type="integer", minimum=0, maximum="9"))
