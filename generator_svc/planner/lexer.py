"""Cuts a prompt into sentences of tokens of the grammar's terminals, each with its span."""

import re
from collections.abc import Iterator, Mapping, Sequence

from lark import Token

from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.lines import Line, item_lines, joined

_RAW = re.compile(
    r"(?P<QUOTED>\"[^\"\n]{1,200}\"|`[^`\n]{1,200}`|(?<!\w)'[^'\n]{1,200}'(?!\w))"
    r"|(?P<BULLET>(?:^|\n)[ \t]*(?:[-*\u2022\u2013]|\d{1,2}[.)])[ \t]+)"
    r"|(?P<NUMBER>(?<![\w.])-?\d+(?:[.,]\d+)*(?![\w]))"
    r"|(?P<BOUND>>=|<=|[<>\u2264\u2265](?=\s*-?\d))"
    r"|(?P<WITH>\bw/(?=[\s\w]))"
    r"|(?P<WORD>[^\W_](?:[\w'-]*[\w])?(?:/[^\W\d_]+)*(?:[+-]+(?=\s*[,)|]))?)"
    r"|(?P<BREAK>\n[ \t]*\n\s*|[!?;]+|\.(?=\s|$))"
    r"|(?P<LINE>\n[ \t]*)"
    r"|(?P<DASH>[ \t]+[-\u2013\u2014]{1,2}[ \t]+(?=[^\W\d_]))"
    r"|(?P<PUNCT>[,:(){}|&+=/])"
    r"|(?P<SIGN>[^\s])"
)

_OPENS_LINE = re.compile(r"[A-Z]|[^\W\d_][\w -]{0,40}:(?!\S)")
"""What begins a line that does not go on with the one above: a capital, or a name with a colon."""

_PUNCTUATION: Mapping[str, str] = {
    ",": "COMMA",
    "/": "COMMA",
    ":": "COLON",
    "=": "COLON",
    "(": "_LPAR",
    ")": "_RPAR",
    "{": "_LPAR",
    "}": "_RPAR",
    "|": "_PIPE",
    "&": "AND",
    "+": "AND",
}

_BOUNDS = {">=": "MIN", "\u2265": "MIN", "<=": "MAX", "\u2264": "MAX", ">": "ABOVE", "<": "BELOW"}

_MARKUP = frozenset("#*")
"""What Markdown puts around names and means nothing."""

_PLAIN = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
"""Typographic quotes as plain ones, character by character, so that spans stay true."""

_LONGEST_PHRASE = 8
_LONGEST_NAME = 4
_SPEAKING = frozenset(
    {"HAS", "HAS_MANY", "HAS_ONE", "BELONGS", "MAY_BELONG", "CAN", "ONLY", "MANY_TO_MANY"}
)
_VERB_REACH = 40


def sentences(prompt: str) -> list[list[Token]]:
    """Return the sentences of a prompt as raw tokens: words, numbers, quotes, punctuation."""
    return joined([_line(bullet, tokens) for bullet, tokens in _lines(prompt)])


def _lines(prompt: str) -> list[tuple[Token | None, list[Token]]]:
    """Cut a prompt at its breaks and bullets."""
    lines: list[tuple[Token | None, list[Token]]] = [(None, [])]
    for token in _with_owners(list(_raw(prompt))):
        if token.type == "BULLET":
            lines.append((token, []))
        elif token.type == "BREAK":
            lines.append((None, []))
        else:
            lines[-1][1].append(token)
    return [(bullet, tokens) for bullet, tokens in lines if tokens]


def _line(bullet: Token | None, tokens: list[Token]) -> Line:
    kinds = [token.type for token in classified(tokens)]
    named = kinds[:-1] if kinds[-1] == "COLON" else kinds
    words = " ".join(token.value.lower() for token in tokens if token.type == "WORD")
    return Line(
        bullet=bullet,
        tokens=tuple(tokens),
        speaks=bool(_SPEAKING & set(kinds)),
        names=0 < len(named) <= _LONGEST_NAME and set(named) <= {"WORD", "QUOTED"},
        heading=words in lexicon().headings and len(tokens) - len(named) <= len(words.split()),
    )


