"""What rows that are there already get: defaults, neutral values, values of another type."""

import re
from decimal import Decimal

from generator_svc.domain.literals import comparable
from generator_svc.domain.spec import Field, FieldType
from generator_svc.phases.migrating.matching import Cell, CellPair
from generator_svc.phases.model.decimals import precision_of, scale_of
from generator_svc.phases.model.literals import python_literal
from generator_svc.phases.model.source import literal

NOW = "datetime.datetime.now(datetime.UTC)"
TEXTUAL = frozenset(
    {
        FieldType.STRING,
        FieldType.TEXT,
        FieldType.SLUG,
        FieldType.EMAIL,
        FieldType.URL,
        FieldType.ENUM,
    }
)
"""The types that are text in the database."""

_CALL = re.compile(r"([A-Za-z_.]+)\(value\)")
_WHOLE = frozenset({FieldType.INTEGER, FieldType.BIGINT})
_MOMENTS = {
    FieldType.DATE: "1970-01-01",
    FieldType.TIME: "00:00:00",
    FieldType.DATETIME: "1970-01-01T00:00:00Z",
    FieldType.DURATION: "PT0S",
}
_NUMBERS = {FieldType.INTEGER, FieldType.BIGINT, FieldType.FLOAT, FieldType.DECIMAL}
_NEUTRAL = {
    FieldType.BOOLEAN: "False",
    FieldType.UUID: "uuid.UUID(int=0)",
    FieldType.JSON: "{}",
    FieldType.BINARY: 'b""',
    FieldType.ARRAY: "[]",
}


def filling(cell: Cell) -> str:
    """Return what rows without a value get, as source; empty when only a user can tell."""
    attribute = cell.attribute
    if attribute is None:
        return NOW if cell.column.type == "columns.Instant()" else ""
    if attribute.default:
        return attribute.default
    return neutral(attribute.field) if attribute.field else ""


def neutral(field: Field) -> str:
    """Return the value of a field that says least, within its bounds, as source."""
    if field.type is FieldType.ENUM:
        return literal(field.values[0])
    if field.type in _NEUTRAL:
        return _NEUTRAL[field.type]
    if field.type in _NUMBERS or field.type in _MOMENTS:
        return python_literal(field, _within(field, _MOMENTS.get(field.type, "0")))
    return '""'


def _within(field: Field, text: str) -> str:
    """Return a value, or the bound that it lies beyond."""
    value = comparable(field.type, text)
    for bound, sign in ((field.minimum, 1), (field.maximum, -1)):
        if bound is not None:
            limit = comparable(field.type, bound)
            if (limit > value) - (limit < value) == sign:  # type: ignore[operator]
                return bound
    return text


def alters_in_place(pair: CellPair) -> bool:
    """Tell whether the database itself can change a column from one type to the other."""
    if pair.old.column.type == pair.new.column.type:
        return True
    old, new = _field(pair.old), _field(pair.new)
    if old is None or new is None:
        return False
    return {old.type, new.type} <= TEXTUAL or (old.type in _WHOLE and new.type in _WHOLE)


def longest(pair: CellPair) -> int | None:
    """Return the length that texts must be cut to; None when all of them fit."""
    old, new = _length(pair.old), _length(pair.new)
    return new if new is not None and (old is None or old > new) else None


def _length(cell: Cell) -> int | None:
    """Return the most characters of a column of text."""
    kind = cell.column.type
    return int(kind[len("sa.String(") : -1]) if kind.startswith("sa.String(") else None


def allowed(pair: CellPair) -> tuple[str, ...]:
    """Return the values of an enumeration, if rows may have others; else none."""
    old, new = _field(pair.old), _field(pair.new)
    if old is None or new is None or new.type is not FieldType.ENUM:
        return ()
    known = old.type is FieldType.ENUM and set(old.values) <= set(new.values)
    return () if known else new.values


def conversion(pair: CellPair) -> str:
    """Return the function that makes a value of the new type; empty when there is none."""
    old, new = _field(pair.old), _field(pair.new)
    expression = _converted(old, new) if old is not None and new is not None else ""
    if call := _CALL.fullmatch(expression):
        return call[1]
    return f"lambda value: {expression}" if expression else ""


def _converted(old: Field, new: Field) -> str:  # noqa: PLR0911 - one answer for each type
    kinds = {old.type, new.type}
    if new.type in TEXTUAL:
        return _as_text(old)
    if new.type in _WHOLE and old.type in _NUMBERS | TEXTUAL | {FieldType.BOOLEAN}:
        return "int(value)"
    if new.type is FieldType.FLOAT and old.type in _NUMBERS | TEXTUAL:
        return "float(value)"
    if new.type is FieldType.DECIMAL and old.type in _NUMBERS | TEXTUAL:
        return _as_decimal(new)
    if new.type is FieldType.BOOLEAN and old.type in _WHOLE:
        return "bool(value)"
    if kinds == {FieldType.DATE, FieldType.DATETIME}:
        return "value.date()" if new.type is FieldType.DATE else _MIDNIGHT
    if new.type is FieldType.JSON and old.type in TEXTUAL | _WHOLE | {
        FieldType.FLOAT,
        FieldType.BOOLEAN,
    }:
        return "value"
    return _PARSED.get(new.type, "") if old.type in TEXTUAL else ""


_MIDNIGHT = "datetime.datetime(value.year, value.month, value.day, tzinfo=datetime.UTC)"
_PARSED = {
    FieldType.BOOLEAN: '{"true": True, "false": False}[value.lower()]',
    FieldType.DATE: "datetime.date.fromisoformat(value)",
    FieldType.TIME: "datetime.time.fromisoformat(value)",
    FieldType.DATETIME: "datetime.datetime.fromisoformat(value).astimezone(datetime.UTC)",
    FieldType.UUID: "uuid.UUID(value)",
}


def _as_text(old: Field) -> str:
    if old.type is FieldType.BOOLEAN:
        return "str(value).lower()"
    if old.type is FieldType.DECIMAL:
        return 'format(value, "f")'
    if old.type in {FieldType.JSON, FieldType.BINARY, FieldType.ARRAY, FieldType.DURATION}:
        return ""
    moment = old.type in {FieldType.DATE, FieldType.TIME, FieldType.DATETIME}
    return "value.isoformat()" if moment else "str(value)"


def _as_decimal(new: Field) -> str:
    """Round to the new scale; what has more digits than there is room for is an error."""
    precision, scale = precision_of(new), scale_of(new)
    step = f"decimal.Decimal({str(Decimal(1).scaleb(-scale))!r})" if scale else "decimal.Decimal(1)"
    context = f"decimal.Context(prec={precision})"
    return f"decimal.Decimal(str(value)).quantize({step}, context={context})"


def _field(cell: Cell) -> Field | None:
    return cell.attribute.field if cell.attribute else None
