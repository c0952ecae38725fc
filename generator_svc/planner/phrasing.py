"""Takes out of a sentence what only phrases it: `as a user I want to`, `a model called`."""

import re
from collections.abc import Sequence

from lark import Token

from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.terminals import SEPARATORS, as_kind, kinds_of

_CALLED = frozenset({"called", "named"})
_NUMBERED = re.compile(r"[A-Z]{1,5}-?\d+")
_EVERY = (["each"], ["every"])
_KEEPING = frozenset({"store", "record", "keep", "track", "save", "need", "want", "require"})
_STAFF = frozenset({"editor", "moderator", "manager", "operator", "supervisor", "staff"})
"""Who has rights beside admins."""

_LABELS = frozenset({"WORD", "ENTITIES"})


def unphrased(sentence: Sequence[Token]) -> list[Token]:
    """Return what a sentence says, however it is phrased."""
    tokens = list(sentence)
    for step in (
        _without_heading,
        _for_each,
        _without_labels,
        _without_owner,
        _without_story,
        _restricted,
    ):
        tokens = step(tokens)
    return tokens


def without_likeness(sentence: Sequence[Token]) -> tuple[list[Token], list[Token]]:
    """Take the `like Jira` out of `an issue tracker like Jira: projects, issues`."""
    for position, token in enumerate(sentence[:-1]):
        name = sentence[position + 1]
        named = name.type == "WORD" and name.value[0].isupper() and not is_plural(name.value)
        if token.type == "STOP" and token.value.lower() == "like" and position and named:
            end = position + 1
            while end < len(sentence) and sentence[end].type == "WORD":
                end += 1
            return [*sentence[:position], *sentence[end:]], list(sentence[position:end])
    return list(sentence), []


def _without_story(tokens: list[Token]) -> list[Token]:
    """Return `as a user I want to write posts, so that …` as `a user can write posts`."""
    kinds = kinds_of(tokens)
    if "CAN" not in kinds or tokens[0].value.lower() not in {"as a", "as an"}:
        return tokens
    can = kinds.index("CAN")
    ends = (n for n, t in enumerate(tokens) if n > can and t.value.lower() == "so that")
    why = next(ends, len(tokens))
    who = [token for token in tokens[1:can] if token.type not in SEPARATORS]
    return [*who, *tokens[can:why]]


def _without_labels(tokens: list[Token]) -> list[Token]:
    """Drop the `model` of `a User model`, and the `entity called` of `an entity called User`."""
    kept: list[Token] = []
    labelled = False
    for position, token in enumerate(tokens):
        label = lexicon().nouns.get(token.value.lower()) == "entity" and token.type in _LABELS
        named = bool(kept) and kept[-1].type == "WORD" and kept[-1].value[:1].isupper()
        following = tokens[position + 1].value if position + 1 < len(tokens) else ""
        called = following.lower() in _CALLED
        if labelled and token.value.lower() in _CALLED:
            continue
        labelled = label and (called or (following[:1].isupper() and not named))
        if not (label and (named or labelled)):
            kept.append(token)
    return kept


def _without_heading(tokens: list[Token]) -> list[Token]:
    """Drop the `REQ-1:` of a requirement and the `fields of` of `fields of a vehicle: make`."""
    kinds = kinds_of(tokens)
    if kinds[:2] == ["WORD", "COLON"] and _NUMBERED.fullmatch(tokens[0].value):
        return tokens[2:]
    if kinds[:3] == ["WORD", "WORD", "COLON"] and tokens[0].value.lower() == "class":
        return tokens[1:]
    if kinds[:1] == ["FIELDS"] and kinds[1:2] in (["FOR"], ["OF"]):
        return tokens[2:]
    return tokens


def _for_each(tokens: list[Token]) -> list[Token]:
    """Return `for each customer we need the name` as `customer has the name`."""
    texts = [token.value.lower() for token in tokens]
    if texts[:1] != ["for each"] and not (texts[:1] == ["for"] and texts[1:2] in _EVERY):
        return tokens
    start = 1 if texts[0] == "for each" else 2
    noun = next((n for n in range(start, len(tokens)) if tokens[n].type != "WORD"), len(tokens))
    verb = noun
    while texts[verb : verb + 1] in ([","], ["we"], ["i"], ["you"]):
        verb += 1
    if noun == start or verb == len(tokens) or texts[verb].split()[-1] not in _KEEPING:
        return tokens
    return [*tokens[start:noun], as_kind(tokens[verb], "HAS"), *tokens[verb + 1 :]]


def _without_owner(tokens: list[Token]) -> list[Token]:
    """Return `users have roles: admin, editor` as `roles: admin, editor`."""
    kinds = kinds_of(tokens)
    start = kinds.index("ROLES") if "ROLES" in kinds else 0
    owned = start > 1 and kinds[start - 1] == "HAS" and set(kinds[: start - 1]) <= {"DET", "WORD"}
    return tokens[start:] if owned and kinds[start + 1 : start + 2] == ["COLON"] else tokens


def _restricted(tokens: list[Token]) -> list[Token]:
    """Return `admins can delete posts`, which is a right of theirs, as `only admins can …`.

    What `users and admins can` do is no right of anybody's: the users can.
    """
    kinds = kinds_of(tokens)
    can = kinds.index("CAN") if "CAN" in kinds else 0
    who = {token.value.lower() for token in tokens[:can] if token.type == "WORD"}
    if not set(kinds[:can]) <= {"DET", "WORD", "COMMA", "AND"} or not who & lexicon().admins:
        return tokens
    others = {singular(each) for each in who - lexicon().admins}
    if others <= _STAFF:
        start = tokens[0].start_pos
        return [Token("ONLY", "", start_pos=start, end_pos=start), *tokens]
    words = [token for token in tokens[:can] if token.type == "WORD"]
    kept = [token for token in words if token.value.lower() not in lexicon().admins]
    return [*kept, *tokens[can:]] if len(kept) == 1 else tokens
