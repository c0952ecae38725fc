"""Turns the trees of english.lark into the values of syntax.py."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from lark import Token, Transformer, v_args
from lark.tree import Meta

from generator_svc.planner.field_types import type_word
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural
from generator_svc.planner.syntax import Item, Phrase, Qualifier, Statement, Word
from generator_svc.planner.terminals import LINKS

_OURS = frozenset({"our", "my"})


def word_of(token: Token) -> Word:
    """Return a token as a value."""
    return Word(
        kind=token.type,
        text=str(token.value),
        start=token.start_pos or 0,
        end=token.end_pos or 0,
    )


class _Trees(Transformer[Token, Any]):
    """Turns parse trees into the values of syntax.py."""

    def words(self, children: list[Any]) -> tuple[Word, ...]:
        """The words of a phrase, with the OF between them."""
        return tuple(
            word_of(child) if isinstance(child, Token) else child
            for child in children
            if not isinstance(child, Token) or child.type != "DET"
        )

    def word(self, children: list[Token]) -> Word:
        """One word."""
        return word_of(children[0])

    def phrase(self, children: list[Any]) -> Phrase:
        """Determiners and words."""
        determiners = tuple(str(each).lower() for each in children if isinstance(each, Token))
        words = _gathered(children[-1])
        if _OURS & set(determiners) and words[0].text.endswith("'s") and len(words) > 1:
            words = words[1:]  # `our company's vehicles`
        return Phrase(words=words, determiners=determiners)

    def subject(self, children: list[Phrase]) -> Phrase:
        """What a clause is about."""
        return children[0]

    def features(self, children: list[Token]) -> tuple[Word, ...]:
        """What is asked for."""
        return tuple(word_of(child) for child in children if child.type != "PROJECT")

    def value(self, children: list[Token]) -> str:
        """The words of a value."""
        return " ".join(str(child).strip("\"'`") for child in children)

    def flag(self, children: list[Token]) -> Qualifier:
        """A flag, or the bound that a word stands for."""
        kind, word = children[0].type, word_of(children[0])
        if kind in {"POSITIVE", "NON_NEGATIVE"}:
            bound = "above" if kind == "POSITIVE" else "min"
            return Qualifier(kind=bound, values=("0",), start=word.start, end=word.end)
        return Qualifier(kind="flag", values=(kind.lower(),), start=word.start, end=word.end)

    def at_most(self, children: list[Token]) -> tuple[Qualifier, ...]:
        """An upper bound."""
        return (Qualifier(kind="max", values=_number(children)),)

    def at_least(self, children: list[Token]) -> tuple[Qualifier, ...]:
        """A lower bound."""
        return (Qualifier(kind="min", values=_number(children)),)

    def above(self, children: list[Token]) -> tuple[Qualifier, ...]:
        """A lower bound that is not reached."""
        return (Qualifier(kind="above", values=_number(children)),)

    def below(self, children: list[Token]) -> tuple[Qualifier, ...]:
        """An upper bound that is not reached."""
        return (Qualifier(kind="below", values=_number(children)),)

    def exactly(self, children: list[Token]) -> tuple[Qualifier, ...]:
        """One number as both bounds."""
        return tuple(Qualifier(kind=kind, values=_number(children)) for kind in ("min", "max"))

    def between(self, children: list[Token]) -> tuple[Qualifier, ...]:
        """Two bounds."""
        low, high = (each for each in children if each.type == "NUMBER")
        unit = [each for each in children if each.type == "UNIT"]
        return (
            Qualifier(kind="min", values=_number([low, *unit])),
            Qualifier(kind="max", values=_number([high, *unit])),
        )

    def flagged(self, children: list[Any]) -> tuple[Qualifier, ...]:
        """A flag after its item."""
        return (children[-1],)

    def measured(self, children: list[Any]) -> tuple[Qualifier, ...]:
        """Bounds after their item."""
        qualifiers: tuple[Qualifier, ...] = children[-1]
        return qualifiers

    def defaulting(self, children: list[Any]) -> tuple[Qualifier, ...]:
        """A default."""
        return (Qualifier(kind="default", values=(children[-1],)),)

    def one_of(self, children: list[Any]) -> tuple[Qualifier, ...]:
        """The values of an enum."""
        return (Qualifier(kind="values", values=_texts(children)),)

    def typed(self, children: list[Any]) -> tuple[Qualifier, ...]:
        """A type, or the values of an enum written with bars."""
        values = _texts(children)
        if type_word("/".join(values)) is not None:  # `true/false`
            values = ("/".join(values),)
        return (Qualifier(kind="values" if len(values) > 1 else "type", values=values),)

    def in_unit(self, children: list[Token]) -> tuple[Qualifier, ...]:
        """The unit that a number counts."""
        return (Qualifier(kind="unit", values=(str(children[0]),)),)

    def group(self, children: list[Any]) -> tuple[Qualifier, ...]:
        """What stands in parentheses."""
        return (Qualifier(kind="group", entries=tuple(children)),)

    def entry(self, children: list[Item]) -> Item:
        """An item in parentheses."""
        return children[0]

    def bare(self, children: list[Any]) -> Item:
        """Qualifiers alone in parentheses."""
        return Item(qualifiers=_qualifiers(children))

    def entry_number(self, children: list[Token]) -> Item:
        """A number alone in parentheses: a length."""
        return Item(qualifiers=(Qualifier(kind="max", values=_number(children)),))

    def entry_link(self, children: list[Token]) -> Item:
        """The kind of a link in parentheses."""
        return Item(qualifiers=(Qualifier(kind="link", values=(children[0].type,)),))

    def qualifier(self, children: list[Any]) -> tuple[Qualifier, ...]:
        """A group or a choice after its item."""
        qualifiers: tuple[Qualifier, ...] = children[-1]
        return qualifiers

    @v_args(meta=True)
    def named(self, meta: Meta, children: list[Any]) -> Item:
        """An item with a name."""
        phrase = next((each for each in children if isinstance(each, Phrase)), None)
        if phrase is None:
            words = next(
                each for each in children if isinstance(each, tuple) and isinstance(each[0], Word)
            )
            phrase = Phrase(words=words)
        many = any(isinstance(each, Token) and each.type == "MANY" for each in children)
        return Item(
            phrase=phrase,
            many=many,
            qualifiers=_qualifiers(children),
            start=meta.start_pos,
            end=meta.end_pos,
        )

    @v_args(meta=True)
    def featured(self, meta: Meta, children: list[Any]) -> Item:
        """An item that asks for a feature."""
        asked = next(
            each for each in children if isinstance(each, tuple) and isinstance(each[0], Word)
        )
        return Item(
            asked=asked,
            qualifiers=_qualifiers(children),
            start=meta.start_pos,
            end=meta.end_pos,
        )

    @v_args(meta=True)
    def role_group(self, meta: Meta, children: list[Any]) -> Item:
        """Roles in parentheses."""
        qualifiers = _qualifiers(children[1:])
        return Item(roles=True, qualifiers=qualifiers, start=meta.start_pos, end=meta.end_pos)

    def role_named(self, children: list[Any]) -> Item:
        """The last of some roles, as in `admin and editor roles`."""
        words: tuple[Word, ...] = children[0]
        return Item(phrase=Phrase(words=words), roles=True, start=words[0].start, end=words[-1].end)

    def items(self, children: list[Item]) -> tuple[Item, ...]:
        """A list."""
        return tuple(children)

    def verb(self, children: list[Token]) -> Word:
        """What somebody can do."""
        return word_of(children[0])

    def verbs(self, children: list[Word]) -> tuple[Word, ...]:
        """What somebody can do, in a list."""
        return tuple(children)

    def subjects(self, children: list[Phrase]) -> "_Subjects":
        """What a change is about."""
        return _Subjects(children)

    def place(self, children: list[Any]) -> "_Places":
        """The entities that a change belongs to."""
        return _Places(each for each in children if isinstance(each, Phrase))

    def said(self, children: list[tuple[Qualifier, ...]]) -> tuple[Qualifier, ...]:
        """What a change says of its subjects."""
        return tuple(each for group in children for each in group)

    def bounded(self, children: list[Any]) -> Statement:
        """A new bound, as in `change the max length of title to 80`."""
        tokens = [each for each in children if isinstance(each, Token) and each.type != "DET"]
        kind = next(each.type.lower() for each in tokens if each.type in {"MAX", "MIN"})
        qualifier = Qualifier(kind=kind, values=_number(tokens))
        return replace(_gather("altered", children), qualifiers=(qualifier,))

    def defaulted(self, children: list[Any]) -> Statement:
        """A new default, as in `set the default of price to 0`."""
        qualifier = Qualifier(kind="default", values=(children[-1],))
        return replace(_gather("altered", children), qualifiers=(qualifier,))

    def flagged_on(self, children: list[Any]) -> Statement:
        """A flag, as in `add an index on email`."""
        return replace(_gather("altered", children), qualifiers=(_flag_of(children, on=True),))

    def flagged_off(self, children: list[Any]) -> Statement:
        """A flag that is taken away, as in `remove the unique constraint on email`."""
        return replace(_gather("altered", children), qualifiers=(_flag_of(children, on=False),))

    def added_listed(self, children: list[Any]) -> Statement:
        """Members after a colon, as in `add fields to posts: a subtitle, a slug`."""
        lists = [each for each in children if isinstance(each, tuple) and _holds(each, Item)]
        first, second = lists
        text = first[0].phrase.text.lower() if first[0].phrase is not None else ""
        labelled = len(first) == 1 and text in lexicon().nouns
        statement = _gather("added", children)
        return replace(statement, items=second if labelled else first + second)

    def goal_value(self, children: list[Any]) -> tuple[Qualifier, ...]:
        """What something changes to: a type, or values."""
        return (Qualifier(kind="type", values=(children[-1],)),)

    def goal_flags(self, children: list[Qualifier]) -> tuple[Qualifier, ...]:
        """What something changes to: flags."""
        return tuple(each for each in children if isinstance(each, Qualifier))

    def link(self, children: list[Token]) -> Token:
        """How many stand at either end."""
        return children[0]

    @v_args(meta=False)
    def __default__(self, data: Any, children: list[Any], meta: Any) -> Any:
        """Every alternative of `start` becomes a statement of its name; measures and tails pass."""
        if str(data) in {"qualifier", "measure", "tail"}:
            return children[0]
        return _gather(str(data), children)


class _Subjects(tuple[Phrase, ...]):
    """What a change is about, told from the other phrases of its statement."""

    __slots__ = ()


class _Places(tuple[Phrase, ...]):
    """Where a change belongs, told from the other phrases of its statement."""

    __slots__ = ()


TREES = _Trees()
"""Turns the trees of english.lark into statements."""


def _gather(kind: str, children: Sequence[Any]) -> Statement:
    phrases = [each for each in children if isinstance(each, Phrase)]
    phrases += [each for group in children if isinstance(group, _Subjects) for each in group]
    places = [each for group in children if isinstance(group, _Places) for each in group]
    items = [each for each in children if isinstance(each, tuple) and _holds(each, Item)]
    verbs = [each for each in children if isinstance(each, tuple) and _holds(each, Word)]
    tokens = [each for each in children if isinstance(each, Token)]
    single = tuple(word_of(token) for token in tokens if token.type.startswith("VERB"))
    marks = {token.type for token in tokens if token.type in LINKS | {"OTHER", "MAY_BELONG", "HAS"}}
    asked = verbs[0] if kind in {"can_use", "used", "featured_with"} and not items else ()
    return Statement(
        kind=kind,
        subject=phrases[0] if phrases else None,
        others=tuple(phrases[1:]),
        places=tuple(places),
        qualifiers=_qualifiers(children),
        items=(Item(asked=asked),) if asked else (items[0] if items else ()),
        verbs=single or (verbs[0] if verbs and not asked else _belonging(tokens)),
        marks=frozenset(marks),
    )


def _gathered(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return what a collective gathers: the tasks of a list of tasks."""
    gathers = len(words) > 2 and words[1].kind == "OF"  # noqa: PLR2004 - `list of tasks`
    if gathers and words[0].text.lower() in lexicon().collectives and is_plural(words[-1].text):
        return words[2:] if words[0].text.lower() != "number" else words
    return words


