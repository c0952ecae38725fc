"""Values for the generated tests: on the wire, valid, distinct where they must be; and wrong ones."""

import base64
import datetime
import itertools
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from generator_svc.domain import naming
from generator_svc.domain.spec import Field, FieldType, JsonValue
from generator_svc.phases.model import values
from generator_svc.phases.model.patterns import matching

COUNT = 6
"""How many distinct values a unique field gets."""

_INTEGERS = {
    FieldType.INTEGER: (-(2**31), 2**31 - 1),
    FieldType.BIGINT: (-(2**63), 2**63 - 1),
}
_FIRST_DAY = datetime.datetime(2030, 1, 1, 12, tzinfo=datetime.UTC)


class NoSampleError(Exception):
    """No value could be found that meets a field's own constraints."""


def samples(field: Field) -> list[JsonValue]:
    """Return up to `COUNT` distinct valid values of a field, as they stand in JSON.

    Raises:
        NoSampleError: The constraints allow none that could be found.
    """
    found: list[JsonValue] = []
    for value in itertools.islice(_candidates(field), 64):
        if value not in found:
            found.append(value)
        if len(found) == COUNT:
            break
    if not found:
        raise NoSampleError(field.name)
    return found


def wrong(field: Field) -> list[JsonValue]:
    """Return values that the field refuses, as they stand in JSON."""
    match field.type:
        case FieldType.JSON:
            return []
        case FieldType.STRING | FieldType.TEXT:
            return ["nul\0", 1, *_too_long(field), *_too_short(field)]
        case FieldType.INTEGER | FieldType.BIGINT:
            low, high = _integer_range(field)
            return [low - 1, high + 1, True, "1"]
        case FieldType.DECIMAL:
            low_, high_ = values.decimal_range(field)
            step = Decimal(1).scaleb(-values.scale_of(field))
            return [f"{high_ + step:f}", f"{low_ - step:f}", 1.5, "NaN", "1e1"]
        case FieldType.FLOAT:
            return [True, "1", *_beyond(field)]
        case FieldType.BOOLEAN:
            return ["maybe", 1, "true"]
        case FieldType.ARRAY:
            return ["not a list", *_too_many(field)]
        case FieldType.DATETIME:
            return ["2030-01-01T00:00:00", "0001-01-01T00:00:00+05:00", 0, "soon"]
        case _:
            return ["?", 1]


def _beyond(field: Field) -> list[JsonValue]:
    low = [float(field.minimum) - 1] if field.minimum is not None else []
    high = [float(field.maximum) + 1] if field.maximum is not None else []
    return [*low, *high]


def _too_long(field: Field) -> list[JsonValue]:
    return ["x" * (values.max_length_of(field) + 1)] if field.max_length else []


def _too_short(field: Field) -> list[JsonValue]:
    return ["x" * (field.min_length - 1)] if field.min_length else []


def _too_many(field: Field) -> list[JsonValue]:
    item = samples(values.item_of(field))[0]
    return [[item] * (values.max_length_of(field) + 1)]


def _integer_range(field: Field) -> tuple[int, int]:
    low, high = _INTEGERS[field.type]
    return (
        int(field.minimum) if field.minimum is not None else low,
        int(field.maximum) if field.maximum is not None else high,
    )


def _candidates(field: Field) -> Iterator[JsonValue]:
    match field.type:
        case FieldType.STRING | FieldType.TEXT:
            return _strings(field)
        case FieldType.INTEGER | FieldType.BIGINT:
            low, high = _integer_range(field)
            return iter(range(max(low, min(1, high)), high + 1))
        case FieldType.FLOAT:
            return _floats(field)
        case FieldType.DECIMAL:
            return _decimals(field)
        case FieldType.BOOLEAN:
            return iter([True, False])
        case FieldType.ENUM:
            return iter(field.values)
        case FieldType.JSON:
            return (
                {"number": number, "list": [True, None, "text"]} for number in itertools.count()
            )
        case FieldType.ARRAY:
            return _arrays(field)
        case _:
            return _others(field)


def _others(field: Field) -> Iterator[JsonValue]:
    match field.type:
        case FieldType.UUID:
            return (str(uuid.UUID(int=(4 << 76) + (2 << 62) + n)) for n in itertools.count(1))
        case FieldType.EMAIL:
            return _sized(field, ("someone", "@example.com"))
        case FieldType.URL:
            return _sized(field, ("https://example.com/", ""))
        case FieldType.SLUG:
            return _sized(field, ("slug", ""))
        case FieldType.BINARY:
            size = max(field.min_length or 0, min(3, values.max_length_of(field)))
            return (
                base64.b64encode(n.to_bytes(1, "big") * size).decode() for n in range(65, 65 + 26)
            )
        case _:
            return _moments(field)


