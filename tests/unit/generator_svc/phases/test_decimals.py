"""The pattern of a decimal matches exactly the decimals of its range."""

import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator_svc.phases.model.decimals import decimal_pattern


@st.composite
def _ranges(draw: st.DrawFn) -> tuple[int, int, int, int]:
    scale = draw(st.integers(0, 3))
    precision = scale + draw(st.integers(1, 3))
    limit = 10**precision - 1
    low = draw(st.integers(-limit, limit))
    return precision, scale, low, draw(st.integers(low, limit))


@settings(max_examples=150, deadline=None)
@given(_ranges(), st.data())
def test_the_pattern_is_exact(bounds: tuple[int, int, int, int], data: st.DataObject) -> None:
    """Matches a decimal, however many zeros it ends in, if and only if it lies in the range."""
    precision, scale, low, high = bounds
    limit = 10**precision - 1
    number = data.draw(
        st.one_of(st.integers(-limit, limit), st.sampled_from([low, high, low - 1, high + 1]))
    )
    if abs(number) > limit:
        return
    pattern = decimal_pattern(
        precision=precision,
        scale=scale,
        low=Decimal(low).scaleb(-scale),
        high=Decimal(high).scaleb(-scale),
    )
    text = f"{Decimal(number).scaleb(-scale):f}"
    short = text.rstrip("0").rstrip(".") if "." in text else text
    for each in (text, short):
        assert bool(re.fullmatch(pattern, each)) == (low <= number <= high), (pattern, each)


@pytest.mark.parametrize(
    "text", ["1e1", "+1", "01", ".5", "1.", "NaN", "Infinity", "", "1.234", "٣"]
)
def test_other_forms_are_refused(text: str) -> None:
    """Takes no exponent, sign, leading zero or digit too many."""
    pattern = decimal_pattern(precision=5, scale=2, low=Decimal(-999), high=Decimal(999))
    assert not re.fullmatch(pattern, text)
