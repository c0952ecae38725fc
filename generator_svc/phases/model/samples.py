"""Values for the generated tests, as they stand in JSON: valid, and distinct where they must be."""

import base64
import datetime as dt
import itertools
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

from generator_svc.domain import naming
from generator_svc.domain.lengths import max_length_of
from generator_svc.domain.spec import Field, FieldType, JsonValue
from generator_svc.phases.model import decimals, values
from generator_svc.phases.model.literals import aware, item_of, parse_duration
from generator_svc.phases.model.patterns import matching

COUNT = 6
"""How many distinct values a unique field gets."""

_TRIES = 64
_STEPS = 9
_FIRST_DAY = dt.datetime(2030, 1, 1, 12, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)
_INTEGERS = {
    FieldType.INTEGER: (-(2**31), 2**31 - 1),
    FieldType.BIGINT: (-(2**63), 2**63 - 1),
}


class NoSampleError(Exception):
    """No value could be found that meets a field's own constraints."""


def samples(field: Field) -> list[JsonValue]:
    """Return up to `COUNT` distinct valid values of a field.

    Raises:
        NoSampleError: The constraints allow none that could be found.
    """
    found: list[JsonValue] = []
    for value in itertools.islice(_CANDIDATES[field.type](field), _TRIES):
        if value not in found:
            found.append(value)
        if len(found) == COUNT:
            break
    if not found:
        raise NoSampleError(field.name)
    return found


def integer_range(field: Field) -> tuple[int, int]:
    """Return the least and the greatest value of an integer."""
    low, high = _INTEGERS[field.type]
    return (
        int(field.minimum) if field.minimum is not None else low,
        int(field.maximum) if field.maximum is not None else high,
    )


def _strings(field: Field) -> Iterator[JsonValue]:
    low, high = field.min_length or 0, max_length_of(field)
    if field.pattern:
        return iter(matching(field.pattern, low, high))
    words = (f"{naming.words(field.name)} {number}" for number in range(1, 9))
    letters = (chr(97 + number) for number in range(26))
    fitting = (text for text in itertools.chain(words, letters) if len(text) <= high)
    return (text.ljust(low, "x") for text in fitting)


def _integers(field: Field) -> Iterator[JsonValue]:
    low, high = integer_range(field)
    return iter(range(max(low, min(1, high)), high + 1))


def _floats(field: Field) -> Iterator[JsonValue]:
    low = float(field.minimum) if field.minimum is not None else None
    high = float(field.maximum) if field.maximum is not None else None
    if low is not None and high is not None:
        eighth = high / 8 - low / 8  # the whole of it may be more than a float holds
        return (min(high, low + eighth * step) for step in range(_STEPS))
    if high is not None:
        return (high - step - 0.5 for step in range(_STEPS))
    return ((low or 0.0) + step + 0.5 for step in range(_STEPS))


def _decimals(field: Field) -> Iterator[JsonValue]:
    low, high = values.decimal_range(field)
    step = Decimal(1).scaleb(-decimals.scale_of(field))
    number = decimals.DIGITS.quantize(max(low, min(high, Decimal(1))), step)
    while number <= high:
        yield f"{number:f}"
        number = decimals.DIGITS.add(number, step)


def _booleans(_field: Field) -> Iterator[JsonValue]:
    return iter([True, False])


def _choices(field: Field) -> Iterator[JsonValue]:
    return iter(field.values)


def _documents(_field: Field) -> Iterator[JsonValue]:
    return ({"number": number, "list": [True, None, "text"]} for number in itertools.count())


def _arrays(field: Field) -> Iterator[JsonValue]:
    items = samples(item_of(field))
    size = max(field.min_length or 0, min(2, max_length_of(field)))
    for start in range(len(items)):
        yield [items[(start + place) % len(items)] for place in range(size)]


def _uuids(_field: Field) -> Iterator[JsonValue]:
    return (str(uuid.UUID(int=(4 << 76) + (2 << 62) + number)) for number in itertools.count(1))


def _emails(field: Field) -> Iterator[JsonValue]:
    return _sized(field, "someone", "@example.com")


