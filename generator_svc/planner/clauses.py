"""Cuts a classified sentence into clauses: one predicate each, with its subject.

A clause inherits the subject of the one before it where it opens with its predicate ("a book has a
title and belongs to an author"); `posts that have a title` hangs on the noun it follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lark import Token

from generator_svc.planner.field_types import type_word
from generator_svc.planner.lexicon import lexicon

LINKS = frozenset({"MANY_TO_MANY", "ONE_TO_MANY", "MANY_TO_ONE", "ONE_TO_ONE"})

_HANGING = frozenset({"WITH", "FOR"})
_APART = frozenset({"NOT", "USE"})
_NOT_NOUNS = frozenset({"OTHER", "VERB_MANY", "VERB_ONE", "VERB_NONE"})
_PREDICATES = LINKS | {
    "WITH", "HAS", "HAS_MANY", "HAS_ONE", "BELONGS", "MAY_BELONG", "CAN", "FOR", "NOT", "LABEL",
    "USE", "ROLES", "FIELDS", "ENTITIES", "ONLY",
}  # fmt: skip
_SEPARATORS = frozenset({"COMMA", "AND", "OR"})
_QUALIFIERS = frozenset(
    {"MAX", "MIN", "NUMBER", "BETWEEN", "DEFAULT", "UNIQUE", "REQUIRED", "OPTIONAL", "ONE_OF",
     "POSITIVE", "NON_NEGATIVE", "INDEXED"}
)  # fmt: skip
_ASKED = frozenset({"FEATURE", "CAPABILITY"})
_IGNORED = frozenset({"FILLER", "COMMAND"})


@dataclass(slots=True, kw_only=True)
class Clause:
    """One predicate with what belongs to it."""

    subject: list[Token]
    """What it is about, where that is written elsewhere; empty where the tokens say it."""

    tokens: list[Token]
    """Its own tokens, by the terminals of the grammar."""


def clauses(sentence: Sequence[Token]) -> list[Clause]:
    """Return the clauses of a classified sentence."""
    tokens, adjectives = _without_adjectives(
        [token for token in sentence if token.type not in _IGNORED]
    )
    tokens = _retag(tokens)
    cutter = _Cutter()
    for part in _split(tokens, "WHERE"):
        for segment in _segments(part):
            cutter.take(segment)
        cutter.close()
    asked = [Clause(subject=[], tokens=[_use(token), token]) for token in adjectives]
    return asked + [_finish(clause) for clause in cutter.done if clause.tokens]


def _without_adjectives(tokens: list[Token]) -> tuple[list[Token], list[Token]]:
    """Take features out that stand before a noun: the `multi-tenant` of a multi-tenant shop."""
    adjectives = lexicon().adjectives
    taken: list[Token] = []
    kept: list[Token] = []
    for position, token in enumerate(tokens):
        after = [each.type for each in tokens[position + 1 :] if each not in taken][:1]
        before = kept[-1].type if kept else ""
        nouns = {"WORD", "DOMAIN", "PROJECT", "FEATURE", "CAPABILITY"}
        opens = after == ["PROJECT"] and not _PREDICATES & set(_kinds(kept))
        asked = token.type in _ASKED and (opens or token.value.lower() in adjectives)
        if asked and before not in _APART and set(after) & nouns:
            taken.append(token)
        else:
            kept.append(token)
    return kept, taken


def _use(token: Token) -> Token:
    return Token("USE", "", start_pos=token.start_pos, end_pos=token.start_pos)


class _Cutter:
    """Takes a sentence segment by segment, a segment being what stands between separators."""

    def __init__(self) -> None:
        self.done: list[Clause] = []
        self._open: Clause | None = None
        self._subject: list[Token] = []

    def take(self, segment: list[Token]) -> None:
        """Add a segment to the open clause, or begin another one with it."""
        separator, rest = _without_separator(segment)
        cuts = _cuts(rest)
        if rest and rest[0].type.startswith("VERB"):
            self._go_on(rest)
        elif not cuts:
            self._continue(separator, rest)
        elif self._is_bare() and (rest[cuts[0]].type in LINKS or self._is_restricted()):
            self._link(separator, rest)
        else:
            self._begin(separator, rest, cuts)

    def close(self) -> None:
        """End the open clause; the next segment begins another."""
        if self._open is not None:
            self.done.append(self._open)
        self._open = None

    def _go_on(self, rest: list[Token]) -> None:
        """Begin a clause of what the same subject can do, too."""
        self.close()
        can = Token("CAN", "", start_pos=rest[0].start_pos, end_pos=rest[0].start_pos)
        self._open = Clause(subject=[], tokens=[*self._subject, can, *rest])

    def _is_bare(self) -> bool:
        return self._open is not None and not (set(_kinds(self._open.tokens)) - {"ONLY"}) & (
            _PREDICATES
        )

    def _is_restricted(self) -> bool:
        """Tell whether the open clause began with `only`: further roles follow."""
        return self._open is not None and _kinds(self._open.tokens)[:1] == ["ONLY"]

    def _link(self, separator: list[Token], rest: list[Token]) -> None:
        if self._open is not None:
            self._open.tokens += [_as(token, "_LINK_SEP") for token in separator[:1]] + rest

    def _continue(self, separator: list[Token], rest: list[Token]) -> None:
        if self._open is None:
            self._open = Clause(subject=[], tokens=[])
        if self._open.tokens and separator:
            self._open.tokens.append(_as(separator[0], "_SEP"))
        self._open.tokens += rest
        if not self._subject:
            self._subject = _noun(rest)

    def _begin(self, separator: list[Token], rest: list[Token], cuts: list[int]) -> None:
        head, kind = rest[: cuts[0]], rest[cuts[0]].type
        if head and (kind in _APART or (kind in _HANGING and self._open is not None)):
            self._continue(separator, head)  # `a name and posts with a title`: also an item
        self.close()
        for number, cut in enumerate(cuts):
            end = cuts[number + 1] if number + 1 < len(cuts) else len(rest)
            self.close()
            self._open = self._clause(rest, cut, end, first=number == 0)

    def _clause(self, rest: list[Token], cut: int, end: int, *, first: bool) -> Clause:
        own = rest[:cut] if first else []
        if rest[cut].type in _APART or (rest[cut].type == "FOR" and self.done):
            return Clause(subject=[], tokens=rest[cut:end])
        if own:
            self._subject = _noun(own)
            return Clause(subject=[], tokens=rest[:end])
        if not first:
            self._subject = _last_noun(rest[:cut]) or self._subject
        return Clause(subject=list(self._subject), tokens=rest[cut:end])


def _kinds(tokens: Sequence[Token]) -> list[str]:
    return [token.type for token in tokens]


def _cuts(tokens: Sequence[Token]) -> list[int]:
    depth = 0
    found: list[int] = []
    for position, token in enumerate(tokens):
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        if depth == 0 and token.type in _PREDICATES and not _inside(tokens, position, found):
            found.append(position)
    return found


def _inside(tokens: Sequence[Token], position: int, found: list[int]) -> bool:
    """Tell whether a predicate belongs to the one just before it, as in `can only see`."""
    kind = tokens[position].type
    last = tokens[found[-1]].type if found else ""
    if kind in {"ONLY", "CAN"} and last in {"ONLY", "CAN"}:
        return True
    if kind == "ROLES":
        return position > 0 or position + 1 == len(tokens) or tokens[position + 1].type == "_LPAR"
    if kind == "LABEL":
        return last in {"FIELDS", "ENTITIES", "ROLES"} and found[-1] >= position - 2
    if kind == "USE":
        return last == "NOT" and found[-1] == position - 1
    return False


def _noun(tokens: Sequence[Token]) -> list[Token]:
    """Return the noun phrase a run of tokens ends in, up to its first qualifier."""
    kept: list[Token] = []
    for token in tokens:
        if token.type not in {"DET", "WORD", "PROJECT", "DOMAIN", "QUOTED", "OF", "MANY"}:
            break
        kept.append(token)
    return [token for token in kept if token.type != "MANY"]


def _last_noun(tokens: Sequence[Token]) -> list[Token]:
    """Return the noun phrase right before a hanging predicate."""
    ends = _PREDICATES | _NOT_NOUNS
    start = max((n + 1 for n, token in enumerate(tokens) if token.type in ends), default=0)
    return _noun(tokens[start:])


def _segments(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut at the separators outside parentheses; each segment begins with its separators."""
    segments: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        if depth == 0 and token.type in _SEPARATORS and _has_content(segments[-1]):
            segments.append([])
        segments[-1].append(token)
    return [segment for segment in segments if segment]


