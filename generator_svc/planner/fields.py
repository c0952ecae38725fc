"""Turns an item of a list ("an optional price, at least 0") into a field."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from generator_svc.domain.literals import BOUNDED, canonical, digits
from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import Field, FieldType, JsonValue
from generator_svc.domain.validate_fields import NOT_INDEXABLE, SIZED
from generator_svc.planner.field_types import (
    field_from_name,
    is_field_name,
    is_known_name,
    type_of_unit,
    type_word,
)
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.syntax import Item, Phrase, Qualifier

MOST_WORDS = 5
"""Words of a field's name; what is longer is no name."""

_TYPE_WORDS = frozenset(
    {"decimal", "numeric", "integer", "int", "bigint", "boolean", "bool", "string", "varchar"}
    | {"float", "double", "json", "jsonb", "uuid", "datetime", "flag"}
)
_TOLD = "field_type_from_words"
_GUESSES = frozenset({"string_by_default", "plural_is_a_list"})
_MEASURED = frozenset({"min", "max", "above", "below"})
_NEGATED = {"optional": "required", "not_unique": "unique", "not_indexed": "index"}
_WHOLE = frozenset({FieldType.INTEGER, FieldType.BIGINT})
_NUMBERS = _WHOLE | {FieldType.FLOAT, FieldType.DECIMAL}
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}


class UnclearError(Exception):
    """What was said of a field does not fit it."""


def field_of(item: Item) -> tuple[Field, str]:
    """Return the field that an item describes, and the rule that gave it its type.

    Raises:
        UnclearError: What is said of it does not fit its type.
    """
    phrase = item.phrase
    if phrase is None:
        raise UnclearError
    if len(phrase.words) > MOST_WORDS:
        raise UnclearError
    name, kind = _name_and_type(phrase)
    if kind is not None:
        field, rule = _retyped(field_from_name(name)[0], kind), _TOLD
    else:
        field, rule = field_named(name)
    return apply(field, rule, item.qualifiers)


def lists_fields(item: Item) -> bool:
    """Tell an `address (street, city)`, which is a thing of its own, from a `color (red, blue)`."""
    names = [each.phrase for each in entries_of(item) if each.phrase is not None]
    if item.phrase is None or not names or item.phrase.text.lower() in lexicon().choices:
        return False
    telling = [each for each in names if _names_a_field(each, alone=len(names) == 1)]
    if is_plural(item.phrase.text):
        return bool(telling)
    return len(telling) == len(names) > 1


def entries_of(item: Item) -> list[Item]:
    """Return what stands in parentheses after an item."""
    return [entry for each in item.qualifiers if each.kind == "group" for entry in each.entries]


def _names_a_field(phrase: Phrase, *, alone: bool) -> bool:
    """Tell `city` from `archived`, which may be a value, and from the type of `(date)`."""
    if alone and type_word(phrase.text) is not None:
        return False
    return is_field_name(phrase.key)


def _name_and_type(phrase: Phrase) -> tuple[str, FieldType | None]:
    """Tell the name of `decimal price` and of `price decimal` from the type in it."""
    words = [word.text for word in phrase.words]
    if len(words) > 1:
        last = _TYPE_WORDS | {"timestamp", "list", "array"}
        ends = ((words[0], words[1:], _TYPE_WORDS), (words[-1], words[:-1], last))
        for word, rest, types in ends:
            kind = field_from_name(rest[0])[0].type if len(rest) == 1 else None
            told = word is words[-1] and word.lower() == kind == FieldType.TEXT  # `body text`
            if word.lower() in types or told:
                return snake_case(" ".join(rest)), type_word(word)
    return phrase.wire_name, None


def field_named(name: str) -> tuple[Field, str]:
    """Return what a field of this name usually is, and the rule that says so."""
    if is_plural(name) and not is_known_name(name) and is_known_name(singular(name)):
        name = singular(name)  # `products have names and prices`
    field, rule = field_from_name(name)
    if rule == "string_by_default" and is_plural(name):
        return _retyped(field, FieldType.ARRAY), "plural_is_a_list"
    return field, rule