def _with_owners(tokens: list[Token]) -> list[Token]:
    """Read `Post.title` as `Post's title`, and `posts.Users` as the end of a sentence."""
    found: list[Token] = []
    for position, token in enumerate(tokens):
        if not (token.type == "SIGN" and token.value == "." and _joins(tokens, position)):
            found.append(token)
        elif tokens[position + 1].value[0].isupper():
            found.append(_like(token, "BREAK"))
        else:
            owner = found.pop()
            found.append(
                Token("WORD", f"{owner}'s", start_pos=owner.start_pos, end_pos=owner.end_pos)
            )
    return found


def _joins(tokens: list[Token], position: int) -> bool:
    """Tell whether a dot stands right between two words."""
    if not 0 < position < len(tokens) - 1:
        return False
    before, dot, after = tokens[position - 1 : position + 2]
    near = before.end_pos == dot.start_pos and dot.end_pos == after.start_pos
    return near and before.type == after.type == "WORD"


def classified(sentence: Sequence[Token], *, changes: bool = False) -> list[Token]:
    """Return a sentence with its words as terminals of the grammar; longer phrases win.

    Args:
        sentence: Its raw tokens.
        changes: Whether verbs such as `remove` open a change of a project that is there.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(sentence):
        kind, length = _match(sentence, position, tokens, changes=changes)
        tokens.append(_joined(sentence[position : position + length], kind))
        position += length
    return tokens


def _raw(prompt: str) -> Iterator[Token]:
    items = item_lines(prompt)
    for match in _RAW.finditer(prompt.translate(_PLAIN)):
        kind = match.lastgroup or "SIGN"
        if kind == "PUNCT":
            kind = _PUNCTUATION[match.group()]
        elif kind == "BOUND":
            kind = _BOUNDS[match.group()]
        elif kind == "DASH":
            kind = "COLON"
        elif match.group() in _MARKUP:
            continue
        elif kind == "LINE":
            kind = "BULLET" if match.start() in items else "BREAK"
            if kind == "BREAK" and not _OPENS_LINE.match(prompt, match.end()):
                continue
        yield Token(kind, match.group(), start_pos=match.start(), end_pos=match.end())


def _match(
    sentence: Sequence[Token], position: int, before: Sequence[Token], *, changes: bool
) -> tuple[str, int]:
    if sentence[position].type not in {"WORD", "AND"}:
        return sentence[position].type, 1
    words = _words(sentence, position)
    book = lexicon()
    tables = [book.phrases]
    opens = all(token.type in {"COMMAND", "FILLER", "COMMA"} for token in before)
    if changes and (opens or before[-1].type in {"COMMA", "AND", "FILLER", "WHERE", "COLON"}):
        tables.insert(0, book.changes)
    elif opens:
        tables.insert(0, book.commands)
    elif _verb_expected(before):
        tables.insert(0, book.verbs)
    matches = [_longest(table, words) for table in tables]
    kind, length = max(matches, key=lambda match: match[1])
    return kind, max(length, 1)


def _verb_expected(before: Sequence[Token]) -> bool:
    """A verb follows `can` and `only`, and continues a list of verbs or of what is done."""
    last = next((token.type for token in reversed(before) if token.type != "FILLER"), "")
    if last in {"CAN", "ONLY"}:
        return True
    recent = before[-_VERB_REACH:]
    return last in {"AND", "OR", "COMMA"} and any(t.type.startswith("VERB") for t in recent)


def _words(sentence: Sequence[Token], position: int) -> tuple[str, ...]:
    words: list[str] = []
    for token in sentence[position : position + _LONGEST_PHRASE]:
        if token.type not in {"WORD", "AND", "NUMBER"}:
            break
        words.append(token.value.lower())
    return tuple(words)


def _longest(
    table: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]], words: tuple[str, ...]
) -> tuple[str, int]:
    for phrase, kind in table.get(words[0], ()):
        if words[: len(phrase)] == phrase:
            return kind, len(phrase)
    return "WORD", 0


def _joined(tokens: Sequence[Token], kind: str) -> Token:
    text = " ".join(token.value for token in tokens)
    return Token(kind, text, start_pos=tokens[0].start_pos, end_pos=tokens[-1].end_pos)


def _like(token: Token, kind: str) -> Token:
    return Token(kind, token.value, start_pos=token.start_pos, end_pos=token.end_pos)
