"""Finds what a change is about: the entity or the one member that a phrase names."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from generator_svc.domain.naming import snake_case
from generator_svc.domain.patch import Rename
from generator_svc.planner.draft import DraftEntity
from generator_svc.planner.field_types import type_word
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.reading import Reading
from generator_svc.planner.request import Span
from generator_svc.planner.syntax import Phrase, Qualifier, Word

_ASPECTS = frozenset({"type", "kind", "length", "size", "name", "format"})


PRONOUNS = frozenset({"it", "them"})
"""What stands for what was spoken of last."""


@dataclass(slots=True, kw_only=True)
class Changes:
    """The changes read so far; what is added and altered stands in the reading's draft."""

    reading: Reading
    drop: list[str] = field(default_factory=list)
    rename: list[Rename] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    """The added members that the prompt itself calls required: `Post.slug`."""

    last: str | None = None
    """The member that was spoken of last, which `make it unique` is about."""

    faults: list[tuple[str, str, Span]] = field(default_factory=list)
    """What cannot be done: the rule, the message, the words."""

    def tell(self, rule: str, message: str, phrase: Phrase) -> None:
        """Record what cannot be done."""
        self.faults.append((rule, message, self.reading.span(phrase.words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A name, and what its last word says it is: `field`, `link`, `entity` or nothing."""

    phrase: Phrase
    kind: str
    typed: tuple[Qualifier, ...] = ()
    """The type before it: the `boolean` of `a boolean field active`."""


def noun_of(phrase: Phrase) -> Noun:
    """Tell a name from the word behind it that says what it is: `the address field`."""
    nouns = lexicon().nouns
    words = phrase.words
    kind = nouns.get(words[-1].text.lower(), "") if len(words) > 1 else ""
    if kind:
        return Noun(phrase=replace(phrase, words=words[:-1]), kind=kind)
    if len(words) > 2 and nouns.get(words[1].text.lower()) == "field":  # noqa: PLR2004 - type, field, name
        typed = type_word(words[0].text)
        if typed is not None or words[0].text.lower() in _ENUMS:
            said = () if typed is None else (Qualifier(kind="type", values=(words[0].text,)),)
            rest = Phrase(words=_named(words[1:]))
            return Noun(phrase=rest, kind="field", typed=said)
    named = _named(words)
    if named is not words:
        return Noun(phrase=replace(phrase, words=named), kind=nouns[words[0].text.lower()])
    return Noun(phrase=phrase, kind="")


_ENUMS = frozenset({"enum", "choice", "select"})


def _named(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """Return the name in `the entity Book` and in `a field called nickname`, else the words."""
    kind = lexicon().nouns.get(words[0].text.lower(), "")
    if not kind or len(words) == 1:
        return words
    called = words[1].text.lower() in {"called", "named"} and len(words) > 2  # noqa: PLR2004 - a name follows
    name = words[2:] if called else words[1:]
    sure = called or kind != "entity" or name[0].text[:1].isupper() or name[0].kind == "QUOTED"
    return name if sure else words


def place_of(changes: Changes, phrase: Phrase) -> DraftEntity | None:
    """Return the entity that a change belongs to; tell if there is none."""
    if phrase.text.lower() in PRONOUNS and changes.reading.last is not None:
        return changes.reading.last
    entity = changes.reading.draft.entities.get(noun_of(phrase).phrase.singular)
    entity = entity or changes.reading.draft.entities.get(phrase.singular)
    if entity is None:
        names = ", ".join(each.name for each in changes.reading.draft.entities.values())
        message = f"There is no entity {phrase.text!r}. There are {names}."
        changes.tell("UNKNOWN_TARGET", message, phrase)
    return entity


def target_of(changes: Changes, phrase: Phrase, places: tuple[Phrase, ...]) -> str | None:
    """Return what a phrase names: an entity, or the one member of that name."""
    if phrase.text.lower() in PRONOUNS and changes.last is not None and not places:
        return changes.last
    owner = changes.reading.owner_of(phrase)
    if owner is None and not places and (split := split_owner(changes, phrase)) is not None:
        return target_of(changes, split[1], (split[0],))
    noun = noun_of(phrase if owner is None else phrase.owned)
    places = (owner,) if owner is not None else places
    entities = [place_of(changes, each) for each in places]
    found = [each for each in entities if each is not None]
    if places and not found:
        return None
    draft = changes.reading.draft
    whole = draft.entities.get(noun.phrase.singular)
    if whole is not None and not places and noun.kind in {"", "entity"}:
        changes.reading.last = whole
        return whole.name
    named = _members(changes, noun.phrase, found or draft.entities.values())
    whose = _without_aspect(phrase) if not named else None
    if whose is not None:
        return target_of(changes, whose, places)
    return _only(changes, named, phrase, noun)


def split_owner(changes: Changes, phrase: Phrase) -> tuple[Phrase, Phrase] | None:
    """Return the customer and the name of `customer name`, unless that is one name itself."""
    entities = changes.reading.draft.entities
    if phrase.singular in entities or _members(changes, phrase, entities.values()):
        return None
    for count in range(len(phrase.words) - 1, 0, -1):
        owner = replace(phrase, words=phrase.words[:count])
        member = replace(phrase, words=phrase.words[count:])
        if owner.singular in entities and member.text.lower() not in lexicon().nouns:
            return owner, member
    return None


def _without_aspect(phrase: Phrase) -> Phrase | None:
    """Return the title of `the length of the title` and of `the title length`."""
    words = phrase.words
    if len(words) > 1 and words[-1].text.lower() in _ASPECTS:
        return replace(phrase, words=words[:-1])
    of_key = len(words) > 2 and words[1].kind == "OF"  # noqa: PLR2004 - `type of x`
    told = of_key and words[0].text.lower() in _ASPECTS
    return replace(phrase, words=words[2:]) if told else None


def _only(changes: Changes, named: list[str], phrase: Phrase, noun: Noun) -> str | None:
    """Return the one member that a phrase names, or tell that there is none, or more."""
    draft = changes.reading.draft
    if len(named) == 1:
        owner_name = named[0].partition(".")[0]
        changes.reading.last = next(e for e in draft.entities.values() if e.name == owner_name)
        changes.last = named[0]
        return named[0]
    if named:
        message = f"There are {', '.join(named)}. Say of which: {phrase.text} of …."
        changes.tell("AMBIGUOUS", message, phrase)
    else:
        names = ", ".join(each.name for each in draft.entities.values())
        message = f"There is no {phrase.text!r} in {names}.{_hint(changes, noun.phrase)}"
        changes.tell("UNKNOWN_TARGET", message, phrase)
    return None


def _members(changes: Changes, phrase: Phrase, entities: Iterable[DraftEntity]) -> list[str]:
    wanted = {phrase.key, phrase.singular, snake_case(phrase.wire_name)}
    found: list[str] = []
    for entity in entities:
        links = [
            each.relation.name
            for each in changes.reading.draft.relations
            if changes.reading.draft.entities.get(each.owner) is entity
        ]
        names = [*entity.fields, *links]
        exact = [name for name in names if snake_case(name) == phrase.key]
        found += [
            f"{entity.name}.{name}"
            for name in exact or [name for name in names if snake_case(name) in wanted]
        ]
    return found


def only_entity(changes: Changes, noun: Noun) -> list[DraftEntity]:
    """Return the entity that is meant where none is said: the only one, or the last one."""
    entities = list(changes.reading.draft.entities.values())
    if len(entities) == 1 and noun.kind != "entity":
        return entities
    return [changes.reading.last] if changes.reading.last is not None else []


def tell_where(changes: Changes, phrase: Phrase) -> None:
    """Tell that a change does not say which entity it belongs to."""
    names = ", ".join(each.name for each in changes.reading.draft.entities.values())
    message = f"Say to what: add {phrase.text} to one of {names}."
    changes.tell("AMBIGUOUS", message, phrase)


def _hint(changes: Changes, phrase: Phrase) -> str:
    """Return the member that may be meant, or what to do."""
    known = [name for entity in changes.reading.draft.entities.values() for name in entity.fields]
    close = [name for name in known if phrase.key.startswith(f"{name}_")]
    close += get_close_matches(phrase.key, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else " Say the name it has there."
