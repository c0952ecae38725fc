"""Cuts a classified sentence into clauses: one predicate each, with its subject.

A clause inherits the subject of the one before it where it opens with its predicate ("a book has a
title and belongs to an author"); `posts that have a title` hangs on the noun it follows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from lark import Token

from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.phrasing import unphrased, without_likeness
from generator_svc.planner.relatives import is_relative
from generator_svc.planner.settle import settled
from generator_svc.planner.speaking import clause_of, verb_at, with_can
from generator_svc.planner.terminals import (
    APART,
    LINKS,
    PREDICATES,
    SEPARATORS,
    as_kind,
    kinds_of,
    qualifies,
)
from generator_svc.planner.values import mark_value_groups

_REACH = 40
"""Tokens before a hanging predicate that its noun may begin at: what keeps long sentences cheap."""

_HANGING = frozenset({"WITH", "FOR"})
_OPEN_ENDS = frozenset({"_SEP", "WITH", "HAS", "LABEL", "FOR", "USE", "CAN"})
_MAIN = frozenset({"HAS", "HAS_MANY", "HAS_ONE"})
_AFTER_NOUN = frozenset({"BELONGS", "MAY_BELONG", "HAS_MANY", "HAS_ONE", "CAN"})
_NOT_NOUNS = frozenset({"OTHER", "VERB_MANY", "VERB_ONE", "VERB_NONE"})


@dataclass(slots=True, kw_only=True)
class Clause:
    """One predicate with what belongs to it."""

    subject: list[Token]
    """What it is about, where that is written elsewhere; empty where the tokens say it."""

    tokens: list[Token]
    """Its own tokens, by the terminals of the grammar."""


def clauses(sentence: Sequence[Token]) -> list[Clause]:
    """Return the clauses of a classified sentence."""
    sentence, likened = without_likeness(sentence)
    tokens, adjectives = settled(unphrased(sentence))
    cutter = _Cutter()
    for part in _split(tokens, "WHERE"):
        for segment in _segments(part):
            cutter.take(segment)
        cutter.close()
    asked = [Clause(subject=[], tokens=[_use(token), token]) for token in adjectives]
    asked += [Clause(subject=[], tokens=likened)] if likened else []
    return asked + [_finish(clause) for clause in cutter.done if clause.tokens]


def _use(token: Token) -> Token:
    return Token("USE", "", start_pos=token.start_pos, end_pos=token.start_pos)


class _Cutter:
    """Takes a sentence segment by segment, a segment being what stands between separators."""

    def __init__(self) -> None:
        self.done: list[Clause] = []
        self._open: Clause | None = None
        self._subject: list[Token] = []
        self._main: list[Token] = []
        self._nested = False

    def take(self, segment: list[Token]) -> None:
        """Add a segment to the open clause, or begin another one with it."""
        separator, rest = _without_separator(segment)
        noun, rest = _without_group(rest)
        if noun:
            self.close()
            self.done.append(Clause(subject=[], tokens=noun))
        rest = self._verbal(_spoken(rest))
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
        if self._open is not None and self._open.tokens[-1].type.startswith("VERB"):
            self._open.tokens += rest if self._is_restricted() else rest[1:]
            return  # `create and edit posts`: what can be edited was created
        can = Token("CAN", "", start_pos=rest[0].start_pos, end_pos=rest[0].start_pos)
        whole = [*self._subject, can, *rest]
        self._begin([], whole, _cuts(whole))

    def _verbal(self, rest: list[Token]) -> list[Token]:
        """Tell the verb a segment begins with: that of `write posts`, not `lists have cards`."""
        if len(rest) > 1 and rest[0].type.startswith("VERB") and rest[1].type in PREDICATES:
            return [as_kind(rest[0], "WORD"), *rest[1:]]
        kinds = set(kinds_of(self._open.tokens)) if self._open is not None else set()
        sure = bool(rest) and rest[0].value.lower() in lexicon().only_verbs
        told = verb_at(rest) if "CAN" in kinds or (sure and kinds & _MAIN) else None
        return rest if told is None else [told[0], *rest[told[1] :]]

    def _is_mutual(self) -> bool:
        """Tell whether the open clause is whole and hangs in another: `who follow each other`."""
        tokens = self._open.tokens if self._open is not None else []
        return bool(tokens) and tokens[-1].type == "OTHER" and self._main != self._subject

    def _is_bare(self) -> bool:
        return self._open is not None and not (set(kinds_of(self._open.tokens)) - {"ONLY"}) & (
            PREDICATES
        )

    def _is_restricted(self) -> bool:
        """Tell whether the open clause began with `only`: further roles follow."""
        return self._open is not None and kinds_of(self._open.tokens)[:1] == ["ONLY"]

    def _link(self, separator: list[Token], rest: list[Token]) -> None:
        if self._open is not None:
            self._open.tokens += [as_kind(token, "_LINK_SEP") for token in separator[:1]] + rest

    def _continue(self, separator: list[Token], rest: list[Token]) -> None:
        if self._open is None:
            self._open = Clause(subject=[], tokens=[])
        if rest and self._is_mutual():
            self.close()  # `a network with users who follow each other, posts and comments`
            start = rest[0].start_pos
            listing = Token("WITH", "", start_pos=start, end_pos=start)
            self._open = Clause(subject=[], tokens=[*self._main, listing, *rest])
            return
        if self._open.tokens and separator and not qualifies(kinds_of(rest)):
            linked = self._open.tokens[0].type in LINKS  # `many-to-many: posts and tags`
            self._open.tokens.append(as_kind(separator[0], "_LINK_SEP" if linked else "_SEP"))
        self._open.tokens += rest
        if not self._subject:
            self._subject = _noun(rest)

    def _begin(self, separator: list[Token], rest: list[Token], cuts: list[int]) -> None:
        head, kind = rest[: cuts[0]], rest[cuts[0]].type
        hanging = kind in _HANGING and bool(head) and self._open is not None
        if head and self._open is not None and _is_about_all(rest[cuts[0]]):
            self._continue(separator, head)  # `an invoice with a number that belongs to …`
            rest, cuts = rest[cuts[0] :], [cut - cuts[0] for cut in cuts]
            head = []
        if head and (kind in APART or (hanging and not self._nested)):
            self._continue(separator, head)  # `a name and posts with a title`: also an item
        self.close()
        self._nested = self._nested or hanging or (kind in _HANGING and len(cuts) > 1)
        for number, cut in enumerate(cuts):
            end = cuts[number + 1] if number + 1 < len(cuts) else len(rest)
            self.close()
            self._open = self._clause(rest, cut, end, first=number == 0)

    def _clause(self, rest: list[Token], cut: int, end: int, *, first: bool) -> Clause:
        own = rest[:cut] if first else []
        if rest[cut].type in APART or (rest[cut].type == "FOR" and self.done):
            return Clause(subject=[], tokens=rest[cut:end])
        if own:
            self._subject = self._main = _noun(own)
            return Clause(subject=[], tokens=rest[:end])
        if rest[cut].type == "CAN":
            hung = _last_noun(rest[:cut]) if is_relative(rest[cut]) else self._main
            self._subject = hung or self._subject
            return Clause(subject=[], tokens=[*self._subject, *rest[cut:end]])
        if rest[cut].type in _MAIN and not first:
            self._subject = self._main or self._subject
        elif not first:
            self._subject = _last_noun(rest[max(0, cut - _REACH) : cut]) or self._subject
        return Clause(subject=list(self._subject), tokens=rest[cut:end])


def _without_group(rest: list[Token]) -> tuple[list[Token], list[Token]]:
    """Take the described noun out of `customers (name, email) place orders`, which speaks of it."""
    kinds = kinds_of(rest)
    if "_LPAR" not in kinds or "_RPAR" not in kinds:
        return [], rest
    opening, end = kinds.index("_LPAR"), kinds.index("_RPAR") + 1
    whole = [*rest[:opening], *rest[end:]]
    named = set(kinds[:opening]) <= {"DET", "WORD"} and clause_of(rest[:opening]) is None
    plain = named and kinds[opening:end].count("_LPAR") == 1
    speaks = set(kinds[end : end + 1]) <= _AFTER_NOUN and len(kinds) > end
    if plain and (speaks or clause_of(whole) is not None):
        return rest[:end], whole
    return [], rest


def _spoken(rest: list[Token]) -> list[Token]:
    """Return a segment with the `can` that goes without saying: `only admins create books`."""
    if rest and rest[0].type == "ONLY":
        return [rest[0], *_spoken(rest[1:])]
    return rest if PREDICATES & set(kinds_of(rest)) - _HANGING else with_can(rest)


def _is_about_all(predicate: Token) -> bool:
    """Tell `that belongs to`, which is about what the sentence is about."""
    told = predicate.value.lower().startswith(("that ", "which ", "belonging "))
    return told and predicate.type in {"BELONGS", "MAY_BELONG"}


def _cuts(tokens: Sequence[Token]) -> list[int]:
    depth = 0
    found: list[int] = []
    for position, token in enumerate(tokens):
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        if depth == 0 and token.type in PREDICATES and not _inside(tokens, position, found):
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
    ends = PREDICATES | _NOT_NOUNS
    start = max((n + 1 for n, token in enumerate(tokens) if token.type in ends), default=0)
    return _noun(tokens[start:])


def _segments(tokens: Sequence[Token]) -> list[list[Token]]:
    """Cut at the separators outside parentheses; each segment begins with its separators."""
    segments: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.type == "_LPAR") - (token.type == "_RPAR")
        if depth == 0 and token.type in SEPARATORS and _has_content(segments[-1]):
            segments.append([])
        segments[-1].append(token)
    return [segment for segment in segments if segment]


def _has_content(segment: Sequence[Token]) -> bool:
    return any(token.type not in SEPARATORS for token in segment)


def _without_separator(segment: list[Token]) -> tuple[list[Token], list[Token]]:
    count = 0
    while count < len(segment) and segment[count].type in SEPARATORS:
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
    while len(clause.tokens) > 1 and clause.tokens[-1].type in _OPEN_ENDS:
        clause.tokens.pop()
    mark_value_groups(clause.tokens)
    return clause