def _flag_of(children: Sequence[Any], *, on: bool) -> Qualifier:
    tokens = [each for each in children if isinstance(each, Token)]
    text = next(str(each) for each in tokens if each.type == "FLAG_ON")
    flag = "unique" if "unique" in text.lower() else "indexed"
    return Qualifier(kind="flag", values=(flag if on else f"not_{flag}",))


def _belonging(tokens: Sequence[Token]) -> tuple[Word, ...]:
    return tuple(word_of(token) for token in tokens if token.type in {"BELONGS", "MAY_BELONG"})


def _holds(values: tuple[Any, ...], kind: type) -> bool:
    return bool(values) and isinstance(values[0], kind)


def _qualifiers(children: Sequence[Any]) -> tuple[Qualifier, ...]:
    found: list[Qualifier] = []
    for child in children:
        if isinstance(child, Qualifier):
            found.append(child)
        elif isinstance(child, tuple) and _holds(child, Qualifier):
            found += child
    return tuple(found)


def _number(children: Sequence[Token]) -> tuple[str, ...]:
    number = next(str(each) for each in children if each.type == "NUMBER")
    return (number.replace(",", ""), *("unit" for each in children[:] if each.type == "UNIT"))[:2]


def _texts(children: Sequence[Any]) -> tuple[str, ...]:
    texts = [each for each in children if isinstance(each, str) and not isinstance(each, Token)]
    return tuple(texts[0].split("/") if len(texts) == 1 else texts)  # `status: open/closed`
