"""The rules of a field's bounds and default: literals of its type that agree with each other."""

from json import dumps

import re2  # type: ignore[import-untyped]

from generator_svc.domain.lengths import length_of, max_length_of
from generator_svc.domain.limits import Limits
from generator_svc.domain.literals import BOUNDED, Comparable, check_value, comparable
from generator_svc.domain.refusal import Findings
from generator_svc.domain.spec import Field, FieldType, JsonValue

Bounds = tuple[Comparable | None, Comparable | None]
"""The least and the greatest value; None where there is none."""


def check_bounds(path: str, field: Field, findings: Findings) -> Bounds:
    """Check the bounds of a field and return them."""
    if field.type not in BOUNDED:
        return None, None
    low = _bound(f"{path}.minimum", field, field.minimum, findings)
    high = _bound(f"{path}.maximum", field, field.maximum, findings)
    if low is not None and high is not None and low > high:  # type: ignore[operator]
        findings.add(
            f"{path}.maximum",
            "IMPOSSIBLE_BOUNDS",
            f"maximum {field.maximum} is less than minimum {field.minimum}. Swap or change them.",
        )
    return low, high


def _bound(path: str, field: Field, literal: str | None, findings: Findings) -> Comparable | None:
    if literal is None:
        return None
    try:
        value = comparable(field.type, literal)
        _fits_digits(field, literal)
    except ValueError as error:
        findings.add(path, "BAD_LITERAL", f"{literal[:80]!r} is no {field.type}: {error}.")
        return None
    return value


def _fits_digits(field: Field, literal: str) -> None:
    if field.type is not FieldType.DECIMAL or field.precision is None or field.scale is None:
        return
    whole, _, fraction = literal.lstrip("+-").partition(".")
    if len(fraction.rstrip("0")) > field.scale:
        raise ValueError(f"has more than {field.scale} digits after the point")
    if len(whole.lstrip("0")) > field.precision - field.scale:
        raise ValueError(f"has more than {field.precision - field.scale} digits before the point")


def check_default(
    path: str,
    field: Field,
    bounds: Bounds,
    findings: Findings,
    limits: Limits,
) -> None:
    """Check that the default of a field is a value that the field may have."""
    if not field.has_default:
        return
    try:
        check_value(field, field.default)
        _check_against(field, bounds, limits)
    except ValueError as error:
        findings.add(
            f"{path}.default",
            "BAD_DEFAULT",
            f"The default {_told(field.default)} does not suit the field: {error}."
            " Change or remove it.",
        )


def _told(value: JsonValue) -> str:
    """Write a value as its author did; text with escapes for what cannot be sent on."""
    return repr(value[:80]) if isinstance(value, str) else dumps(value)[:80]


def _check_against(field: Field, bounds: Bounds, limits: Limits) -> None:
    value = field.default
    if len(str(value)) > limits.literal_length:
        raise ValueError(f"it is longer than {limits.literal_length} characters")
    if field.type is FieldType.ENUM and value not in field.values:
        raise ValueError(f"expects one of {', '.join(field.values)}")
    if value is None and field.required:
        raise ValueError("a required field is never null")
    length = length_of(field, value)
    if length is not None and not (field.min_length or 0) <= length <= max_length_of(field):
        raise ValueError("its length is out of bounds")
    if field.pattern is not None and re2.search(field.pattern, str(value)) is None:
        raise ValueError("it does not match the pattern")
    if field.type in BOUNDED:
        _check_between(field, str(value), bounds)


def _check_between(field: Field, literal: str, bounds: Bounds) -> None:
    _fits_digits(field, literal)
    value = comparable(field.type, literal)
    low, high = bounds
    below = low is not None and value < low  # type: ignore[operator]
    above = high is not None and value > high  # type: ignore[operator]
    if below or above:
        raise ValueError("it is out of bounds")