def apply(field: Field, rule: str, qualifiers: tuple[Qualifier, ...]) -> tuple[Field, str]:
    """Return a field with what is said of it, and the rule that gave it its type.

    Raises:
        UnclearError: What is said of it does not fit its type.
    """
    flat = _flattened(qualifiers)
    field, rule = _shaped(field, rule, flat)
    for qualifier in flat:
        if qualifier.kind == "flag":
            field = _flagged(field, qualifier.values[0])
        elif qualifier.kind in _MEASURED:
            field = _measured(field, qualifier)
        elif qualifier.kind == "default":
            field = _defaulted(field, qualifier.values[0])
    return field, rule


def _shaped(field: Field, rule: str, said: list[Qualifier]) -> tuple[Field, str]:
    """Return a field with the type that is said, or shown by its unit, its bounds, its default."""
    for qualifier in said:
        if qualifier.kind in {"type", "values"}:
            field, rule = _typed(field, qualifier), _TOLD
    for qualifier in said:
        if qualifier.kind == "unit":
            field, rule = _counted(field, rule, qualifier.values[0])
    usual = field.type is FieldType.ENUM and rule != _TOLD  # `a priority from 1 to 5`
    if not usual and rule not in _GUESSES:
        return field, rule
    if measured := [each for each in said if each.kind in _MEASURED]:
        return _by_measure(field, measured), "field_type_from_bounds"
    initial = [each.values[0] for each in said if each.kind == "default"]
    return _by_default(field, initial[0], rule) if initial else (field, rule)


def _counted(field: Field, rule: str, unit: str) -> tuple[Field, str]:
    """Return a field that counts in a unit, and the rule that gave it its type."""
    if field.type in {FieldType.DURATION, FieldType.STRING, FieldType.TIME}:
        kind, rule = type_of_unit(unit), _TOLD
        field = _retyped(field, kind)
        field = replace(field, minimum="0") if kind is FieldType.INTEGER else field
    return replace(field, description=f"{unit[:1].upper()}{unit[1:]}."), rule


def _flattened(qualifiers: tuple[Qualifier, ...]) -> list[Qualifier]:
    flat: list[Qualifier] = []
    for qualifier in qualifiers:
        if qualifier.kind != "group":
            flat.append(qualifier)
            continue
        words = [entry.phrase.text for entry in qualifier.entries if entry.phrase is not None]
        types = [word for word in words if type_word(word) is not None]
        if len(types) > 1 or len(words) - len(types) > 1:
            types = []  # `(single, double, suite)`, `(text, number)`
        values = tuple(word for word in words if word not in types)
        flat += [Qualifier(kind="type", values=(word,)) for word in types[:1]]
        flat += [each for entry in qualifier.entries for each in _flattened(entry.qualifiers)]
        if len(values) > 1:
            flat.append(Qualifier(kind="values", values=values))
        elif values and "/" in values[0]:  # `role (admin/user)`
            flat.append(Qualifier(kind="values", values=tuple(values[0].split("/"))))
        elif values and f"in {values[0].lower()}" in lexicon().units:  # `weight (kg)`
            flat.append(Qualifier(kind="unit", values=(f"in {values[0]}",)))
        elif values:
            raise UnclearError
    return flat


def _typed(field: Field, qualifier: Qualifier) -> Field:
    if qualifier.kind == "values":
        return _enum(field, qualifier.values)
    kind = type_word(qualifier.values[0])
    if kind is None:
        raise UnclearError
    if kind is field.type:
        return field
    bounds = (field.minimum, field.maximum) if {kind, field.type} <= _NUMBERS else (None, None)
    whole = kind in _WHOLE
    low, high = (None if whole and each and "." in each else each for each in bounds)
    return replace(_retyped(field, kind), minimum=low, maximum=high)


