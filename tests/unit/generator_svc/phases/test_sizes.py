"""A project takes whatever its spec allows, and no body of any size."""

import pytest

from generator_svc.domain.spec import Entity, Field, FieldType
from generator_svc.phases.model.sizes import MEBIBYTE, max_body_bytes


def body_of(*fields: Field) -> int:
    """Return how large a body may be where one entity has these fields."""
    return max_body_bytes([Entity(name="Other"), Entity(name="Thing", fields=fields)])


def sized(kind: FieldType, length: int, items: FieldType | None = None) -> Field:
    """Return a field whose length is named."""
    return Field(name=f"{kind} {length}", type=kind, max_length=length, items=items)


def test_a_mebibyte_is_enough_for_most() -> None:
    """Takes a mebibyte where nothing longer is asked for."""
    plain = (Field(name=kind, type=kind) for kind in FieldType if kind is not FieldType.ARRAY)
    assert max_body_bytes([]) == body_of(*plain) == MEBIBYTE
    assert body_of(sized(FieldType.STRING, 65_535)) == MEBIBYTE


@pytest.mark.parametrize(
    ("field", "needed"),
    [
        (sized(FieldType.TEXT, 10_000_000), 40_000_000),
        (sized(FieldType.BINARY, 10_000_000), 13_333_334),
        (sized(FieldType.ARRAY, 10_000, FieldType.STRING), 10_000 * 255 * 4),
    ],
    ids=str,
)
def test_long_values_fit(field: Field, needed: int) -> None:
    """Takes the longest value that a field names, and no more than what goes with it."""
    assert needed < body_of(field) <= needed + 2 * MEBIBYTE
    assert body_of(field, field) > 2 * needed
