"""Values of a spec as Python source of their field's own type."""

import datetime as dt
import re
from collections.abc import Callable
from decimal import Decimal

from generator_svc.domain.spec import Field, FieldType, JsonValue
from generator_svc.phases.model.decimals import DIGITS, scale_of
from generator_svc.phases.model.source import literal

Moment = dt.date | dt.time | dt.datetime | dt.timedelta
_AMOUNT = re.compile(r"([0-9.]+)([WDHMS])")


def item_of(field: Field) -> Field:
    """Return an array's item as a field of its own."""
    return Field(name=field.name, type=field.items or FieldType.STRING, values=field.values)


def python_literal(field: Field, value: JsonValue) -> str:
    """Return a value, as it stands in a spec, as Python source of the field's own type."""
    if field.type is FieldType.ARRAY and isinstance(value, list):
        return f"[{', '.join(python_literal(item_of(field), item) for item in value)}]"
    if field.type is FieldType.DECIMAL:
        return _decimal(str(value), scale_of(field))
    write = _WRITERS.get(field.type)
    return literal(value) if write is None else write(str(value))


def _integer(text: str) -> str:
    return str(int(text))


def _float(text: str) -> str:
    return repr(float(text))


def _decimal(text: str, scale: int) -> str:
    """Write all digits: a default is answered by a create as it stands, as by each later read."""
    exact = f"{DIGITS.quantize(Decimal(text), Decimal(1).scaleb(-scale)):f}"
    return f"decimal.Decimal({exact if exact.lstrip('-').isdigit() else repr(exact)})"


def _uuid(text: str) -> str:
    return f"uuid.UUID({text!r})"


def _binary(text: str) -> str:
    return f"base64.b64decode({text!r})"


def _date(text: str) -> str:
    day = dt.date.fromisoformat(text)
    return f"datetime.date({day.year}, {day.month}, {day.day})"


def _time(text: str) -> str:
    time = dt.time.fromisoformat(text)
    parts = _trimmed([time.hour, time.minute, time.second, time.microsecond], 1)
    return f"datetime.time({parts})"


def _instant(text: str) -> str:
    utc = _utc(text)
    clock = [utc.hour, utc.minute, utc.second, utc.microsecond]
    parts = _trimmed([utc.year, utc.month, utc.day, *clock], 3)
    return f"datetime.datetime({parts}, tzinfo=datetime.UTC)"


def read_moment(kind: FieldType, text: str | None) -> Moment | None:
    """Read a date, a time, an instant in UTC or a duration; None where there is none."""
    return None if text is None else _MOMENTS[kind](text)


def _utc(text: str) -> dt.datetime:
    return aware(dt.datetime.fromisoformat(text)).astimezone(dt.UTC)


def _duration(text: str) -> str:
    length = parse_duration(text)
    rest = f", microseconds={length.microseconds}" if length.microseconds else ""
    return f"datetime.timedelta(seconds={length.days * 86_400 + length.seconds}{rest})"


def _trimmed(parts: list[int], least: int) -> str:
    """Return numbers as arguments, without the zeros at the end."""
    while len(parts) > least and not parts[-1]:
        parts.pop()
    return ", ".join(map(str, parts))


def aware(moment: dt.datetime) -> dt.datetime:
    """Return an instant in UTC unless it names its zone."""
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def parse_duration(text: str) -> dt.timedelta:
    """Read an ISO 8601 duration of days, hours, minutes and seconds."""
    days, _, clock = text.lstrip("-").removeprefix("P").partition("T")
    amounts = {unit: float(amount) for amount, unit in _AMOUNT.findall(days)}
    times = {unit: float(amount) for amount, unit in _AMOUNT.findall(clock)}
    length = dt.timedelta(
        weeks=amounts.get("W", 0),
        days=amounts.get("D", 0),
        hours=times.get("H", 0),
        minutes=times.get("M", 0),
        seconds=times.get("S", 0),
    )
    return -length if text.startswith("-") else length


_MOMENTS: dict[FieldType, Callable[[str], Moment]] = {
    FieldType.DATE: dt.date.fromisoformat,
    FieldType.TIME: dt.time.fromisoformat,
    FieldType.DATETIME: _utc,
    FieldType.DURATION: parse_duration,
}
_WRITERS: dict[FieldType, Callable[[str], str]] = {
    FieldType.INTEGER: _integer,
    FieldType.BIGINT: _integer,
    FieldType.FLOAT: _float,
    FieldType.UUID: _uuid,
    FieldType.BINARY: _binary,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.DATETIME: _instant,
    FieldType.DURATION: _duration,
}
