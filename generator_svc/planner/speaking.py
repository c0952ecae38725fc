"""Finds the verb of `clients post jobs`, which says what clients can do without saying `can`."""

from collections.abc import Sequence

from lark import Token

from generator_svc.planner.field_types import is_person
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural, singular

_OBJECTS = frozenset({"WORD", "DET", "DOMAIN", "PROJECT", "MANY", "QUOTED", "OTHER"})
_ONE = frozenset({"a", "an", "each", "every", "the"})


def clause_of(tokens: Sequence[Token]) -> tuple[int, int, str] | None:
    """Return where the verb of some tokens begins, where its object does, and its kind."""
    noun = next((n for n, token in enumerate(tokens) if token.type != "DET"), None)
    if noun is None or tokens[noun].type != "WORD" or noun + 1 == len(tokens):
        return None
    verb = noun + 1
    one = tokens[0].value.lower() in _ONE and is_plural(tokens[verb].value)
    if not is_plural(tokens[noun].value) and not one:  # `a teacher teaches`
        return None
    if verb + 1 < len(tokens) and tokens[verb].type == "TO":
        verb += 1  # `let users to follow others`
    kind, length = _verb(tokens[verb:])
    likes = tokens[verb].value.lower() == "like" and is_person(singular(tokens[noun].value))
    spoken = likes or tokens[verb].type in {"WORD", "DET"}
    if kind is None or len(tokens) <= verb + length or not spoken:
        return None
    return (verb, verb + length, kind) if tokens[verb + length].type in _OBJECTS else None


def with_can(tokens: Sequence[Token]) -> list[Token]:
    """Return `clients post jobs` as `clients can post jobs`, and what else it is as it was."""
    found = clause_of(tokens)
    if found is None:
        return list(tokens)
    verb, rest, kind = found
    start = tokens[verb].start_pos
    can = Token("CAN", "", start_pos=start, end_pos=start)
    subject = tokens[: verb - 1] if tokens[verb - 1].type == "TO" else tokens[:verb]
    return [*subject, can, _joined(tokens[verb:rest], kind), *tokens[rest:]]


def verb_at(tokens: Sequence[Token]) -> tuple[Token, int] | None:
    """Return the verb that some tokens begin with, if its object follows, and how many it takes."""
    kind, length = _verb(tokens)
    if kind is None or len(tokens) <= length or tokens[length].type not in _OBJECTS:
        return None
    return _joined(tokens[:length], kind), length


def _joined(tokens: Sequence[Token], kind: str) -> Token:
    words = " ".join(token.value for token in tokens)
    return Token(kind, words, start_pos=tokens[0].start_pos, end_pos=tokens[-1].end_pos)


def _verb(tokens: Sequence[Token]) -> tuple[str | None, int]:
    """Return the kind of the verb that some tokens begin with, and how many it takes."""
    texts = [token.value.lower() for token in tokens[:3]]
    for words, kind in lexicon().verbs.get(texts[0], ()) if texts else ():
        if tuple(texts[: len(words)]) == words:
            return kind, len(words)
    return None, 0
