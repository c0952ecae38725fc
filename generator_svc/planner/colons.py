"""Tells what a colon opens: the type of a member, the values of one, a list, or a sentence."""

from collections.abc import Sequence

from lark import Token

from generator_svc.planner.field_types import is_known_name, type_word
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural
from generator_svc.planner.speaking import clause_of
from generator_svc.planner.terminals import QUALIFIERS, SEPARATORS, kinds_of

_LABELS = frozenset({"ENTITIES", "FIELDS", "ROLES"})
_BOTH = frozenset({"number", "text", "date", "time", "email", "url", "slug", "duration"})
"""The types that are names of fields, too."""

_OWNING = frozenset({"HAS", "HAS_ONE", "WITH"})
_SPEAKING = frozenset({"HAS", "HAS_MANY", "HAS_ONE", "BELONGS", "MAY_BELONG"})


def settled_colon(_: Token, before: Sequence[Token], following: Sequence[Token], __: str) -> str:
    """A type follows, a list, or a sentence: `a gym: members can book classes`."""
    if before and before[-1].type == "DEFAULT":
        return ""  # `(default: 0)`
    if before and (_is_type(following) or _is_end(before, following)):
        return "LABEL" if _heads(before, following) else "_TYPE"
    if "PLACE" in kinds_of(before) and "OR" in kinds_of(following):
        return "ONE_OF"  # `add a mood to posts: happy or sad`
    values = _opens_values(before) and not _is_listed(before[-1], following)
    if values or (_in_parentheses(before) and _is_choice(following)):
        return "ONE_OF"
    segment = _until_separator(following)
    told = _has_subject(segment) and before and before[-1].type not in _LABELS
    speaks = told or "CAN" in kinds_of(segment) or clause_of(segment) is not None
    return "WHERE" if speaks and not _in_parentheses(before) else "LABEL"


def _heads(before: Sequence[Token], following: Sequence[Token]) -> bool:
    """Tell the members of `comments: text, post` from the type of `title: text, required`."""
    named = following[0].value.lower() in _BOTH
    listed = kinds_of(following[1:3]) == ["COMMA", "WORD"] or (
        named and kinds_of(following[1:2]) == ["_LPAR"]
    )
    if len(before) == 1:
        return listed
    return listed and before[-2].type == "WITH" and is_plural(before[-1].value)


def _opens_values(before: Sequence[Token]) -> bool:
    """Tell the colon of `an order has a status: open, paid` from that of `order: total, date`."""
    if kinds_of(before)[:1] == ["DET"] and before[-1].value.lower() in lexicon().choices:
        return True  # `add a status: open, closed`
    if not before or not _OWNING & set(kinds_of(before)) or _in_parentheses(before):
        return False
    return before[-1].type == "WORD" and before[-1].value[0].islower()


def _is_listed(noun: Token, following: Sequence[Token]) -> bool:
    """Tell the fields of `a shop with products: name, price` from values."""
    first = following[0] if following else None
    told = first is not None and first.type == "WORD" and is_known_name(first.value)
    return is_plural(noun.value) and (told or "_LPAR" in kinds_of(following))


def _is_choice(following: Sequence[Token]) -> bool:
    """Tell the values of `(title, stage: lead/won/lost)` and of `(type: indoor or outdoor)`."""
    if not following or following[0].type != "WORD":
        return False
    slashes = "/" in following[0].value and len(_until_separator(following)) == 1
    return slashes or kinds_of(following[1:3]) == ["OR", "WORD"]


def _has_subject(segment: Sequence[Token]) -> bool:
    """Tell whether a segment is a sentence of its own: `a tag has a name`."""
    kinds = kinds_of(segment)
    return "WORD" in kinds and bool(_SPEAKING & set(kinds[kinds.index("WORD") :]))


def _is_end(before: Sequence[Token], following: Sequence[Token]) -> bool:
    """Tell the `author: User` of a list of members from the `Author: name` that opens one."""
    listed = _in_parentheses(before) or "LABEL" in kinds_of(before)
    named = bool(following) and following[0].type == "WORD" and following[0].value[0].isupper()
    own = before[-1].type == "WORD" and before[-1].value[0].islower()
    return listed and named and own and len(_until_separator(following)) == 1


def _in_parentheses(before: Sequence[Token]) -> bool:
    kinds = kinds_of(before)
    return kinds.count("_LPAR") > kinds.count("_RPAR")


def _until_separator(tokens: Sequence[Token]) -> Sequence[Token]:
    ends = SEPARATORS | {"_RPAR"}
    return tokens[: next((n for n, each in enumerate(tokens) if each.type in ends), len(tokens))]


def _is_type(following: Sequence[Token]) -> bool:
    if len(following) > 1 and following[1].type == "_PIPE":
        return True
    ends = len(following) < 2 or following[1].type in (  # noqa: PLR2004 - only one word follows
        SEPARATORS | QUALIFIERS | {"_LPAR", "_RPAR", "DEFAULT"}
    )
    return bool(following) and ends and type_word(following[0].value) is not None