def _urls(field: Field) -> Iterator[JsonValue]:
    return _sized(field, "https://example.com/", "")


def _slugs(field: Field) -> Iterator[JsonValue]:
    return _sized(field, "slug", "")


def _sized(field: Field, start: str, end: str) -> Iterator[JsonValue]:
    """Number a text between two ends, as long as the field wants it."""
    low, high = field.min_length or 0, max_length_of(field)
    for number in range(1, _TRIES):
        text = f"{start}{number}{end}"
        text = f"{start}{number}{'x' * (low - len(text))}{end}"
        if len(text) > high:
            text = f"{start if not end else ''}{chr(96 + number % 26)}{end}"
        if len(text) > high:
            text = chr(96 + number % 26)
        if low <= len(text) <= high:
            yield text


def _binaries(field: Field) -> Iterator[JsonValue]:
    size = max(field.min_length or 0, min(3, max_length_of(field)))
    letters = (bytes([number]) * size for number in range(65, 91))
    return (base64.b64encode(letter).decode() for letter in letters)


def _dates(field: Field) -> Iterator[JsonValue]:
    low = dt.date.fromisoformat(field.minimum) if field.minimum else None
    high = dt.date.fromisoformat(field.maximum) if field.maximum else None
    return (each.isoformat() for each in _steps(_FIRST_DAY.date(), low, high, _DAY))


def _instants(field: Field) -> Iterator[JsonValue]:
    low, high = (
        aware(dt.datetime.fromisoformat(bound)).astimezone(dt.UTC) if bound else None
        for bound in (field.minimum, field.maximum)
    )
    moments = _steps(_FIRST_DAY, low, high, dt.timedelta(hours=1))
    return (each.isoformat().replace("+00:00", "Z") for each in moments)


def _times(field: Field) -> Iterator[JsonValue]:
    low, high = field.minimum or "00:00:00", field.maximum or "23:59:59"
    hours = (f"{hour:02}:30:00" for hour in range(24))
    return (each for each in (*hours, low, high) if low <= each <= high)


def _durations(field: Field) -> Iterator[JsonValue]:
    low = parse_duration(field.minimum) if field.minimum else dt.timedelta(hours=1)
    high = parse_duration(field.maximum) if field.maximum else low * 2 + _DAY
    low = min(low, high)
    for step in range(_STEPS):
        length = low + (high - low) * step / 8
        whole = length - dt.timedelta(microseconds=length.microseconds)
        yield _duration_text(whole if low <= whole else length)


def _duration_text(length: dt.timedelta) -> str:
    sign, size = ("-", -length) if length < dt.timedelta() else ("", length)
    minutes, seconds = divmod(size.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    fraction = f".{size.microseconds:06}" if size.microseconds else ""
    return f"{sign}P{size.days}DT{hours}H{minutes}M{seconds}{fraction}S"


def _steps(start: Any, low: Any, high: Any, step: dt.timedelta) -> Iterator[Any]:
    """Walk up from the start, or from the least; where that fails, up to the greatest."""
    moment = start if low is None else max(start, low)
    if high is not None and moment > high:
        moment = low if low is not None else high - step * COUNT
    for _ in range(COUNT):
        if high is None or moment <= high:
            yield moment
        moment += step


_CANDIDATES: dict[FieldType, Callable[[Field], Iterator[JsonValue]]] = {
    FieldType.STRING: _strings,
    FieldType.TEXT: _strings,
    FieldType.INTEGER: _integers,
    FieldType.BIGINT: _integers,
    FieldType.FLOAT: _floats,
    FieldType.DECIMAL: _decimals,
    FieldType.BOOLEAN: _booleans,
    FieldType.DATE: _dates,
    FieldType.TIME: _times,
    FieldType.DATETIME: _instants,
    FieldType.DURATION: _durations,
    FieldType.UUID: _uuids,
    FieldType.EMAIL: _emails,
    FieldType.URL: _urls,
    FieldType.SLUG: _slugs,
    FieldType.ENUM: _choices,
    FieldType.JSON: _documents,
    FieldType.BINARY: _binaries,
    FieldType.ARRAY: _arrays,
}
