"""The values of the generated tests meet, or break, the constraints of their fields."""

import math
import re
from decimal import Decimal

import pytest

from generator_svc.domain.spec import Field, FieldType
from generator_svc.phases.model.patterns import matching
from generator_svc.phases.model.samples import COUNT, NoSampleError, samples
from generator_svc.phases.model.wrong import wrong

KINDS = [
    kind for kind in FieldType if kind not in {FieldType.ENUM, FieldType.ARRAY, FieldType.BOOLEAN}
]


@pytest.mark.parametrize("kind", KINDS)
def test_values_are_distinct(kind: FieldType) -> None:
    """Finds as many different values as a unique field needs."""
    found = samples(Field(name="some field", type=kind))
    assert len(found) == COUNT
    assert all(value not in found[:place] for place, value in enumerate(found))


@pytest.mark.parametrize(
    ("pattern", "low", "high"),
    [
        (r"^\S", 1, 80),
        (r"^[A-Z]{3}-\d{4}$", 8, 8),
        (r"^(?:ab|cd)+e?$", 4, 4),
        (r"[^a-z]", 3, 10),
        (r"^.{5,}$", 5, 6),
        (r"^\w+@\w+\.\w{2,3}$", 0, 30),
    ],
)
def test_patterns(pattern: str, low: int, high: int) -> None:
    """Writes texts in which a pattern is found, as long as they have to be."""
    field = Field(name="x", type=FieldType.STRING, pattern=pattern, min_length=low, max_length=high)
    for text in samples(field):
        assert isinstance(text, str)
        assert re.search(pattern, text)
        assert low <= len(text) <= high


def test_impossible_patterns() -> None:
    """Says so when it finds nothing, instead of a value that is refused."""
    field = Field(name="x", type=FieldType.STRING, pattern="^a{9}$", max_length=3)
    with pytest.raises(NoSampleError):
        samples(field)
    assert list(matching("(", 0, 9)) == []


@pytest.mark.parametrize(
    ("field", "bounds"),
    [
        (Field(name="x", type=FieldType.INTEGER, minimum="-5", maximum="-3"), (-5, -2)),
        (Field(name="x", type=FieldType.FLOAT, minimum="0.5", maximum="0.75"), (0.5, 0.76)),
        (Field(name="x", type=FieldType.BIGINT, minimum="9007199254740993"), (2**53 + 1, 2**63)),
    ],
)
def test_bounds(field: Field, bounds: tuple[float, float]) -> None:
    """Stays within the bounds, and steps over them where it should."""
    low, high = bounds
    for value in samples(field):
        assert isinstance(value, int | float)
        assert low <= value <= high
    outside = [value for value in wrong(field) if type(value) in {int, float}]
    assert outside
    assert not any(low <= Decimal(str(value)) < high for value in outside)


def test_the_whole_range_of_a_float() -> None:
    """Finds finite values where the range itself is more than a float holds."""
    most = "1.7976931348623157e308"
    field = Field(name="x", type=FieldType.FLOAT, minimum=f"-{most}", maximum=most)
    found = samples(field)
    assert len(found) == COUNT
    assert all(isinstance(value, float) and math.isfinite(value) for value in found)


def test_decimals_have_all_their_digits() -> None:
    """Writes decimals as an answer does, also where a bound has fewer digits."""
    field = Field(name="x", type=FieldType.DECIMAL, precision=3, scale=1, minimum="1", maximum="1")
    assert samples(field) == ["1.0"]


def test_the_shortest_duration() -> None:
    """Finds the value of a range that holds no whole second."""
    field = Field(name="x", type=FieldType.DURATION, minimum="PT0.5S", maximum="PT0.5S")
    assert samples(field) == ["P0DT0H0M0.500000S"]


def test_arrays() -> None:
    """Fills arrays with values of their items, at least as many as it must."""
    field = Field(name="x", type=FieldType.ARRAY, items=FieldType.DATE, min_length=3, max_length=4)
    for value in samples(field):
        assert isinstance(value, list)
        assert len(value) == 3
    assert wrong(field)[0] == "not a list"
