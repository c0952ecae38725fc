"""Values of fields: Python source for their types, their columns and their literals."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from generator_svc.domain.lengths import max_length_of
from generator_svc.domain.literals import BOUNDED
from generator_svc.domain.spec import Field, FieldType
from generator_svc.phases.model import moments
from generator_svc.phases.model.decimals import decimal_pattern, precision_of, scale_of
from generator_svc.phases.model.literals import item_of, python_literal, read_moment
from generator_svc.phases.model.source import literal, pattern_literal

QUERY_MAX = 2048
"""The most characters that a query asks for: servers take no request line of any length."""

TEXTUAL = frozenset({FieldType.STRING, FieldType.TEXT, FieldType.SLUG})
UNSORTED = frozenset({FieldType.TEXT, FieldType.JSON, FieldType.BINARY, FieldType.ARRAY})
UNFILTERED = UNSORTED | {FieldType.FLOAT, FieldType.TIME, FieldType.DURATION}

_PYTHON = {
    FieldType.STRING: "str",
    FieldType.TEXT: "str",
    FieldType.INTEGER: "int",
    FieldType.BIGINT: "int",
    FieldType.FLOAT: "float",
    FieldType.DECIMAL: "decimal.Decimal",
    FieldType.BOOLEAN: "bool",
    FieldType.DATE: "datetime.date",
    FieldType.TIME: "datetime.time",
    FieldType.DATETIME: "datetime.datetime",
    FieldType.DURATION: "datetime.timedelta",
    FieldType.UUID: "uuid.UUID",
    FieldType.EMAIL: "str",
    FieldType.URL: "str",
    FieldType.SLUG: "str",
    FieldType.ENUM: "str",
    FieldType.JSON: "typing.Any",
    FieldType.BINARY: "bytes",
}
_COLUMNS = {
    FieldType.TEXT: "sa.Text()",
    FieldType.INTEGER: "sa.Integer()",
    FieldType.BIGINT: "sa.BigInteger()",
    FieldType.FLOAT: "sa.Double()",
    FieldType.BOOLEAN: "sa.Boolean()",
    FieldType.DATE: "sa.Date()",
    FieldType.TIME: "sa.Time()",
    FieldType.DATETIME: "columns.Instant()",
    FieldType.DURATION: "columns.Duration()",
    FieldType.UUID: "sa.Uuid()",
    FieldType.EMAIL: "sa.String(254)",
    FieldType.URL: "sa.String(2048)",
    FieldType.JSON: "columns.Json",
    FieldType.BINARY: "sa.LargeBinary()",
}
_MARKERS = {
    FieldType.DATE: "types.DATE",
    FieldType.TIME: "types.TIME",
    FieldType.DATETIME: "types.INSTANT",
    FieldType.DURATION: "types.DURATION",
}
_NAMED = {
    FieldType.DATE: "types.Date",
    FieldType.TIME: "types.Time",
    FieldType.DATETIME: "types.Instant",
    FieldType.DURATION: "types.Duration",
    FieldType.EMAIL: "types.Email",
    FieldType.URL: "types.Url",
    FieldType.JSON: "types.Json",
    FieldType.UUID: "uuid.UUID",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The least and the greatest value, as Python source; empty where there is none."""

    low: str
    high: str

    def arguments(self) -> list[str]:
        """Return them as arguments of pydantic's `Field`."""
        named = (("ge", self.low), ("le", self.high))
        return [f"{name}={value}" for name, value in named if value]


def _largest(field: Field) -> Decimal:
    """Return all digits nine, exactly: arithmetic would round to 28 of them."""
    return Decimal((0, (9,) * precision_of(field), -scale_of(field)))


def decimal_range(field: Field) -> tuple[Decimal, Decimal]:
    """Return the least and the greatest value of a decimal."""
    most = _largest(field)
    least = most.copy_negate()
    low = max(least, Decimal(field.minimum)) if field.minimum is not None else least
    high = min(most, Decimal(field.maximum)) if field.maximum is not None else most
    return low, high


def python_type(field: Field) -> str:
    """Return the annotation of a value in a model, without `None`."""
    if field.type is FieldType.ARRAY:
        return f"list[{_PYTHON[item_of(field).type]}]"
    return _PYTHON[field.type]


def column_type(field: Field) -> str:
    """Return the type of a column."""
    if field.type in {FieldType.STRING, FieldType.SLUG}:
        return f"sa.String({max_length_of(field)})"
    if field.type is FieldType.ENUM:
        return f"sa.String({max(map(len, field.values))})"
    if field.type is FieldType.DECIMAL:
        return f"columns.Exact({precision_of(field)}, {scale_of(field)})"
    if field.type is FieldType.ARRAY:
        return f"columns.ListOf({_PYTHON[item_of(field).type]})"
    return _COLUMNS[field.type]


def input_type(field: Field) -> str:
    """Return the annotation of a value in a body, without `None`."""
    return _annotated(field, query=False)


def query_type(field: Field) -> str:
    """Return the annotation of a value in a query, where all is text at first, and none is long."""
    if field.type is FieldType.STRING and max_length_of(field) > QUERY_MAX:
        field = replace(field, max_length=QUERY_MAX)
    return _annotated(field, query=True)


