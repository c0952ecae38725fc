"""Tells the values of an enum from the members of a list: `one of a, b or c`, `(a, b)`."""

from collections.abc import Sequence

from lark import Token

from generator_svc.planner.terminals import SEPARATORS, as_kind, qualifies

_TELLING = frozenset(
    {"MAX", "MIN", "BETWEEN", "DEFAULT", "UNIQUE", "NOT_UNIQUE", "REQUIRED", "OPTIONAL"}
    | {"ONE_OF", "POSITIVE"}
    | {"NON_NEGATIVE", "INDEXED", "READ_ONLY", "WRITE_ONLY", "IMMUTABLE", "EXACT", "UNIT", "_TYPE"}
    | {"IN_UNIT", "_LPAR", "MANY_TO_MANY", "DET", "AS", "_RANGE", "LABEL", "OTHER", "SIGN"}
)


_REACH = 200
"""Tokens before a bar that say what it parts."""

_AS_WORDS = frozenset({"MANY", "FEATURE", "CAPABILITY", "UNIT"})
"""What may be part of a value: `multiple choice`."""

_VALUES = frozenset({"WORD", "QUOTED", "NUMBER", "DOMAIN", "PROJECT"}) | _AS_WORDS | SEPARATORS

_LEADING = frozenset({"USE", "STOP", "NOT", "BELOW", "ABOVE"})
"""What may begin a value: `in progress`, `on hold`, `not started`, `under review`."""


def mark_value_lists(tokens: list[Token]) -> list[Token]:
    """Tell the separators of `one of draft, published or archived` from those of the list."""
    position = 0
    while position < len(tokens):
        if tokens[position].type == "ONE_OF":
            position = _mark_values(tokens, position + 1)
        position += 1
    return tokens


def end_of_values(tokens: Sequence[Token], start: int) -> int:
    """Return where a list of values ends that begins at a token: `open, in progress or done`."""
    end = start
    while end < len(tokens) and (tokens[end].type in _VALUES or _leads(tokens, start, end)):
        end += 1
    return end


def _leads(tokens: Sequence[Token], start: int, position: int) -> bool:
    """Tell the `in` of `in progress`, which begins a value."""
    begins = position == start or tokens[position - 1].type in SEPARATORS
    following = tokens[position + 1].type if position + 1 < len(tokens) else ""
    return begins and tokens[position].type in _LEADING and following == "WORD"


def _mark_values(tokens: list[Token], start: int) -> int:
    if start < len(tokens) and "/" in tokens[start].value:
        return start + 1  # `status: open/closed, customer`
    end = end_of_values(tokens, start)
    for position in range(start, end):
        if tokens[position].type in _AS_WORDS | _LEADING:
            tokens[position] = as_kind(tokens[position], "WORD")
    last_or = max((n for n in range(start, end) if tokens[n].type == "OR"), default=None)
    stop = end if last_or is None else min(last_or + 2, end)
    for position in range(start, stop):
        if tokens[position].type in SEPARATORS:
            tokens[position] = as_kind(tokens[position], "_VALUE_SEP")
    return stop


def mark_value_groups(tokens: list[Token]) -> None:
    """Mark what stands in parentheses: the values of an enum, the entries of a list."""
    _mark_words(tokens)
    _mark_entries(tokens)


def _mark_words(tokens: list[Token]) -> None:
    """Let words of any kind be values: `(not started, in progress, done)`."""
    opened = None
    for position, token in enumerate(tokens):
        if token.type == "_LPAR":
            opened = position
        elif token.type == "_RPAR" and opened is not None:
            _mark_group(tokens, range(opened + 1, position))
            opened = None


def _mark_group(tokens: list[Token], inside: range) -> None:
    kinds = {tokens[n].type for n in inside}
    if kinds & (SEPARATORS | {"_PIPE"}) and not kinds & _TELLING:
        for n in inside:
            if tokens[n].type not in SEPARATORS | {"_PIPE", "NUMBER"}:
                tokens[n] = as_kind(tokens[n], "WORD")


def _in_values(tokens: Sequence[Token], position: int) -> bool:
    """Tell `status: draft|published` from `(draft | published)`."""
    kinds = [token.type for token in tokens[max(0, position - _REACH) : position]]
    opened = max((n for n, kind in enumerate(kinds) if kind in {"_LPAR", "_ENTRY_SEP"}), default=0)
    return "_TYPE" in kinds[opened:]


def _mark_entries(tokens: list[Token]) -> None:
    """Tell the separators of entries; `title: string, max 200` is one entry."""
    tokens[:] = _without_inner_separators(tokens)
    depth = 0
    for position, token in enumerate(tokens):
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        bar = token.type == "_PIPE" and not _in_values(tokens, position)
        if depth and (bar or token.type in SEPARATORS):
            tokens[position] = as_kind(token, "_ENTRY_SEP")


def _without_inner_separators(tokens: Sequence[Token]) -> list[Token]:
    """Drop the separators in parentheses before what only says more of the entry before it."""
    kinds = [token.type for token in tokens]
    kept: list[Token] = []
    depth = 0
    for position, token in enumerate(tokens):
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        inner = depth > 0 and position > 0 and kinds[position - 1] != "_LPAR"
        if not (inner and token.type in SEPARATORS and _only_says(kinds, position)):
            kept.append(token)
    return kept


def _only_says(kinds: Sequence[str], position: int) -> bool:
    """Tell whether what follows a separator says more of the entry before it."""
    ends = SEPARATORS | {"_RPAR"}
    end = next((n for n in range(position + 1, len(kinds)) if kinds[n] in ends), len(kinds))
    return qualifies(kinds[position + 1 : end])
