"""What is known while statements are read, and what every reader of them needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from generator_svc.planner.draft import Draft, DraftEntity, Origin
from generator_svc.planner.field_types import is_known_name, is_person
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.request import Span
from generator_svc.planner.syntax import Item, Phrase, Qualifier, Statement, Word

MOST_WORDS = 4
"""Words of the name of an entity or a project; what is longer is none."""


@dataclass(slots=True, kw_only=True)
class Reading:
    """A draft and the prompt it is read from."""

    draft: Draft
    prompt: str
    declared: frozenset[str]
    """The keys of the entities that the prompt names anywhere."""

    short: Mapping[str, str] = field(default_factory=dict)
    """The keys that are short for another."""

    last: DraftEntity | None = None
    """The entity that was spoken of last, which `the title is unique` is about."""

    written: list[DraftEntity] = field(default_factory=list)
    """What the statement before lets somebody write, which `for a pet` may say more about."""

    used: list[Word] = field(default_factory=list)
    """The features that the statement before asks for, which `for posts` may say more about."""

    restricted: set[tuple[str, str]] = field(default_factory=set)
    """The entities and actions of which the prompt says who alone may do them."""

    about: Mapping[str, DraftEntity] = field(default_factory=dict)
    """What the statement before tied to what: the reviews of `reviews for books with a rating`."""

    heard: set[int] = field(default_factory=set)
    """The qualifiers that were understood, by identity: two items may say the same."""

    unclear: list[Span] = field(default_factory=list)
    """What was parsed and still says nothing."""

    def entity(self, phrase: Phrase, rule: str, *, follow: bool = True) -> DraftEntity:
        """Return the entity that a phrase names, planning it if need be."""
        if phrase.text.lower() == "them" and self.last is not None:
            return self.last
        phrase = without_state(phrase)
        name = self.short.get(phrase.singular, phrase.text)
        entity = self.draft.entity(name, Origin(rule=rule, span=self.span(phrase.words)))
        if follow:
            self.last = entity
        return entity

    def target(self, entity: DraftEntity, phrase: Phrase) -> str | None:
        """Return the key of the entity that a noun names: `author`, `shipping address`."""
        whole = self.short.get(phrase.singular, phrase.singular)
        if whole in self.declared:
            return whole
        if whole.removesuffix("_id") in self.declared:
            return whole.removesuffix("_id")
        last = singular(phrase.words[-1].text)
        own = last == singular(entity.name)
        known = is_known_name(phrase.key) and not own
        if last in self.declared and len(phrase.words) > 1 and not known:
            return last
        person = is_person(whole) and "user" in self.declared
        return "user" if person and entity.name != "User" else None

    def known_or_new(self, entity: DraftEntity, phrase: Phrase) -> str:
        """Return the key of the entity that a noun names, planning it if need be."""
        target = self.target(entity, phrase)
        if target is not None and target in self.draft.entities:
            return target
        return singular(self.entity(phrase, "entity_in_relation", follow=False).name)

    def owner_of(self, phrase: Phrase) -> Phrase | None:
        """Return the entity that a phrase says it belongs to: `the status of a post`."""
        owner = phrase.owner
        return owner if owner is not None and owner.singular in self.declared else None

    def skip(self, phrases: Iterable[Phrase | None]) -> None:
        """Set phrases aside as not understood."""
        self.unclear += [self.span(phrase.words) for phrase in phrases if phrase is not None]

    def hear(self, qualifiers: Iterable[Qualifier]) -> None:
        """Note that what is said of an item is understood."""
        self.heard |= {id(each) for each in qualifiers}

    def skip_unheard(self, item: Item) -> None:
        """Set aside what was said of an item and nobody has understood: `posts up to 9 pages`."""
        said = [each for each in item.qualifiers if each.kind != "group"]
        unheard = [each for each in said if id(each) not in self.heard]
        self.unclear += [self.between(each.start, each.end) for each in unheard if each.end]
        if all(each.end for each in unheard):
            return
        words = item.asked if item.phrase is None else item.phrase.words
        entries = [entry for each in item.qualifiers for entry in each.entries]
        told = max([word.end for word in words] + [entry.end for entry in entries])
        rest = self.prompt[told : item.end].lstrip(" ,)")
        self.unclear.append(self.between(item.end - len(rest), item.end))

    def skip_words(self, words: Iterable[Word]) -> None:
        """Set words aside as not understood."""
        self.unclear += [self.span([word]) for word in words]

    def span(self, words: Iterable[Word]) -> Span:
        """Return where some words stand."""
        found = list(words)
        return self.between(min(word.start for word in found), max(word.end for word in found))

    def between(self, start: int, end: int) -> Span:
        """Return a run of the prompt's characters."""
        return Span(start=start, end=end, text=self.prompt[start:end])


def without_state(phrase: Phrase) -> Phrase:
    """Return the tasks of `completed tasks`."""
    first, *others = phrase.words
    plain = first.kind == "WORD" and first.text.lower() in lexicon().states
    return replace(phrase, words=tuple(others)) if plain and others else phrase


def names_a_thing(phrase: Phrase) -> bool:
    """Tell `sales orders` from `candidates apply`, an unknown verb, and from `the highest bid`.

    `a school employs teachers` has its verb in the middle: what looks like a plural there.
    """
    words = [word.text.lower() for word in phrase.words]
    if len(words) == 1 or any(word.kind == "OF" for word in phrase.words):
        return True
    verbal = any(is_plural(word) and word not in lexicon().compounds for word in words[:-1])
    picks = words[0] in lexicon().superlatives
    return not (verbal or picks or words[0] in lexicon().only_verbs or says_more(phrase))


def says_more(phrase: Phrase) -> bool:
    """Tell the end of `donors with an email make donations`, which is no member of anything."""
    words = [word.text.lower() for word in phrase.words]
    verb = len(words) > 2 and words[1] in lexicon().verbs  # noqa: PLR2004 - and an object
    return verb and is_known_name(words[0]) and is_plural(words[-1])


def describes(statement: Statement) -> bool:
    """Tell the fields of `a booking has a check-in date` from what `a shop has`: `a cart`."""
    if "HAS" not in statement.marks:
        return False
    named = [item.phrase for item in statement.items if item.phrase is not None]
    single = [each for each in named if each.determiners and not is_plural(each.text)]
    return any(is_known_name(each.key) for each in single)


def may_be_entities(subject: Phrase, items: Sequence[Item]) -> bool:
    """Tell whether a list looks like things to store: bare plurals, of which one names no field."""
    bare = all(_is_bare_plural(item) for item in items)
    names = [item.phrase.key for item in items if item.phrase is not None]
    telling = any(not is_known_name(name) for name in names)
    return bare and telling and not is_plural(subject.text)


def _is_bare_plural(item: Item) -> bool:
    if item.phrase is None:
        return True
    plain = not any(each.kind != "group" for each in item.qualifiers)
    short = not item.phrase.determiners and len(item.phrase.words) <= MOST_WORDS
    return plain and short and is_plural(item.phrase.text)
