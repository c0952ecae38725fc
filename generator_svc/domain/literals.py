"""Values written down in a spec: defaults and bounds, by the type of their field."""

import math
import re
import uuid
from base64 import b64decode
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Self, cast
from urllib.parse import urlsplit

from generator_svc.domain.spec import Field, FieldType, JsonValue

INTEGER_RANGE = (-(2**31), 2**31 - 1)
"""What a column of type integer holds."""

BIGINT_RANGE = (-(2**63), 2**63 - 1)
"""What a column of type bigint holds."""

JSON_DEPTH = 16
"""How deep a JSON default may nest."""

_EXACT = float(2**53)

Comparable = int | float | Decimal | date | time | datetime | timedelta

_DURATION = re.compile(
    r"(?P<sign>-?)P(?=.)(?:(?P<weeks>\d{1,6})W)?(?:(?P<days>\d{1,7})D)?"
    r"(?:T(?=.)(?:(?P<hours>\d{1,9})H)?(?:(?P<minutes>\d{1,9})M)?(?:(?P<seconds>\d{1,9}(?:\.\d{1,6})?)S)?)?"
)
_INTEGER = re.compile(r"[+-]?\d{1,20}")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_EMAIL = re.compile(r"[^@\s\x00-\x1f]+@[^@\s.]+(\.[^@\s.]+)+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d\d:\d\d(:\d\d(\.\d{1,6})?)?")


def comparable(kind: FieldType, literal: str) -> Comparable:
    """Return a bound as a value that can be compared with others of its type.

    Raises:
        ValueError: The literal is not one of that type.
    """
    return _COMPARABLE[kind](literal)


def check_value(field: Field, value: JsonValue) -> None:
    """Check that a value is one of a field's type, apart from the field's own bounds.

    Raises:
        ValueError: It is not; the message says what was expected.
    """
    if field.type is FieldType.ARRAY:
        _check_array(field, value)
    else:
        _check_scalar(field.type, value)


def canonical(kind: FieldType, value: JsonValue, *, items: FieldType | None = None) -> JsonValue:
    """Return a default in the one form the phases rely on; what cannot be read stays as it is.

    Whole numbers become `int`, floats `float`, and decimals, dates, times, durations, UUIDs and
    binaries strings, whatever a document or a message made of them.
    """
    if kind is FieldType.ARRAY and isinstance(value, list):
        return [canonical(items or FieldType.STRING, item) for item in value]
    if kind is FieldType.JSON:
        return _canonical_json(value)
    return value if isinstance(value, bool) or value is None else _canonical_scalar(kind, value)


class Literal(float):
    """A number of a document that remembers how it was written, so that decimals stay exact."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Read the number, keep the text."""
        number = super().__new__(cls, text)
        number.text = text
        return number


def _canonical_scalar(kind: FieldType, value: JsonValue) -> JsonValue:
    if kind in _WHOLE:
        return _canonical_integer(value)
    if kind is FieldType.FLOAT and isinstance(value, int | float):
        return float(value)
    if kind is FieldType.DECIMAL and isinstance(value, int | float):
        return number_text(value)
    return value


def number_text(value: float) -> str:
    """Return a number as people write it, without an exponent."""
    text = value.text if isinstance(value, Literal) else str(value)
    return f"{Decimal(text):f}"


def digits(precision: int | None, scale: int | None) -> tuple[int, int]:
    """Return the digits of a decimal, of which a document may leave out either or both."""
    if precision is None:
        return max(12, scale or 0), 2 if scale is None else scale
    return precision, min(2, precision) if scale is None else scale


