"""Finds the verb of `clients post jobs`, which says what clients can do without saying `can`."""

from collections.abc import Sequence

from lark import Token

from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural

_OBJECTS = frozenset({"WORD", "DET", "DOMAIN", "PROJECT", "MANY", "QUOTED", "OTHER"})


def clause_of(tokens: Sequence[Token]) -> tuple[int, int, str] | None:
    """Return where the verb of some tokens begins, where its object does, and its kind."""
    noun = next((n for n, token in enumerate(tokens) if token.type != "DET"), None)
    if noun is None or tokens[noun].type != "WORD" or not is_plural(tokens[noun].value):
        return None
    verb = noun + 1
    if verb + 1 < len(tokens) and tokens[verb].type == "TO":
        verb += 1  # `let users to follow others`
    kind, length = _verb(tokens[verb:])
    if kind is None or len(tokens) <= verb + length or tokens[verb].type not in {"WORD", "DET"}:
        return None
    return (verb, verb + length, kind) if tokens[verb + length].type in _OBJECTS else None


def with_can(tokens: Sequence[Token]) -> list[Token]:
    """Return `clients post jobs` as `clients can post jobs`, and what else it is as it was."""
    found = clause_of(tokens)
    if found is None:
        return list(tokens)
    verb, rest, kind = found
    start, end = tokens[verb].start_pos, tokens[rest - 1].end_pos
    can = Token("CAN", "", start_pos=start, end_pos=start)
    words = " ".join(token.value for token in tokens[verb:rest])
    subject = tokens[: verb - 1] if tokens[verb - 1].type == "TO" else tokens[:verb]
    return [*subject, can, Token(kind, words, start_pos=start, end_pos=end), *tokens[rest:]]


def _verb(tokens: Sequence[Token]) -> tuple[str | None, int]:
    """Return the kind of the verb that some tokens begin with, and how many it takes."""
    texts = [token.value.lower() for token in tokens[:3]]
    for words, kind in lexicon().verbs.get(texts[0], ()) if texts else ():
        if tuple(texts[: len(words)]) == words:
            return kind, len(words)
    return None, 0
