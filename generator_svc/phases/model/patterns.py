"""Texts that match a regular expression, for the generated tests."""

import importlib
import itertools
import re
import string
from collections.abc import Callable, Iterator
from typing import Any

_parser: Any = importlib.import_module("re._parser")
_LETTERS = string.ascii_lowercase + string.digits + string.ascii_uppercase + "-_ .!" + "é"
_ANY = range(128)
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": lambda char: char.isdigit(),
    "CATEGORY_SPACE": lambda char: char.isspace(),
    "CATEGORY_WORD": lambda char: char.isalnum() or char == "_",
}


def matching(pattern: str, low: int, high: int) -> Iterator[str]:
    """Yield distinct texts of `low` to `high` characters in which the pattern is found."""
    try:
        tree = _parser.parse(pattern)
    except re.error:
        return
    compiled = re.compile(pattern)
    seen: set[str] = set()
    for seed, extra in itertools.product(range(8), range(low + 3)):
        text = _write(tree, seed, extra)
        for each in (text, text.ljust(low, "x"), text.rjust(low, "x"), f"{text}{seed}"):
            if low <= len(each) <= high and each not in seen and compiled.search(each):
                seen.add(each)
                yield each


def _write(tree: Any, seed: int, extra: int) -> str:
    return "".join(_node(str(kind), argument, seed, extra) for kind, argument in tree)


def _node(kind: str, argument: Any, seed: int, extra: int) -> str:
    match kind:
        case "BRANCH":
            branches = argument[1]
            return _write(branches[seed % len(branches)], seed, extra)
        case "SUBPATTERN":
            return _write(argument[-1], seed, extra)
        case "MAX_REPEAT" | "MIN_REPEAT":
            least, most, inner = argument
            optional = int(most) == 1 and seed % 2 == 0
            times = min(int(most), int(least) + (0 if optional else extra))
            return "".join(_write(inner, seed + turn, 0) for turn in range(times))
    return _character(kind, argument, seed)


def _character(kind: str, argument: Any, seed: int) -> str:
    match kind:
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return _pick(lambda char: ord(char) != argument, seed)
        case "ANY":
            return _pick(lambda char: char != "\n", seed)
        case "IN":
            return _pick(_member(argument), seed)
    return ""


def _pick(fits: Callable[[str], bool], seed: int) -> str:
    found = [char for char in _LETTERS if fits(char)] or [chr(n) for n in _ANY if fits(chr(n))]
    return found[seed % len(found)] if found else ""


def _member(options: Any) -> Callable[[str], bool]:
    negated = bool(options) and str(options[0][0]) == "NEGATE"
    tests = [_test(str(kind), argument) for kind, argument in options if str(kind) != "NEGATE"]
    return lambda char: any(test(char) for test in tests) is not negated


def _test(kind: str, argument: Any) -> Callable[[str], bool]:
    if kind == "LITERAL":
        return lambda char: ord(char) == argument
    if kind == "RANGE":
        return lambda char: argument[0] <= ord(char) <= argument[1]
    name = str(argument)
    inside = _CATEGORIES[name.replace("_NOT", "")]
    return lambda char: inside(char) is not ("_NOT_" in name)
