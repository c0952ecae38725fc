"""What a clause says, as values: the tree that english.lark gives, without the parser's types."""

from dataclasses import dataclass

from generator_svc.domain.naming import snake_case
from generator_svc.planner.nouns import singular


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One token that stayed: its terminal, its text and where it stands."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """A noun phrase, without its determiners."""

    words: tuple[Word, ...]
    determiners: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The words as they were written, possessives undone."""
        return " ".join(_bare(word) for word in self.words)

    @property
    def key(self) -> str:
        """The words in snake case, as they were written."""
        return snake_case(self.text)

    @property
    def wire_name(self) -> str:
        """The words as a field's name; letters beyond ASCII are kept as the user wrote them."""
        plain = self.text.isascii()
        return self.key if plain else "_".join(self.text.lower().replace("-", " ").split())

    @property
    def singular(self) -> str:
        """The words in snake case, the last one in the singular."""
        return singular(self.text)

    @property
    def owner(self) -> "Phrase | None":
        """Whose it is: `a post` in `a post's status` and in `the status of a post`."""
        for position, word in enumerate(self.words):
            if word.kind == "OF":
                return Phrase(words=self.words[position + 1 :])
            if word.text.lower().endswith(("'s", "s'")) and position + 1 < len(self.words):
                return Phrase(words=self.words[: position + 1])
        return None

    @property
    def owned(self) -> "Phrase":
        """What is left without its owner."""
        owner = self.owner
        if owner is None:
            return self
        kept = tuple(word for word in self.words if word not in owner.words and word.kind != "OF")
        return Phrase(words=kept, determiners=self.determiners)


@dataclass(frozen=True, slots=True, kw_only=True)
class Qualifier:
    """What is said about an item: a flag, a measure, a default, its values, its type."""

    kind: str
    """`flag`, `max`, `min`, `default`, `values`, `type`, `group` or `link`."""

    values: tuple[str, ...] = ()
    """The words of it."""

    entries: tuple["Item", ...] = ()
    """With `group`: what stands in the parentheses."""

    start: int = 0
    end: int = 0
    """Where a flag stands, which may be ahead of its item; 0 with everything else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One member of a list, or an entry in parentheses."""

    phrase: Phrase | None = None
    asked: tuple[Word, ...] = ()
    """The features and capabilities it asks for."""

    roles: bool = False
    many: bool = False
    qualifiers: tuple[Qualifier, ...] = ()
    start: int = 0
    end: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What one clause says."""

    kind: str
    """The rule of the grammar that it matched."""

    subject: Phrase | None = None
    others: tuple[Phrase, ...] = ()
    """Further subjects: the other end of a link, further roles."""

    items: tuple[Item, ...] = ()
    places: tuple[Phrase, ...] = ()
    """The entities that a change belongs to."""

    qualifiers: tuple[Qualifier, ...] = ()
    """What a change says of its subjects."""

    verbs: tuple[Word, ...] = ()
    marks: frozenset[str] = frozenset()
    """The terminals that decide its meaning: OTHER, OPTIONAL, the link's kind."""

    start: int = 0
    end: int = 0


def _bare(word: Word) -> str:
    return word.text.strip("\"'`").removesuffix("'s").removesuffix("'")
