"""Reads controlled English into a draft, sentence by sentence."""

from collections.abc import Sequence
from dataclasses import dataclass

from lark import Token

from generator_svc.planner.clauses import clauses
from generator_svc.planner.declared import declared_entities, short_names
from generator_svc.planner.draft import Draft
from generator_svc.planner.interpret import interpret
from generator_svc.planner.lexer import classified, sentences
from generator_svc.planner.parser import Parsed, parse
from generator_svc.planner.reading import Reading
from generator_svc.planner.request import Span
from generator_svc.planner.syntax import Item, Statement, Word
from generator_svc.planner.terminals import ASKED

_CONTENT = frozenset({"WORD", "QUOTED", "NUMBER", "FEATURE", "CAPABILITY", "DOMAIN"})
_TELLING = frozenset(
    {
        "PROJECT",
        "UNIQUE",
        "REQUIRED",
        "OPTIONAL",
        "INDEXED",
        "READ_ONLY",
        "WRITE_ONLY",
        "IMMUTABLE",
        "IN_UNIT",
    }
)
"""What is worth telling when it was not understood, but is no content of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understanding:
    """How much of a prompt was understood."""

    unresolved: tuple[Span, ...]
    """What was not, in the prompt's order."""

    words: int
    """How many words say something."""

    unresolved_words: int
    """How many of them were not understood."""


def read_english(
    prompt: str, draft: Draft, *, declared: frozenset[str] = frozenset()
) -> Understanding:
    """Read a prompt into a draft and tell what was not understood.

    Args:
        prompt: The prompt; what another layer has read is blank.
        draft: Where to plan.
        declared: The keys of the entities that another layer has planned.
    """
    tokens, statements, rest = _parsed(prompt)
    named = declared | declared_entities(statements)
    short = short_names(statements)
    reading = Reading(draft=draft, prompt=prompt, declared=named - short.keys(), short=short)
    for statement in statements:
        interpret(reading, statement)
        for item in statement.items:
            reading.skip_unheard(item)
    unresolved = _merged(prompt, tokens, rest, reading.unclear)
    content = [token for token in tokens if token.type in _CONTENT]
    lost = [token for token in content if _covered(token, unresolved)]
    return Understanding(unresolved=unresolved, words=len(content), unresolved_words=len(lost))


def _parsed(prompt: str) -> tuple[list[Token], list[Statement], list[Token]]:
    tokens: list[Token] = []
    statements: list[Statement] = []
    rest: list[Token] = []
    for sentence in sentences(prompt):
        words = classified(sentence)
        tokens += words
        strange: set[int | None] = set()
        for clause in clauses(words):
            described = clause.subject and clause.subject[0].start_pos in strange
            nothing = Parsed(statement=None, rest=tuple(clause.tokens))
            parsed = nothing if described else parse(clause)
            strange = {each.start_pos for each in clause.tokens} if _says_little(parsed) else set()
            if parsed.statement is not None:
                statements.append(parsed.statement)
            asked = [token for token in parsed.rest if token.type in ASKED]
            statements += salvaged(parsed.rest, asked)
            rest += [token for token in parsed.rest if token not in asked]
    return tokens, statements, rest


def _says_little(parsed: Parsed) -> bool:
    """Tell `should be fast and pretty`, whose nouns are nothing that `with a design` describes."""
    fragment = parsed.statement is None or parsed.statement.kind == "fragment"
    return fragment and bool(parsed.rest)


def salvaged(rest: Sequence[Token], asked: Sequence[Token]) -> list[Statement]:
    """Keep the features of a clause that is not understood, and whether they are wanted."""
    found: list[Statement] = []
    for token in asked:
        before = rest[: next(n for n, each in enumerate(rest) if each is token)]
        refused = any(each.type == "NOT" for each in before)
        word = Word(
            kind=token.type, text=str(token), start=token.start_pos or 0, end=token.end_pos or 0
        )
        found.append(Statement(kind="without" if refused else "used", items=(Item(asked=(word,)),)))
    return found


def _merged(
    prompt: str, tokens: list[Token], rest: list[Token], unclear: list[Span]
) -> tuple[Span, ...]:
    """Return runs of neighbouring tokens that were not understood."""
    bad = {(token.start_pos or 0) for token in rest}
    runs: list[list[Token]] = [[]]
    for token in tokens:
        start = token.start_pos or 0
        if start in bad or any(span.start <= start < span.end for span in unclear):
            runs[-1].append(token)
        elif token.type != "FILLER" and runs[-1]:
            runs.append([])
    spans = [
        (run[0].start_pos or 0, run[-1].end_pos or 0)
        for run in map(_trimmed, runs)
        if any(_says_something(token) for token in run)
    ]
    return tuple(Span(start=a, end=b, text=prompt[a:b]) for a, b in spans)


def _says_something(token: Token) -> bool:
    return token.type in _CONTENT | _TELLING or token.type.startswith("VERB")


def _trimmed(run: list[Token]) -> list[Token]:
    edges = {"COMMA", "AND", "OR", "DET", "COLON"}
    while run and run[0].type in edges | {"_RPAR"}:
        run = run[1:]
    while run and run[-1].type in edges:
        run = run[:-1]
    return run


def _covered(token: Token, spans: tuple[Span, ...]) -> bool:
    start = token.start_pos or 0
    return any(span.start <= start < span.end for span in spans)
