"""Reads the statements of a prompt that asks for changes: one for each verb of change."""

from collections.abc import Sequence
from itertools import accumulate

from lark import Token

from generator_svc.planner.clauses import clauses
from generator_svc.planner.english import salvaged
from generator_svc.planner.lexer import classified, sentences
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import singular
from generator_svc.planner.parser import parse, parse_change
from generator_svc.planner.patch_changes import as_change
from generator_svc.planner.patch_targets import PRONOUNS
from generator_svc.planner.reading import MOST_WORDS
from generator_svc.planner.request import Span
from generator_svc.planner.settle import settled
from generator_svc.planner.syntax import Statement
from generator_svc.planner.terminals import (
    ASKED,
    IGNORED,
    SEPARATORS,
    as_kind,
    kinds_of,
    qualifies,
)
from generator_svc.planner.values import mark_value_groups

_VERBS = frozenset({"UNREAD", "ADD", "DROP", "RENAME", "MAKE", "CHANGE", "GIVE", "LET", "TIE"})
_REACH = 40
"""Tokens of what may only say more about the item before it."""

_QUIET = SEPARATORS | IGNORED | {"DET", "STOP", "WHERE", "WITH", "LABEL", "FOR", "_LPAR", "_RPAR"}


def read_statements(prompt: str, known: frozenset[str]) -> tuple[list[Statement], list[Span]]:
    """Return the statements of a prompt, and what fits neither grammar."""
    statements: list[Statement] = []
    lost: list[Span] = []
    for sentence in sentences(prompt):
        place: list[Token] = []
        for chunk in _chunks(classified(sentence, changes=True)):
            if told := _place_ahead(chunk, known):
                place = told
                continue
            found, rest = _chunk(chunk, known, place)
            statements += found
            if any(token.type not in _QUIET for token in rest):
                start, end = rest[0].start_pos or 0, rest[-1].end_pos or 0
                lost.append(Span(start=start, end=end, text=prompt[start:end]))
    return statements, lost


