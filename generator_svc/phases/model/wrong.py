"""Values for the generated tests that a field refuses, as they stand in JSON."""

import math
from collections.abc import Callable
from decimal import Decimal

from generator_svc.domain.lengths import max_length_of
from generator_svc.domain.spec import Field, FieldType, JsonValue
from generator_svc.phases.model import decimals, values
from generator_svc.phases.model.literals import item_of
from generator_svc.phases.model.samples import integer_range, samples


def wrong(field: Field) -> list[JsonValue]:
    """Return values that a field refuses."""
    return _WRONG.get(field.type, _text)(field)


def _text(_field: Field) -> list[JsonValue]:
    return ["?", 1]


def _json(_field: Field) -> list[JsonValue]:
    return [{"nul": "\0"}, {"\0": "nul"}]


def _string(field: Field) -> list[JsonValue]:
    long = ["x" * (max_length_of(field) + 1)] if field.max_length else []
    short = ["x" * (field.min_length - 1)] if field.min_length else []
    return ["nul\0", 1, *long, *short]


def _integer(field: Field) -> list[JsonValue]:
    low, high = integer_range(field)
    return [low - 1, high + 1, True, "1"]


def _decimal(field: Field) -> list[JsonValue]:
    low, high = values.decimal_range(field)
    step = Decimal(1).scaleb(-decimals.scale_of(field))
    above, below = decimals.DIGITS.add(high, step), decimals.DIGITS.subtract(low, step)
    return [f"{above:f}", f"{below:f}", 1.5, "NaN", "1e1"]


def _float(field: Field) -> list[JsonValue]:
    outside: list[float] = []
    if field.minimum is not None:
        low = float(field.minimum)
        outside.append(min(low - 1, math.nextafter(low, -math.inf)))
    if field.maximum is not None:
        high = float(field.maximum)
        outside.append(max(high + 1, math.nextafter(high, math.inf)))
    return [True, "1", *(value for value in outside if math.isfinite(value))]


def _boolean(_field: Field) -> list[JsonValue]:
    return ["maybe", 1, "true"]


def _array(field: Field) -> list[JsonValue]:
    item = samples(item_of(field))[0]
    return ["not a list", [item] * (max_length_of(field) + 1)]


def _instant(_field: Field) -> list[JsonValue]:
    return ["2030-01-01T00:00:00", "0001-01-01T00:00:00+05:00", 0, "soon"]


_WRONG: dict[FieldType, Callable[[Field], list[JsonValue]]] = {
    FieldType.STRING: _string,
    FieldType.TEXT: _string,
    FieldType.INTEGER: _integer,
    FieldType.BIGINT: _integer,
    FieldType.DECIMAL: _decimal,
    FieldType.FLOAT: _float,
    FieldType.BOOLEAN: _boolean,
    FieldType.JSON: _json,
    FieldType.ARRAY: _array,
    FieldType.DATETIME: _instant,
}
