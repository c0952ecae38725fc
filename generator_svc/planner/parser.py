"""Parses clauses with english.lark; a part that does not fit is set aside, the rest is kept."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from lark import Lark, Token, UnexpectedInput
from lark.common import LexerConf
from lark.lexer import Lexer

from generator_svc.planner.clauses import Clause
from generator_svc.planner.resources import grammar
from generator_svc.planner.syntax import Phrase, Statement
from generator_svc.planner.terminals import PREDICATES
from generator_svc.planner.trees import TREES, word_of

MOST_ATTEMPTS = 12
"""Segments of one clause that may be left out; a clause with more that do not fit is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a clause says, and the tokens of it that did not fit."""

    statement: Statement | None
    rest: tuple[Token, ...]


def parse(clause: Clause) -> Parsed:
    """Return what a clause says; segment by segment, what does not fit is left out."""
    tokens = list(clause.tokens)
    rest: list[Token] = []
    for _ in range(MOST_ATTEMPTS):
        if not tokens:
            break
        try:
            return Parsed(statement=_statement(clause.subject, tokens), rest=tuple(rest))
        except UnexpectedInput as error:
            at = _position(tokens, getattr(error, "token", None))
        start, end = _segment(tokens, at)
        if start == 0 and PREDICATES & {token.type for token in tokens[:end]}:
            break  # without its predicate, what is left would be read as something else
        rest += tokens[start:end]
        del tokens[start:end]
        if tokens and tokens[0].type == "_SEP":
            del tokens[0]
        if tokens and tokens[-1].type == "_SEP":
            del tokens[-1]
    return Parsed(statement=None, rest=(*rest, *tokens))


def parse_change(tokens: list[Token]) -> Statement | None:
    """Return what a clause that opens with a verb of change asks for; None if it does not fit."""
    try:
        tree = _parser().parse(tokens, start="change")
    except UnexpectedInput:
        return None
    statement: Statement = TREES.transform(tree)
    return replace(statement, start=tokens[0].start_pos or 0, end=tokens[-1].end_pos or 0)


def _statement(subject: list[Token], tokens: list[Token]) -> Statement:
    statement: Statement = TREES.transform(_parser().parse(tokens, start="start"))
    if statement.subject is None and subject:
        words = tuple(word_of(token) for token in subject if token.type != "DET")
        statement = replace(statement, subject=Phrase(words=words) if words else None)
    return replace(statement, start=tokens[0].start_pos or 0, end=tokens[-1].end_pos or 0)


def _position(tokens: list[Token], bad: Token | None) -> int:
    return next((n for n, token in enumerate(tokens) if token is bad), len(tokens) - 1)


def _segment(tokens: list[Token], at: int) -> tuple[int, int]:
    """Return the bounds of the segment around a token, with the separator before it."""
    start = max((n for n in range(at + 1) if tokens[n].type == "_SEP"), default=0)
    following = (n for n in range(max(at, start + 1), len(tokens)) if tokens[n].type == "_SEP")
    return start, next(following, len(tokens))


@cache
def _parser() -> Lark:
    return Lark(
        grammar("english.lark"),
        parser="lalr",
        lexer=_Given,
        start=["start", "change"],
        propagate_positions=True,
    )


class _Given(Lexer):
    """Hands the tokens over that the clauses were made of."""

    def __init__(self, lexer_conf: LexerConf) -> None:
        self._terminals = lexer_conf.terminals

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]
        """Return the tokens."""
        return iter(data)
