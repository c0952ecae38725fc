"""Hangs a relative clause on its noun: `posts, which have a title`, `authors who write books`."""

from collections.abc import Sequence

from lark import Token

from generator_svc.planner.field_types import is_field_name, is_known_name
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.speaking import verb_at
from generator_svc.planner.terminals import as_kind
from generator_svc.planner.values import end_of_values

_REACH = 60
"""Tokens that a word's meaning may hang on: what keeps long sentences cheap."""

_PRONOUNS = frozenset({"who", "which", "that"})
_EACH = frozenset({"each", "all", "having", "whose", "where"})
_NOUNS = frozenset({"WORD", "DOMAIN", "PROJECT", "QUOTED", "UNIT", "_RPAR"})
_SAYING = frozenset({"ONE_OF", "NUMBER", "MIN", "MAX", "EXACT", "BETWEEN"})
"""What may say more with an `of` before it: `a name of 3 to 50 characters`."""

_CHOICES = frozenset({"can be", "may be", "is", "are"})


def is_relative(token: Token) -> bool:
    """Tell `who can` and `that has`, which are about the noun before them."""
    return _first_word(token) in _PRONOUNS


def with_relatives(tokens: Sequence[Token]) -> list[Token]:
    """Return tokens in which relative clauses follow their nouns directly, with predicates told.

    What lists values is told apart, too: `a status, either open or closed`, `that can be a or b`.
    """
    kept: list[Token] = []
    aside = False
    position = int(len(tokens) > 1 and tokens[0].type == "MANY")  # `a list of books with a title`
    while position < len(tokens):
        token, following = tokens[position], tokens[position + 1 : position + 1 + _REACH]
        position += 1
        noun = bool(kept) and kept[-1].type in _NOUNS
        if token.type == "COMMA" and noun and _hangs(following):
            aside = aside or following[0].type not in {"ONE_OF", "COPULA"}
            continue
        told = verb_at(following) if noun and _may_speak(token, aside=aside) else None
        if told is not None:
            verb, length = told
            kept += _spoken(token, verb)
            position += length
            aside = aside and token.type != "COMMA"
        elif noun and _is_value(token, kept[-1], following):
            kept += [Token("ONE_OF", "", start_pos=token.start_pos, end_pos=token.start_pos), token]
        elif kept and kept[-1].type == "NUMBER" and f"in {token.value.lower()}" in lexicon().units:
            kept.append(as_kind(token.update(value=f"in {token.value}"), "IN_UNIT"))
        elif not (token.type == "OF" and following and following[0].type in _SAYING):
            kept.append(as_kind(token, _settled(token, kept, following)))
    return kept


def _first_word(token: Token) -> str:
    return str(token.value).lower().split(" ")[0]


def _hangs(following: Sequence[Token]) -> bool:
    """Tell whether what follows a comma is about the noun before it."""
    if not following:
        return False
    first = following[0]
    values = first.type == "COPULA" and _opens_values(first, ()) and _lists_values(following[1:])
    if values or first.type == "ONE_OF" or _gives_examples(first, following[1:]):
        return True
    speaks = _may_speak(first, aside=False) and verb_at(following[1:]) is not None
    return speaks or (first.type in {"WITH", "CAN"} and _first_word(first) in _PRONOUNS | _EACH)


def _may_speak(token: Token, *, aside: bool) -> bool:
    """Tell the `who` of `authors who write books`, and the comma that ends `users, who …,`."""
    pronoun = token.type == "STOP" and token.value.lower() in _PRONOUNS
    return pronoun or (aside and token.type == "COMMA")


def _spoken(token: Token, verb: Token) -> list[Token]:
    """Return `who write` as `who can write`, and the `, write` that follows an aside likewise."""
    pause = token.type == "COMMA"
    start = token.end_pos if pause else token.start_pos
    can = Token("CAN", "" if pause else token.value, start_pos=start, end_pos=token.end_pos)
    return [token, can, verb] if pause else [can, verb]


def _settled(token: Token, before: Sequence[Token], following: Sequence[Token]) -> str:
    """Tell what lists values or fields: `that can be open or closed`, `such as a price`."""
    if _opens_values(token, before) and _lists_values(following):
        return "ONE_OF"
    if token.type == "COMMA" and _is_each(following):
        return "WHERE"
    return "WITH" if _gives_examples(token, following) else token.type


def _opens_values(token: Token, before: Sequence[Token]) -> bool:
    text = token.value.lower()
    if token.type == "COPULA":
        bare = text.removeprefix("that ").removeprefix("which ")
        return bare in _CHOICES
    named = bool(before) and before[-1].value.lower() in lexicon().choices
    return named and token.type in {"OF", "COMMA"}


def _is_value(token: Token, noun: Token, following: Sequence[Token]) -> bool:
    """Tell the first value of `priority low, medium or high` and of `difficulty easy/hard`."""
    if token.type != "WORD" or noun.type != "WORD":
        return False
    alone = not following or following[0].type != "WORD"
    if "/" in token.value:
        return alone and not any(is_known_name(part) for part in token.value.split("/"))
    listed = noun.value.lower() in lexicon().choices and _lists_values([token, *following])
    return listed and alone


def _is_each(tokens: Sequence[Token]) -> bool:
    """Tell `rooms with beds, each bed having a number`."""
    kinds = [each.type for each in tokens[:3]]
    return kinds == ["DET", "WORD", "WITH"] and tokens[0].value.lower() == "each"


def _lists_values(tokens: Sequence[Token]) -> bool:
    kinds = [each.type for each in tokens[: end_of_values(tokens, 0)]]
    told = "OR" in kinds[1:-1] and kinds[0] != "OR" and "AND" not in kinds[: kinds.index("OR")]
    return told and not is_field_name(tokens[0].value)


def _gives_examples(token: Token, following: Sequence[Token]) -> bool:
    """Tell `such as temperature and humidity`, which are fields, from `such as cats`."""
    words = [each for each in following[:2] if each.type == "WORD"]
    told = token.type == "STOP" and token.value.lower() == "such as"
    return told and bool(words) and is_known_name(words[0].value.lower())