def _has_content(segment: Sequence[Token]) -> bool:
    return any(token.type not in _SEPARATORS for token in segment)


def _without_separator(segment: list[Token]) -> tuple[list[Token], list[Token]]:
    count = 0
    while count < len(segment) and segment[count].type in _SEPARATORS:
        count += 1
    return segment[:count], segment[count:]


def _split(tokens: Sequence[Token], kind: str) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token.type == kind:
            parts.append([])
        else:
            parts[-1].append(token)
    return [part for part in parts if part]


def _finish(clause: Clause) -> Clause:
    if clause.tokens[-1].type == "_SEP":
        clause.tokens.pop()
    depth = 0
    for position, token in enumerate(clause.tokens):
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        bar = token.type == "_PIPE" and not _in_values(clause.tokens, position)
        if depth and (bar or token.type in _SEPARATORS):
            clause.tokens[position] = _as(token, "_ENTRY_SEP")
    return clause


def _in_values(tokens: Sequence[Token], position: int) -> bool:
    """Tell `status: draft|published` from `(draft | published)`."""
    kinds = [token.type for token in tokens[:position]]
    opened = max((n for n, kind in enumerate(kinds) if kind in {"_LPAR", "_ENTRY_SEP"}), default=0)
    return "_TYPE" in kinds[opened:]


