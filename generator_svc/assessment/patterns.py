"""Makes text that a regular expression matches, the same text for the same seed."""

import random
import re._constants as codes  # type: ignore[import-not-found,import-untyped,unused-ignore]
import re._parser as parser  # type: ignore[import-not-found,import-untyped,unused-ignore]
import string
from collections.abc import Callable, Mapping
from typing import Any

_REPEATS = 6
"""How often more than the least an open repetition is repeated at most."""

_ANY = string.ascii_lowercase
_CATEGORIES = {
    codes.CATEGORY_DIGIT: string.digits,
    codes.CATEGORY_NOT_DIGIT: _ANY,
    codes.CATEGORY_WORD: _ANY,
    codes.CATEGORY_NOT_WORD: "-.",
    codes.CATEGORY_SPACE: " ",
    codes.CATEGORY_NOT_SPACE: _ANY,
}


def matching(pattern: str, chance: random.Random) -> str:
    """Return a text that the pattern matches as a whole."""
    return _sequence(parser.parse(pattern), chance)


def _sequence(parts: Any, chance: random.Random) -> str:
    return "".join(_part(code, value, chance) for code, value in parts)


def _part(code: Any, value: Any, chance: random.Random) -> str:
    maker = _MAKERS.get(code)
    return maker(value, chance) if maker else ""


def _repeat(value: Any, chance: random.Random) -> str:
    least, most, inner = value
    count = chance.randint(least, min(most, least + _REPEATS))
    return "".join(_sequence(inner, chance) for _ in range(count))


def _other_than(value: int, _: random.Random) -> str:
    return next(char for char in _ANY if ord(char) != value)


_MAKERS: Mapping[Any, Callable[[Any, random.Random], str]] = {
    codes.LITERAL: lambda value, _: chr(value),
    codes.ANY: lambda _, chance: chance.choice(_ANY),
    codes.IN: lambda value, chance: chance.choice(_members(value)),
    codes.NOT_LITERAL: _other_than,
    codes.SUBPATTERN: lambda value, chance: _sequence(value[-1], chance),
    codes.BRANCH: lambda value, chance: _sequence(chance.choice(value[1]), chance),
    codes.MAX_REPEAT: _repeat,
    codes.MIN_REPEAT: _repeat,
}


def _members(parts: Any) -> str:
    if parts[0][0] is codes.NEGATE:
        refused = set(_members(parts[1:]))
        return "".join(char for char in _ANY + string.digits if char not in refused)
    return "".join(_of_set(code, value) for code, value in parts)


def _of_set(code: Any, value: Any) -> str:
    match code:
        case codes.LITERAL:
            return chr(value)
        case codes.RANGE:
            low, high = value
            return "".join(chr(number) for number in range(low, min(high, low + 255) + 1))
        case codes.CATEGORY:
            return _CATEGORIES[value]
    return ""
