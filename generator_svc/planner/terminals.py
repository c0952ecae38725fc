"""Groups of the grammar's terminals that the cutting of clauses goes by."""

from collections.abc import Sequence

from lark import Token

LINKS = frozenset({"MANY_TO_MANY", "ONE_TO_MANY", "MANY_TO_ONE", "ONE_TO_ONE"})
"""How many stand at either end of a relation."""

PREDICATES = LINKS | frozenset(
    {"WITH", "HAS", "HAS_MANY", "HAS_ONE", "BELONGS", "MAY_BELONG", "CAN", "FOR", "NOT", "LABEL"}
    | {"USE", "ROLES", "FIELDS", "ENTITIES", "ONLY"}
)
"""What a clause turns on."""

SEPARATORS = frozenset({"COMMA", "AND", "OR"})
"""What stands between the members of a list."""

QUALIFIERS = frozenset(
    {
        "MAX",
        "MIN",
        "ABOVE",
        "BELOW",
        "NUMBER",
        "BETWEEN",
        "DEFAULT",
        "EXACT",
        "UNIQUE",
        "NOT_UNIQUE",
    }
    | {"REQUIRED", "OPTIONAL"}
    | {"ONE_OF", "POSITIVE", "NON_NEGATIVE", "INDEXED"}
)
"""What begins to say more about a member."""

ASKED = frozenset({"FEATURE", "CAPABILITY"})
"""What a project is asked to have besides entities."""

IGNORED = frozenset({"FILLER", "COMMAND"})
"""What means nothing."""

APART = frozenset({"NOT", "USE"})
"""The predicates that have no subject."""


def kinds_of(tokens: Sequence[Token]) -> list[str]:
    """Return the terminals of some tokens."""
    return [token.type for token in tokens]


def as_kind(token: Token, kind: str) -> Token:
    """Return a token as another terminal."""
    return Token(kind, token.value, start_pos=token.start_pos, end_pos=token.end_pos)


def qualifies(kinds: Sequence[str]) -> bool:
    """Tell whether a segment only says more about the item before it: `, default draft`."""
    return bool(kinds) and (kinds[0] in _MEASURES or set(kinds) <= QUALIFIERS | {"COPULA"})


_MEASURES = frozenset({"DEFAULT", "MAX", "MIN", "ABOVE", "BELOW", "BETWEEN", "EXACT"})