def _canonical_json(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {key: _canonical_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical_json(item) for item in value]
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _EXACT else float(value)
    return value


def _canonical_integer(value: JsonValue) -> JsonValue:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return int(value)
    if isinstance(value, str) and _INTEGER.fullmatch(value):
        return int(value)
    return value


def _check_array(field: Field, value: JsonValue) -> None:
    if not isinstance(value, list):
        raise ValueError("expects a list")  # noqa: TRY004 - one error for every bad value
    for item in value:
        _check_scalar(field.items or FieldType.STRING, item)


def _check_scalar(kind: FieldType, value: JsonValue) -> None:
    if kind is FieldType.JSON:
        _check_json(value, depth=0)
    elif kind is FieldType.BOOLEAN:
        _expect(isinstance(value, bool), "expects true or false")
    elif kind in _WHOLE:
        _expect(isinstance(value, int) and not isinstance(value, bool), "expects a whole number")
        _in_range(kind, cast("int", value))
    elif kind is FieldType.FLOAT:
        _expect(isinstance(value, float) and math.isfinite(value), "expects a finite number")
    else:
        _expect(isinstance(value, str), f"expects a string that holds a {kind}")
        _TEXTUAL.get(kind, _any_text)(cast("str", value))


def _check_json(value: JsonValue, *, depth: int) -> None:
    _expect(depth <= JSON_DEPTH, f"expects JSON of at most {JSON_DEPTH} levels")
    if isinstance(value, dict):
        for key, item in value.items():
            _any_text(key)
            _check_json(item, depth=depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check_json(item, depth=depth + 1)
    elif isinstance(value, str):
        _any_text(value)
    elif isinstance(value, int | float):
        _expect(math.isfinite(value) and abs(value) <= _EXACT, "expects numbers below 2^53")


def _expect(holds: bool, message: str) -> None:  # noqa: FBT001 - reads as a sentence
    if not holds:
        raise ValueError(message)


def _in_range(kind: FieldType, value: int) -> int:
    low, high = INTEGER_RANGE if kind is FieldType.INTEGER else BIGINT_RANGE
    _expect(low <= value <= high, f"expects a whole number from {low} to {high}")
    return value


def _integer(literal: str) -> int:
    _expect(_INTEGER.fullmatch(literal) is not None, "expects a whole number, such as 10")
    return _in_range(FieldType.INTEGER, int(literal))


def _bigint(literal: str) -> int:
    _expect(_INTEGER.fullmatch(literal) is not None, "expects a whole number, such as 10")
    return _in_range(FieldType.BIGINT, int(literal))


def _float(literal: str) -> float:
    try:
        number = float(literal)
    except ValueError:
        raise ValueError("expects a number, such as 0.5") from None
    _expect(math.isfinite(number), "expects a finite number")
    return number


def _decimal(literal: str) -> Decimal:
    try:
        number = Decimal(literal)
    except InvalidOperation:
        raise ValueError("expects a decimal number, such as 9.99") from None
    _expect(number.is_finite(), "expects a finite decimal number")
    return number


def _date(literal: str) -> date:
    _expect(_DATE.fullmatch(literal) is not None, "expects a date, such as 2024-02-29")
    return date.fromisoformat(literal)


def _time(literal: str) -> time:
    _expect(_TIME.fullmatch(literal) is not None, "expects a time without a zone, such as 09:30:00")
    return time.fromisoformat(literal)


def _datetime(literal: str) -> datetime:
    try:
        instant = datetime.fromisoformat(literal)
    except ValueError:
        raise ValueError("expects an instant, such as 2024-02-29T09:30:00Z") from None
    _expect(instant.tzinfo is not None, "expects an instant with its zone: end it in Z")
    return instant


def _duration(literal: str) -> timedelta:
    match = _DURATION.fullmatch(literal)
    if match is None:
        raise ValueError("expects an ISO 8601 duration without months and years, such as PT1H30M")
    parts = match.groupdict(default="0")
    sign = -1 if parts.pop("sign") == "-" else 1
    try:
        return sign * timedelta(**{unit: float(amount) for unit, amount in parts.items()})
    except OverflowError:
        raise ValueError("expects a duration of fewer than 10^9 days") from None


def _url(literal: str) -> None:
    parts = urlsplit(literal)
    _expect(parts.scheme in {"http", "https"} and bool(parts.netloc), "expects an http(s) URL")


def _binary(literal: str) -> None:
    b64decode(literal, validate=True)


def _uuid(literal: str) -> None:
    try:
        uuid.UUID(literal)
    except ValueError:
        raise ValueError("expects a UUID") from None


def _slug(literal: str) -> None:
    _expect(_SLUG.fullmatch(literal) is not None, "expects lower-case words joined by hyphens")


def _email(literal: str) -> None:
    _expect(_EMAIL.fullmatch(literal) is not None, "expects an e-mail address")


def _any_text(literal: str) -> None:
    usable = "\x00" not in literal and not any("\ud800" <= char <= "\udfff" for char in literal)
    _expect(usable, "expects text without NUL and lone surrogates")


_WHOLE = frozenset({FieldType.INTEGER, FieldType.BIGINT})

_COMPARABLE: Mapping[FieldType, Callable[[str], Comparable]] = MappingProxyType(
    {
        FieldType.INTEGER: _integer,
        FieldType.BIGINT: _bigint,
        FieldType.FLOAT: _float,
        FieldType.DECIMAL: _decimal,
        FieldType.DATE: _date,
        FieldType.TIME: _time,
        FieldType.DATETIME: _datetime,
        FieldType.DURATION: _duration,
    }
)

_TEXTUAL: Mapping[FieldType, Callable[[str], object]] = MappingProxyType(
    {
        FieldType.DECIMAL: _decimal,
        FieldType.DATE: _date,
        FieldType.TIME: _time,
        FieldType.DATETIME: _datetime,
        FieldType.DURATION: _duration,
        FieldType.UUID: _uuid,
        FieldType.EMAIL: _email,
        FieldType.URL: _url,
        FieldType.SLUG: _slug,
        FieldType.BINARY: _binary,
    }
)

BOUNDED = frozenset(_COMPARABLE)
"""The types that take `minimum` and `maximum`."""