def _sized(field: Field, ends: tuple[str, str]) -> Iterator[str]:
    """Number a text between two ends, as long as the field wants it."""
    low, high = field.min_length or 0, values.max_length_of(field)
    for number in itertools.count(1):
        if number > 64:
            return
        text = f"{ends[0]}{number}{ends[1]}"
        text = f"{ends[0]}{number}{'x' * (low - len(text))}{ends[1]}"
        if len(text) > high:
            text = f"{chr(96 + number % 26)}{ends[1]}"
        if low <= len(text) <= high:
            yield text


def _floats(field: Field) -> Iterator[float]:
    low = float(field.minimum) if field.minimum is not None else None
    high = float(field.maximum) if field.maximum is not None else None
    if low is not None and high is not None:
        return (low + (high - low) * step / 8 for step in range(9))
    if high is not None:
        return (high - step - 0.5 for step in range(9))
    return ((low or 0.0) + step + 0.5 for step in range(9))


def _decimals(field: Field) -> Iterator[str]:
    low, high = values.decimal_range(field)
    step = Decimal(1).scaleb(-values.scale_of(field))
    start = max(low, min(high, Decimal(1).quantize(step)))
    number = start
    while number <= high:
        yield f"{number:f}"
        number += step


def _arrays(field: Field) -> Iterator[JsonValue]:
    items = samples(values.item_of(field))
    least, most = field.min_length or 0, values.max_length_of(field)
    size = max(least, min(2, most))
    for start in range(len(items)):
        yield [items[(start + place) % len(items)] for place in range(size)]


def _moments(field: Field) -> Iterator[JsonValue]:
    match field.type:
        case FieldType.DATE:
            low = datetime.date.fromisoformat(field.minimum) if field.minimum else None
            high = datetime.date.fromisoformat(field.maximum) if field.maximum else None
            day = datetime.timedelta(days=1)
            return (each.isoformat() for each in _steps(_FIRST_DAY.date(), low, high, day))
        case FieldType.DATETIME:
            start = _instant(field.minimum) if field.minimum else None
            end = _instant(field.maximum) if field.maximum else None
            hour = datetime.timedelta(hours=1)
            moments = _steps(_FIRST_DAY, start, end, hour)
            return (each.isoformat().replace("+00:00", "Z") for each in moments)
        case FieldType.TIME:
            return _times(field)
        case _:
            return _durations(field)


def _times(field: Field) -> Iterator[str]:
    low, high = field.minimum or "00:00:00", field.maximum or "23:59:59"
    hours = (f"{hour:02}:30:00" for hour in range(24))
    return (each for each in (*hours, low, high) if low <= each <= high)


def _durations(field: Field) -> Iterator[str]:
    low = values.parse_duration(field.minimum) if field.minimum else datetime.timedelta(hours=1)
    high = values.parse_duration(field.maximum) if field.maximum else low * 2 + _DAY
    for step in range(9):
        length = low + (high - low) * step / 8
        whole = length - datetime.timedelta(microseconds=length.microseconds)
        if low <= whole:
            yield duration_text(whole)


_DAY = datetime.timedelta(days=1)


def duration_text(length: datetime.timedelta) -> str:
    """Write a duration as generated projects do."""
    sign, size = ("-", -length) if length < datetime.timedelta() else ("", length)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{sign}P{size.days}DT{hours}H{minutes}M{seconds}S"


def _steps(start: Any, low: Any, high: Any, step: datetime.timedelta) -> Iterator[Any]:
    """Walk up from the start, or from the least; where that fails, down from the greatest."""
    moment = start if low is None else max(start, low)
    if high is not None and moment > high:
        moment = low if low is not None else high - step * COUNT
    for _ in range(COUNT):
        if high is None or moment <= high:
            yield moment
        moment += step


def _instant(text: str) -> datetime.datetime:
    moment = datetime.datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _strings(field: Field) -> Iterator[str]:
    low, high = field.min_length or 0, values.max_length_of(field)
    if field.pattern:
        return matching(field.pattern, low, high)
    words = (f"{naming.words(field.name)} {number}" for number in range(1, 9))
    letters = (chr(97 + number) for number in range(26))
    fitting = (text for text in itertools.chain(words, letters) if len(text) <= high)
    return (text.ljust(low, "x") for text in fitting)
