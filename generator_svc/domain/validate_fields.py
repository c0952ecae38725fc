"""The rules of one field: which keys its type takes, and which values they may have."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import re2  # type: ignore[import-untyped]

from generator_svc.domain.lengths import SHORT, USUAL_MAX, max_length_of
from generator_svc.domain.limits import Limits
from generator_svc.domain.literals import BOUNDED
from generator_svc.domain.refusal import Findings
from generator_svc.domain.spec import Field, FieldType
from generator_svc.domain.validate_names import check_description, check_name
from generator_svc.domain.validate_values import check_bounds, check_default

TEXTUAL = frozenset({FieldType.STRING, FieldType.TEXT})
"""The types that take `pattern`."""

SIZED = TEXTUAL | {
    FieldType.EMAIL,
    FieldType.URL,
    FieldType.SLUG,
    FieldType.BINARY,
    FieldType.ARRAY,
}
"""The types that take `min_length` and `max_length`."""

NOT_INDEXABLE = frozenset({FieldType.TEXT, FieldType.JSON, FieldType.BINARY, FieldType.ARRAY})
"""The types that take neither `unique` nor `index`."""

NOT_SCALAR = frozenset({FieldType.ARRAY, FieldType.JSON, FieldType.BINARY, FieldType.ENUM})
"""The types that an array's items cannot have."""

KEYS: Mapping[str, frozenset[FieldType]] = MappingProxyType(
    {
        "min_length": SIZED,
        "max_length": SIZED,
        "pattern": TEXTUAL,
        "minimum": BOUNDED,
        "maximum": BOUNDED,
        "values": frozenset({FieldType.ENUM}),
        "precision": frozenset({FieldType.DECIMAL}),
        "scale": frozenset({FieldType.DECIMAL}),
        "items": frozenset({FieldType.ARRAY}),
    }
)
"""The keys that only some types take."""

NEEDED: Mapping[str, FieldType] = MappingProxyType(
    {
        "values": FieldType.ENUM,
        "items": FieldType.ARRAY,
        "precision": FieldType.DECIMAL,
        "scale": FieldType.DECIMAL,
    }
)
"""The keys that a type cannot do without; documents may leave a decimal's to the defaults."""


def check_field(path: str, field: Field, findings: Findings, limits: Limits) -> None:
    """Check one field of an entity or of a link."""
    check_name(f"{path}.name", field.name, findings, limits)
    check_description(f"{path}.description", field.description, findings, limits)
    before = len(findings.violations)
    _check_keys(path, field, findings)
    _check_lengths(path, field, findings, limits)
    _check_pattern(path, field, findings, limits)
    _check_values(path, field, findings, limits)
    _check_digits(path, field, findings, limits)
    _check_index(path, field, findings, limits)
    _check_flags(path, field, findings)
    bounds = check_bounds(path, field, findings)
    if len(findings.violations) == before:
        check_default(path, field, bounds, findings, limits)


def _check_keys(path: str, field: Field, findings: Findings) -> None:
    for key, types in KEYS.items():
        if getattr(field, key) not in (None, ()) and field.type not in types:
            findings.add(
                f"{path}.{key}",
                "KEY_NOT_OF_TYPE",
                f"A field of type {field.type} takes no {key}; it is for"
                f" {', '.join(sorted(types))}. Remove it or change the type.",
            )
    for key, kind in NEEDED.items():
        _require(path, field, key, kind, findings)
    if field.items in NOT_SCALAR:
        findings.add(
            f"{path}.items",
            "ITEMS_NOT_SCALAR",
            f"The items of an array are scalars, not {field.items}."
            " Use another item type, or type json.",
        )


def _require(path: str, field: Field, key: str, kind: FieldType, findings: Findings) -> None:
    if field.type is kind and getattr(field, key) in (None, ()):
        findings.add(f"{path}.{key}", "KEY_MISSING", f"A field of type {kind} needs {key}.")


