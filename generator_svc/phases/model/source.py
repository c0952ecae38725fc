"""Pieces of Python source: literals and docstrings, safe whatever the user wrote."""

import json
import re
import textwrap

from generator_svc.domain.spec import JsonValue

_LINE = 80
_SPACE = re.compile(r"\s+")


def literal(value: object) -> str:
    """Return a value as a Python literal; what cannot be printed is escaped."""
    return repr(value)


def pattern_literal(pattern: str) -> str:
    """Return a regular expression as a raw string where that reads the same."""
    plain = pattern.isprintable() and '"' not in pattern and not pattern.endswith("\\")
    return f'r"{pattern}"' if plain and "\\" in pattern else literal(pattern)


def json_literal(value: JsonValue) -> str:
    """Return a value as a JSON document on one line."""
    return json.dumps(value, ensure_ascii=True, sort_keys=True)


def sentence(text: str, *, otherwise: str) -> str:
    """Return the first sentence of a text, fit for a docstring on one line."""
    flat = _SPACE.sub(" ", text).strip().replace("\\", "/").replace('"', "'")
    printable = "".join(char for char in flat if char.isprintable())
    short = textwrap.shorten(printable, _LINE, placeholder="...")
    chosen = short or otherwise
    first = chosen[:1].upper() + chosen[1:]
    return first if first.endswith((".", "!", "?")) else f"{first}."


def article(noun: str) -> str:
    """Return a noun with `a` or `an` before it."""
    return f"{'an' if noun[:1] in 'aeio' else 'a'} {noun}"