def output_type(field: Field) -> str:
    """Return the annotation of a value in an answer, without `None`."""
    if field.type is FieldType.DECIMAL:
        return _exact(field, _plain_decimal(field))
    if field.type is FieldType.BINARY:
        return "Annotated[bytes, types.base64_of()]"
    if field.type is FieldType.ENUM:
        return _literal_type(field)
    if field.type is FieldType.ARRAY:
        return f"list[{output_type(item_of(field))}]"
    named = field.type in _MARKERS or field.type is FieldType.JSON
    return _NAMED[field.type] if named else _PYTHON[field.type]


def _annotated(field: Field, *, query: bool) -> str:
    if field.type is FieldType.BOOLEAN:
        return "bool" if query else "types.Boolean"
    if field.type in {FieldType.INTEGER, FieldType.BIGINT, FieldType.FLOAT}:
        return _number(field, query=query)
    if field.type is FieldType.ARRAY:
        return _annotation(f"list[{_annotated(item_of(field), query=query)}]", _lengths(field))
    return _WRITERS.get(field.type, _named)(field)


def _text(field: Field) -> str:
    return _annotation("str", _text_arguments(field), "types.CLEAN")


def _slug(field: Field) -> str:
    return _annotation("str", [*_lengths(field), "pattern=types.SLUG"])


def _decimal(field: Field) -> str:
    low, high = decimal_range(field)
    precision, scale = precision_of(field), scale_of(field)
    return _exact(field, decimal_pattern(precision=precision, scale=scale, low=low, high=high))


def _exact(field: Field, pattern: str) -> str:
    return f'Annotated[decimal.Decimal, types.exact(r"{pattern}", {scale_of(field)})]'


def _named(field: Field) -> str:
    bounds = bounds_of(field).arguments()
    if bounds:
        marker = f'{_MARKERS[field.type]}.within(r"{_moment_pattern(field)}")'
        return _annotation(_PYTHON[field.type], bounds, marker)
    lengths = _own_lengths(field)
    name = _NAMED[field.type]
    return _annotation(name, lengths) if lengths else name


def _moment_pattern(field: Field) -> str:
    low, high = (read_moment(field.type, text) for text in (field.minimum, field.maximum))
    return _MOMENTS[field.type](low, high)


def _own_lengths(field: Field) -> list[str]:
    if field.type not in {FieldType.EMAIL, FieldType.URL}:
        return []
    named = (("min_length", field.min_length), ("max_length", field.max_length))
    return [f"{name}={value}" for name, value in named if value is not None]


def _annotation(base: str, arguments: list[str], *more: str) -> str:
    parts = [base, *([f"Field({', '.join(arguments)})"] if arguments else []), *more]
    return f"Annotated[{', '.join(parts)}]" if len(parts) > 1 else base


def _text_arguments(field: Field) -> list[str]:
    pattern = [f"pattern={pattern_literal(field.pattern)}"] if field.pattern else []
    return [*_lengths(field), *pattern]


def _lengths(field: Field) -> list[str]:
    least = [f"min_length={field.min_length}"] if field.min_length else []
    shared = {FieldType.TEXT: "types.TEXT_MAX", FieldType.ARRAY: "types.ITEMS_MAX"}
    most = max_length_of(field) if field.max_length is not None else shared.get(field.type)
    return [*least, f"max_length={most or max_length_of(field)}"]


def _number(field: Field, *, query: bool) -> str:
    arguments = bounds_of(field).arguments()
    if field.type is FieldType.FLOAT:
        arguments.append("allow_inf_nan=False")
    number = () if query else ("types.NUMBER",)
    wide = ("types.WIDE",) if field.type is FieldType.BIGINT else ()
    return _annotation(_PYTHON[field.type], arguments, *number, *wide)


def _literal_type(field: Field) -> str:
    return f"Literal[{', '.join(map(literal, field.values))}]"


def _plain_decimal(field: Field) -> str:
    most = _largest(field)
    return decimal_pattern(
        precision=precision_of(field), scale=scale_of(field), low=most.copy_negate(), high=most
    )


def _binary(field: Field) -> str:
    lengths = f"{field.min_length or 0}, {max_length_of(field)}"
    return f"Annotated[bytes, types.base64_of({lengths})]"


def bounds_of(field: Field) -> Bounds:
    """Return the bounds of a field as Python source; integers always have both."""
    low = _bound(field, field.minimum)
    high = _bound(field, field.maximum)
    if field.type is FieldType.INTEGER:
        return Bounds(low=low or "types.INTEGER_MIN", high=high or "types.INTEGER_MAX")
    if field.type is FieldType.BIGINT:
        return Bounds(low=low or "types.BIGINT_MIN", high=high or "types.BIGINT_MAX")
    return Bounds(low=low, high=high)


def _bound(field: Field, text: str | None) -> str:
    if text is None or field.type not in BOUNDED:
        return ""
    return python_literal(field, float(text) if field.type is FieldType.FLOAT else text)


_MOMENTS: dict[FieldType, Callable[[Any, Any], str]] = {
    FieldType.DATE: moments.date_pattern,
    FieldType.TIME: moments.time_pattern,
    FieldType.DATETIME: moments.instant_pattern,
    FieldType.DURATION: moments.duration_pattern,
}
_WRITERS: dict[FieldType, Callable[[Field], str]] = {
    FieldType.STRING: _text,
    FieldType.TEXT: _text,
    FieldType.SLUG: _slug,
    FieldType.DECIMAL: _decimal,
    FieldType.ENUM: _literal_type,
    FieldType.BINARY: _binary,
}
