"""The patterns of bounded moments match what lies within the bounds, and nothing else."""

import datetime as dt
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from generator_svc.domain.spec import Field, FieldType
from generator_svc.phases.model import values
from generator_svc.phases.model.moments import (
    DAYS_MAX,
    date_pattern,
    duration_pattern,
    instant_pattern,
    time_pattern,
)

FURTHEST = 23 * 60 + 59
"""How many minutes a zone lies from UTC at most."""

SPAN = dt.timedelta(days=DAYS_MAX)
ZONES = st.integers(-FURTHEST, FURTHEST).map(lambda each: dt.timezone(dt.timedelta(minutes=each)))
INSTANTS = st.dates(dt.date(2, 1, 1), dt.date(9998, 1, 1)).flatmap(
    lambda day: st.times().map(lambda time: dt.datetime.combine(day, time, dt.UTC))
)
MIDNIGHT, DAY = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.timedelta(days=1)
NEAR = st.timedeltas(-dt.timedelta(days=3), dt.timedelta(days=3))
LENGTHS = st.timedeltas(-SPAN, SPAN) | NEAR


def matches(pattern: str, text: str) -> bool:
    """Tell whether a pattern matches a text as a whole."""
    return re.fullmatch(pattern, text) is not None


def written(length: dt.timedelta) -> str:
    """Write a duration as generated projects do."""
    sign, length = ("-", -length) if length < dt.timedelta() else ("", length)
    minutes, seconds = divmod(length.seconds, 60)
    fraction = f".{length.microseconds:06d}" if length.microseconds else ""
    hours, minutes = divmod(minutes, 60)
    return f"{sign}P{length.days}DT{hours}H{minutes}M{seconds}{fraction}S"


@given(st.dates(), st.dates(), st.dates())
def test_dates(one: dt.date, other: dt.date, value: dt.date) -> None:
    """Matches exactly the dates from one to the other."""
    low, high = sorted((one, other))
    assert matches(date_pattern(low, high), value.isoformat()) is (low <= value <= high)
    assert matches(date_pattern(low, None), value.isoformat()) is (low <= value)
    assert matches(date_pattern(None, high), value.isoformat()) is (value <= high)


@given(st.times(), st.times(), st.times())
def test_times(one: dt.time, other: dt.time, value: dt.time) -> None:
    """Matches exactly the times from one to the other."""
    low, high = sorted((one, other))
    assert matches(time_pattern(low, high), value.isoformat()) is (low <= value <= high)


@pytest.mark.parametrize(
    ("text", "within"),
    [
        ("22:30:00", True),
        ("22:30:00.0", True),
        ("22:30:00.000001", False),
        ("05:59:59.999999", False),
        ("06:00:00", True),
        ("22:60:00", False),
    ],
)
def test_times_at_the_bounds(text: str, within: bool) -> None:  # noqa: FBT001 - an expectation
    """Takes the bounds themselves, however many zeros follow them."""
    assert matches(time_pattern(dt.time(6), dt.time(22, 30)), text) is within


@given(INSTANTS, NEAR, NEAR, ZONES)
@example(MIDNIGHT, -2 * DAY, DAY.resolution, dt.timezone(dt.timedelta(minutes=-1)))
@example(MIDNIGHT, 2 * DAY, -DAY.resolution, dt.timezone(dt.timedelta(minutes=FURTHEST)))
def test_instants(
    one: dt.datetime, more: dt.timedelta, off: dt.timedelta, zone: dt.timezone
) -> None:
    """Matches exactly the instants in UTC, and in another zone none beyond the bounds."""
    low, high = sorted((one, one + more))
    value = one + off
    pattern = instant_pattern(low, high)
    assert matches(pattern, f"{value.replace(tzinfo=None).isoformat()}Z") is (low <= value <= high)
    if matches(pattern, value.astimezone(zone).isoformat()):
        assert low <= value <= high


def test_instants_between_the_bounds() -> None:
    """Matches instants in any zone but on the days that reach beyond the bounds in one."""
    pattern = instant_pattern(dt.datetime(2000, 1, 1, tzinfo=dt.UTC), None)
    assert matches(pattern, "2000-01-02T00:00:00+14:00")
    assert matches(pattern, "2000-01-01T00:00:00Z")
    assert not matches(pattern, "2000-01-01T00:00:00+14:00")
    pattern = instant_pattern(None, dt.datetime(2000, 1, 3, tzinfo=dt.UTC))
    assert matches(pattern, "2000-01-01T23:59:59.999999-23:59")
    assert not matches(pattern, "2000-01-02T23:59:59.999999-23:59")
    assert matches(instant_pattern(None, None), "9999-12-30T23:59:59.999999-23:59")
    assert not matches(instant_pattern(None, None), "9999-12-31T00:00:00-00:01")


@given(LENGTHS, LENGTHS, LENGTHS)
def test_durations(one: dt.timedelta, other: dt.timedelta, value: dt.timedelta) -> None:
    """Matches exactly the durations from one to the other, as they are written out in full."""
    low, high = sorted((one, other))
    assert matches(duration_pattern(low, high), written(value)) is (low <= value <= high)
    assert matches(duration_pattern(low, None), written(value)) is (low <= value)
    assert matches(duration_pattern(None, high), written(value)) is (value <= high)


@pytest.mark.parametrize(
    ("most", "asked"), [(values.QUERY_MAX, values.QUERY_MAX), (65_535, values.QUERY_MAX), (40, 40)]
)
def test_queries_stay_short(most: int, asked: int) -> None:
    """Asks for no text that a request line cannot hold."""
    field = Field(name="text", type=FieldType.STRING, max_length=most)
    assert f"max_length={asked})" in values.query_type(field)
    assert f"max_length={most})" in values.input_type(field)
