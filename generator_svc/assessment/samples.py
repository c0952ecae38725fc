"""Makes JSON values that an OpenAPI schema accepts: another value for another number."""

import random
import re
import string
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from generator_svc.assessment.gates.openapi import Document, resolve
from generator_svc.assessment.patterns import matching

Schema = Mapping[str, Any]

_ATTEMPTS = 200
_CHOICES = 8
"""How many texts are made to take the longest of: short ones are soon the same."""

_USUAL_LENGTH = 12
_SPAN = 1_000_000
_START = datetime(2024, 2, 29, 12, 0, tzinfo=UTC)


def _of_day(number: int) -> str:
    return (date(2024, 2, 29) + timedelta(days=number)).isoformat()


def _of_instant(number: int) -> str:
    return (_START + timedelta(seconds=number)).isoformat().replace("+00:00", "Z")


_FORMATS: Mapping[str, Callable[[int], str]] = {
    "date": _of_day,
    "date-time": _of_instant,
    "time": lambda number: f"{number % 24:02}:{number // 24 % 60:02}:00",
    "duration": lambda number: f"PT{number}S",
    "email": lambda number: f"person{number}@example.com",
    "uri": lambda number: f"https://example.com/{number}",
    "uuid": lambda number: str(uuid.UUID(int=number, version=4)),
    "byte": lambda _: "AAEC",
    "base64": lambda _: "AAEC",
}


class CannotSampleError(Exception):
    """No value was found that a schema accepts; the message names the schema."""


class Sampler:
    """Makes values for the schemas of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def properties(self, schema: Schema) -> Mapping[str, Schema]:
        """Return the properties of an object's schema."""
        properties: Mapping[str, Schema] = self.resolved(schema).get("properties", {})
        return properties

    def resolved(self, schema: Schema) -> Schema:
        """Follow references, and take the one alternative that is not null."""
        while True:
            if "$ref" in schema:
                schema = resolve(self._document, schema["$ref"]) or {}
            elif choices := [one for one in schema.get("anyOf", []) if one.get("type") != "null"]:
                schema = {key: value for key, value in schema.items() if key != "anyOf"} | dict(
                    self._preferred(choices)
                )
            elif len(schema.get("allOf", [])) == 1 and "$ref" in schema["allOf"][0]:
                schema = schema["allOf"][0]
            else:
                return schema

    def _preferred(self, choices: list[Schema]) -> Schema:
        return next((one for one in choices if one.get("type") == "string"), choices[0])

    def sample(self, schema: Schema, number: int) -> Any:
        """Return a value.

        Raises:
            CannotSampleError: None was found.
        """
        schema = self.resolved(schema)
        for key in ("const", "enum"):
            if key in schema:
                return schema[key] if key == "const" else schema[key][number % len(schema[key])]
        kind = schema.get("type", "object" if "properties" in schema else "string")
        makers: Mapping[str, Callable[[], Any]] = {
            "boolean": lambda: number % 2 == 0,
            "integer": lambda: _integer(schema, number),
            "number": lambda: _number(schema, number),
            "string": lambda: _text(schema, number),
            "array": lambda: self._array(schema, number),
            "object": lambda: self.body(schema, number),
        }
        return makers[kind]()

    def body(self, schema: Schema, number: int, *, whole: bool = False) -> dict[str, Any]:
        """Return an object with what is required, or with everything."""
        schema = self.resolved(schema)
        required = schema.get("required", [])
        return {
            name: self.sample(one, number)
            for name, one in schema.get("properties", {}).items()
            if whole or name in required
        }

    def _array(self, schema: Schema, number: int) -> list[Any]:
        least = schema.get("minItems", 0)
        count = max(least, min(2, schema.get("maxItems", 2)))
        return [self.sample(schema.get("items", {}), number + index) for index in range(count)]


def _integer(schema: Schema, number: int) -> int:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1) + 1)
    high = schema.get("maximum", low + _SPAN)
    low = max(low, 0) if high >= 0 else low
    return int(low + number % (min(high - low, _SPAN) + 1))


def _number(schema: Schema, number: int) -> float:
    low = schema.get("minimum", schema.get("exclusiveMinimum", 0.0))
    high = schema.get("maximum", schema.get("exclusiveMaximum", max(low, 0.0) + _SPAN))
    low = max(low, high - _SPAN)
    return float(low + (high - low) * (number % 97 + 1) / 100)


def _text(schema: Schema, number: int) -> str:
    chance = random.Random(number)  # noqa: S311 - samples, not secrets
    candidates = (_candidate(schema, number, chance, attempt) for attempt in range(_ATTEMPTS))
    fitting = list(islice((text for text in candidates if _accepts(schema, text)), _CHOICES))
    if not fitting:
        raise CannotSampleError(f"no text was found for {dict(schema)}")
    return fitting[0] if "format" in schema else max(fitting, key=len)


def _candidate(schema: Schema, number: int, chance: random.Random, attempt: int) -> str:
    pattern = schema.get("pattern", "")
    if schema.get("format") in _FORMATS and not attempt:
        return _FORMATS[schema["format"]](number)
    if pattern and "\\x00" not in pattern and "\0" not in pattern:
        return _grown(matching(pattern, chance), schema.get("minLength", 0))
    least = schema.get("minLength", 1)
    length = max(least, min(_USUAL_LENGTH, schema.get("maxLength", _USUAL_LENGTH)))
    digits = _letters(number)
    return (digits + "".join(chance.choices(string.ascii_lowercase, k=length)))[:length]


def _letters(number: int) -> str:
    letters = ""
    while number:
        number, digit = divmod(number, 26)
        letters += string.ascii_lowercase[digit]
    return letters or "a"


def _grown(text: str, least: int) -> str:
    """Lengthen a text that is too short by its last character: patterns are often open there."""
    return text + text[-1:] * (least - len(text))


def _accepts(schema: Schema, text: str) -> bool:
    patterns = [schema.get("pattern")] + [one.get("pattern") for one in schema.get("allOf", [])]
    fits = schema.get("minLength", 0) <= len(text) <= schema.get("maxLength", len(text))
    return fits and all(re.search(one, text) for one in patterns if one)