def _enum(field: Field, values: tuple[str, ...]) -> Field:
    unique = tuple(dict.fromkeys(value.strip() for value in values))
    return replace(_retyped(field, FieldType.ENUM), values=unique)


def _retyped(field: Field, kind: FieldType) -> Field:
    bare = Field(
        name=field.name, type=kind, required=field.required, unique=field.unique, index=field.index
    )
    if kind is FieldType.DECIMAL:
        precision, scale = digits(None, None)
        return replace(bare, precision=precision, scale=scale)
    return replace(bare, items=FieldType.STRING) if kind is FieldType.ARRAY else bare


def _by_measure(field: Field, measured: list[Qualifier]) -> Field:
    if any(len(each.values) > 1 for each in measured):
        return _retyped(field, FieldType.STRING)
    fractional = any("." in each.values[0] for each in measured)
    return _retyped(field, FieldType.FLOAT if fractional else FieldType.INTEGER)


def _by_default(field: Field, text: str, rule: str) -> tuple[Field, str]:
    """Return a field of the type that its default shows: `priority (default 3)`."""
    kind = FieldType.BOOLEAN if text.lower() in {"true", "false"} else None
    if kind is None and text.lstrip("-").replace(".", "", 1).isdecimal():
        kind = FieldType.FLOAT if "." in text else FieldType.INTEGER
    return (field, rule) if kind is None else (_retyped(field, kind), "field_type_from_default")


def _flagged(field: Field, flag: str) -> Field:
    if flag in _NEGATED:
        return _with(field, _NEGATED[flag], value=False)
    key = {"indexed": "index"}.get(flag, flag)
    if key in {"unique", "index"} and field.type is FieldType.TEXT:
        field = replace(_retyped(field, FieldType.STRING), required=field.required)
    elif key in {"unique", "index"} and field.type in NOT_INDEXABLE:
        raise UnclearError
    if key == "read_only":
        field = replace(field, required=False)
    return _with(field, key, value=True)


def _measured(field: Field, qualifier: Qualifier) -> Field:
    if qualifier.kind in {"above", "below"}:
        qualifier = _reached(field, qualifier)
    number = qualifier.values[0]
    if field.type in SIZED:
        if not number.isdecimal():
            raise UnclearError
        return _with(field, f"{qualifier.kind}_length", value=int(number))
    if field.type in BOUNDED and (field.type not in _WHOLE or "." not in number):
        return _with(field, "minimum" if qualifier.kind == "min" else "maximum", value=number)
    raise UnclearError


def _reached(field: Field, qualifier: Qualifier) -> Qualifier:
    """Return `more than 0` as the least that is: 1, or 0.01 with two digits; floats keep 0."""
    number = Decimal(qualifier.values[0])
    step = Decimal(0)
    if field.type in SIZED or field.type in _WHOLE:
        step = Decimal(1)
    elif field.type is FieldType.DECIMAL:
        step = Decimal(1).scaleb(-digits(field.precision, field.scale)[1])
    above = qualifier.kind == "above"
    bound = f"{number + step if above else number - step:f}"
    return Qualifier(kind="min" if above else "max", values=(bound, *qualifier.values[1:]))


def _defaulted(field: Field, text: str) -> Field:
    value: JsonValue = text
    if field.type is FieldType.BOOLEAN:
        value = _TRUTH.get(text.lower(), text)
    elif field.type in _WHOLE:
        value = canonical(field.type, text)
    elif field.type is FieldType.FLOAT:
        value = _float(text)
    elif field.type is FieldType.ENUM:
        value = next((each for each in field.values if each.lower() == text.lower()), text)
    return replace(field, has_default=True, default=value, required=False)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UnclearError from None


def _with(field: Field, key: str, *, value: Any) -> Field:
    changes: dict[str, Any] = {key: value}
    return replace(field, **changes)