def _chunks(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut a sentence before each verb of change."""
    chunks: list[list[Token]] = [[]]
    for token in tokens:
        if token.type in _VERBS:
            chunks.append([])
        chunks[-1].append(token)
    return [chunk for chunk in map(_trimmed, chunks) if chunk]


def _trimmed(chunk: list[Token]) -> list[Token]:
    while chunk and chunk[-1].type in SEPARATORS | {"FILLER", "WHERE"}:
        value = len(chunk) > 1 and chunk[-2].type == "DEFAULT"  # `defaulting to new`
        if value or chunk[-1].value.lower() in PRONOUNS:
            break
        chunk = chunk[:-1]
    while chunk and chunk[0].type in SEPARATORS | {"FILLER", "WHERE"}:
        chunk = chunk[1:]
    return chunk


def _place_ahead(chunk: list[Token], known: frozenset[str]) -> list[Token]:
    """Return the place of `in posts, rename …`, which every change of its sentence belongs to."""
    if chunk[-1].type == "COLON":  # `products: remove stock`
        chunk = [_of(chunk[0]), *chunk[:-1]]
    named = chunk[0].value.lower() in lexicon().places and len(chunk) <= MOST_WORDS
    words = [token.value for token in chunk[1:] if token.type != "DET"]
    return chunk if named and singular(" ".join(words)) in known else []


def _as_drop(chunk: list[Token], known: frozenset[str]) -> list[Token]:
    """Return `posts no longer need a price` as `drop a price of posts`.

    What is not needed is kept: `posts do not need a price` makes it optional.
    """
    lacking = next((n for n, t in enumerate(chunk) if t.value.lower() in lexicon().lacks), 0)
    words = [token.value for token in chunk[:lacking] if token.type != "DET"]
    if not words or singular(" ".join(words)) not in known:
        return chunk
    what = [*chunk[lacking + 1 :], _of(chunk[0]), *chunk[:lacking]]
    needs = "need" in chunk[lacking].value.lower() and "longer" not in chunk[lacking].value.lower()
    if needs and not any(token.type in ASKED for token in what):
        end = chunk[-1].end_pos
        optional = Token("OPTIONAL", "", start_pos=end, end_pos=end)
        return [as_kind(chunk[lacking], "MAKE"), *what, optional]
    return [as_kind(chunk[lacking], "DROP"), *what]


def _of(token: Token) -> Token:
    return Token("WORD", "of", start_pos=token.start_pos, end_pos=token.start_pos)


def _chunk(
    chunk: list[Token], known: frozenset[str], place: list[Token]
) -> tuple[list[Statement], list[Token]]:
    chunk = _as_drop(chunk, known)
    if chunk[0].type not in _VERBS:
        return _plain(chunk)
    if chunk[0].type == "LET":
        return _plain(chunk[1:])
    tokens = [chunk[0], *_prepared(chunk[1:], known, verb=chunk[0])]
    if "WHERE" in kinds_of(tokens):  # `add tags: a tag has a name`
        cut = tokens[kinds_of(tokens).index("WHERE")].start_pos or 0
        told = [token for token in chunk if (token.start_pos or 0) < cut]
        found, rest = _chunk(told, known, place)
        more, unread = _plain([token for token in chunk if (token.start_pos or 0) > cut])
        return found + more, rest + unread
    if place and "PLACE" not in kinds_of(tokens):
        tokens += _prepared(place, known, verb=chunk[0])
    statement = parse_change(tokens) if len(tokens) > 1 else None
    if statement is not None:
        return [statement], []
    return _plain(chunk[1:]) if chunk[0].type == "ADD" else ([], chunk)


def _plain(tokens: list[Token]) -> tuple[list[Statement], list[Token]]:
    """Read statements without a verb of change: `a post has many tags`."""
    parsed = [parse(clause) for clause in clauses(tokens)]
    statements = [as_change(each.statement) for each in parsed if each.statement is not None]
    rest = [token for each in parsed for token in each.rest]
    asked = [token for token in rest if token.type in ASKED]
    return statements + salvaged(rest, asked), [token for token in rest if token not in asked]


def _prepared(tokens: Sequence[Token], known: frozenset[str], *, verb: Token) -> list[Token]:
    """Settle the tokens behind a verb, and tell where its objects belong."""
    found, _ = settled(_with_places(_with_pronoun(tokens), known, verb=verb))
    found = _without_qualifying_separators(found)
    depth = 0
    for position, token in enumerate(found):
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        if not depth and token.type in SEPARATORS:
            found[position] = as_kind(token, "_SEP")
    mark_value_groups(found)
    return found


def _with_pronoun(tokens: Sequence[Token]) -> list[Token]:
    """Let the `it` of `make it unique` and of `add a slug to it` be a name."""
    marked = list(tokens)
    for position, token in enumerate(tokens):
        told = position == 0 or tokens[position - 1].value.lower() in lexicon().places
        if told and token.value.lower() in PRONOUNS:
            marked[position] = as_kind(token, "WORD")
    return marked


def _without_qualifying_separators(tokens: list[Token]) -> list[Token]:
    """Join `a flag to users, default true`: what follows a place may say more of what is added."""
    kinds = kinds_of(tokens)
    placed = max((n for n, kind in enumerate(kinds) if kind == "PLACE"), default=len(kinds))
    depths = list(accumulate((kind == "_LPAR") - (kind == "_RPAR") for kind in kinds))
    kept: list[Token] = []
    for position, token in enumerate(tokens):
        reach = kinds[position + 1 : position + 1 + _REACH]
        end = next((n for n, kind in enumerate(reach) if kind in SEPARATORS), len(reach))
        segment = reach[:1] if position > placed else reach[:end]
        if depths[position] or token.type not in SEPARATORS or not qualifies(segment):
            kept.append(token)
    return kept


def _with_places(tokens: Sequence[Token], known: frozenset[str], *, verb: Token) -> list[Token]:
    """Let `to`, `from`, `of` before the name of an entity say where a change belongs."""
    marked: list[Token] = []
    for position, token in enumerate(tokens):
        word = token.value.lower()
        following = tokens[position + 1 :]
        told = bool(following) and following[0].value.lower() in PRONOUNS
        is_place = word in lexicon().places and (told or _names_entity(following, known))
        goal = word == "to" and verb.type == "RENAME"
        marked.append(as_kind(token, "PLACE") if is_place and not goal else token)
    return marked


def _names_entity(tokens: Sequence[Token], known: frozenset[str]) -> bool:
    words = [token.value for token in tokens[:4] if token.type not in {"DET", "FILLER"}]
    return any(singular(" ".join(words[:count])) in known for count in (1, 2, 3) if words[:count])