def _retag(tokens: list[Token]) -> list[Token]:
    """Settle the tokens whose meaning hangs on their neighbours."""
    tokens = _merge_links(tokens)
    kept: list[Token] = []
    for position, token in enumerate(tokens):
        following = tokens[position + 1 : position + 8]
        kind = _settled(token, kept, following)
        if kind:
            kept.append(token if kind == token.type else _as(token, kind))
    return _value_lists(_collapse_separators(kept))


def _settled(token: Token, before: Sequence[Token], following: Sequence[Token]) -> str:
    after = following[0].type if following else ""
    kind: str = token.type
    if kind == "WITH":
        kind = "" if after in _QUALIFIERS else kind
    elif kind == "USE":
        kind = "USE" if _asks(following) else "STOP"
    elif kind == "BETWEEN":
        kind = _settled_between(before, after)
    elif kind in {"AND", "TO", "OTHER"}:
        kind = "_RANGE" if _in_range(token, before, after) else kind
    elif kind == "UNIT":
        kind = "UNIT" if before and before[-1].type in {"NUMBER", "UNIT"} else "WORD"
    elif kind in _ASKED:
        kind = _settled_asked(token, after)
    elif kind == "COLON":
        kind = "_TYPE" if before and _is_type(following) else "LABEL"
    elif kind == "FOR":
        kind = "WITH" if after in _ASKED else kind
    return kind


def _settled_between(before: Sequence[Token], after: str) -> str:
    if before and before[-1].type in LINKS:
        return ""
    return "BETWEEN" if after == "NUMBER" else "STOP"


def _asks(following: Sequence[Token]) -> bool:
    kinds = [token.type for token in following if token.type != "DET"]
    return bool(kinds) and kinds[0] in _ASKED


def _settled_asked(token: Token, after: str) -> str:
    """Let `test` be a noun in `test results`; what stands before its noun is settled elsewhere."""
    compound = after in {"WORD", "DOMAIN"} and token.value.lower() not in lexicon().adjectives
    return "WORD" if compound else token.type


def _in_range(token: Token, before: Sequence[Token], after: str) -> bool:
    if not before or before[-1].type != "NUMBER" or after != "NUMBER":
        return False
    between = len(before) > 1 and before[-2].type == "BETWEEN"
    return between or token.type == "TO" or token.value in {"-", "\N{EN DASH}"}


def _is_type(following: Sequence[Token]) -> bool:
    if len(following) > 1 and following[1].type == "_PIPE":
        return True
    ends = len(following) < 2 or following[1].type in (  # noqa: PLR2004 - only one word follows
        _SEPARATORS | _QUALIFIERS | {"_LPAR", "_RPAR", "DEFAULT"}
    )
    return bool(following) and ends and type_word(following[0].value) is not None


def _merge_links(tokens: list[Token]) -> list[Token]:
    """Let `have a many-to-many relationship with` be one token, `are many-to-many` too."""
    kept: list[Token] = []
    for token in tokens:
        if token.type in LINKS:
            while kept and kept[-1].type in {"HAS", "COPULA", "DET", "WITH", "HAS_ONE"}:
                kept.pop()
        elif kept and kept[-1].type in LINKS and token.type in {"WITH", "TO"}:
            continue
        kept.append(token)
    return kept


def _collapse_separators(tokens: list[Token]) -> list[Token]:
    kept: list[Token] = []
    for token in tokens:
        if token.type in _SEPARATORS and kept and kept[-1].type in _SEPARATORS:
            kept[-1] = token
        else:
            kept.append(token)
    return kept


def _value_lists(tokens: list[Token]) -> list[Token]:
    """Tell the separators of `one of draft, published or archived` from those of the list."""
    position = 0
    while position < len(tokens):
        if tokens[position].type == "ONE_OF":
            position = _mark_values(tokens, position + 1)
        position += 1
    return tokens


def _mark_values(tokens: list[Token], start: int) -> int:
    end = start
    while end < len(tokens) and tokens[end].type in {"WORD", "QUOTED", "NUMBER", "DOMAIN"} | (
        _SEPARATORS
    ):
        end += 1
    last_or = max((n for n in range(start, end) if tokens[n].type == "OR"), default=None)
    stop = end if last_or is None else min(last_or + 2, end)
    for position in range(start, stop):
        if tokens[position].type in _SEPARATORS:
            tokens[position] = _as(tokens[position], "_VALUE_SEP")
    return stop


def _as(token: Token, kind: str) -> Token:
    return Token(kind, token.value, start_pos=token.start_pos, end_pos=token.end_pos)