def _check_lengths(path: str, field: Field, findings: Findings, limits: Limits) -> None:
    most = _longest(field, limits)
    for key in ("min_length", "max_length"):
        value = getattr(field, key)
        least = 1 if key == "max_length" else 0
        if value is not None and not least <= value <= most:
            findings.add(
                f"{path}.{key}", "OUT_OF_RANGE", f"{key} is {value}; it is {least} to {most} here."
            )
    if field.max_length is not None and (field.min_length or 0) > field.max_length:
        findings.add(
            f"{path}.max_length",
            "IMPOSSIBLE_BOUNDS",
            f"max_length {field.max_length} is less than min_length {field.min_length}."
            " Swap or change them.",
        )
    elif field.type in SIZED and (field.min_length or 0) > (most := max_length_of(field)):
        findings.add(
            f"{path}.min_length",
            "IMPOSSIBLE_BOUNDS",
            f"min_length {field.min_length} is more than the {most} that a field of type"
            f" {field.type} holds without max_length. Set max_length too.",
        )


def _longest(field: Field, limits: Limits) -> int:
    if field.type is FieldType.STRING:
        return limits.string_length
    if field.type is FieldType.ARRAY:
        return limits.array_length
    if field.type in SHORT:
        return USUAL_MAX[field.type]
    return limits.text_length


def _check_pattern(path: str, field: Field, findings: Findings, limits: Limits) -> None:
    if field.pattern is None:
        return
    if not 0 < len(field.pattern) <= limits.pattern_length:
        findings.add(
            f"{path}.pattern",
            "OUT_OF_RANGE",
            f"A pattern has 1 to {limits.pattern_length} characters.",
        )
    elif (problem := _pattern_problem(field.pattern)) is not None:
        findings.add(
            f"{path}.pattern",
            "UNSAFE_PATTERN",
            f"The pattern is no RE2 expression ({problem}). RE2 has no look-around and no"
            " back-references; write it without them.",
        )


def _pattern_problem(pattern: str) -> str | None:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        re2.compile(pattern, options)
        re.compile(pattern)  # generated code may run it with Python's engine
    except re2.error as error:
        return error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
    except (re.error, OverflowError) as error:
        return str(error)
    return None


def _check_values(path: str, field: Field, findings: Findings, limits: Limits) -> None:
    if len(field.values) > limits.values:
        findings.add(f"{path}.values", "TOO_MANY", f"An enum has at most {limits.values} values.")
    seen: set[str] = set()
    for index, value in enumerate(field.values):
        at = f"{path}.values[{index}]"
        if not value.strip() or not value.isprintable() or len(value) > limits.name_length:
            findings.add(
                at,
                "BAD_VALUE",
                f"A value has 1 to {limits.name_length} printable characters. Shorten or fill it.",
            )
        if value in seen:
            findings.add(at, "DUPLICATE", f"{value!r} stands here twice. Remove one.")
        seen.add(value)


def _check_digits(path: str, field: Field, findings: Findings, limits: Limits) -> None:
    if field.precision is not None and not 1 <= field.precision <= limits.precision:
        findings.add(f"{path}.precision", "OUT_OF_RANGE", f"precision is 1 to {limits.precision}.")
    if field.scale is not None and not 0 <= field.scale <= (field.precision or field.scale):
        findings.add(
            f"{path}.scale",
            "IMPOSSIBLE_BOUNDS",
            f"scale {field.scale} is not 0 to precision {field.precision}. Raise precision.",
        )


def _check_index(path: str, field: Field, findings: Findings, limits: Limits) -> None:
    for key in ("unique", "index"):
        if not getattr(field, key):
            continue
        if field.type in NOT_INDEXABLE:
            findings.add(
                f"{path}.{key}",
                "NOT_INDEXABLE",
                f"A field of type {field.type} cannot be {key}. Use string, or leave it out.",
            )
        elif field.type is FieldType.STRING and (field.max_length or 255) > limits.indexed_length:
            findings.add(
                f"{path}.{key}",
                "INDEX_TOO_LARGE",
                f"A string of {field.max_length} characters is more than an index holds."
                f" Set max_length to {limits.indexed_length} or less.",
            )


def _check_flags(path: str, field: Field, findings: Findings) -> None:
    if field.read_only and field.write_only:
        findings.add(
            f"{path}.write_only",
            "CONTRADICTION",
            "A field cannot be read_only and write_only. Remove one.",
        )
    if field.read_only and field.required:
        findings.add(
            f"{path}.required",
            "CONTRADICTION",
            "A read_only field is never accepted, so it cannot be required. Remove one.",
        )
