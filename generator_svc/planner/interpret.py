"""Says what statements mean for a draft: which nouns are projects, entities, members."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from generator_svc.domain.naming import plural
from generator_svc.planner.asked import (
    read_only_own,
    read_only_roles,
    read_roles,
    read_used,
    read_without,
    take_asked,
    take_roles,
    take_used_for,
)
from generator_svc.planner.catalogue import catalogue
from generator_svc.planner.draft import Origin
from generator_svc.planner.fields import entries_of
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.links import (
    one_has_many,
    read_belongs,
    read_can_link,
    read_can_read,
    read_can_write,
    read_has_one,
    read_linked,
    read_written_for,
)
from generator_svc.planner.members import constrain, take_described, take_members, take_status
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.reading import (
    MOST_WORDS,
    Reading,
    describes,
    may_be_entities,
    names_a_thing,
)
from generator_svc.planner.syntax import Item, Phrase, Statement, Word

_OPENINGS = frozenset({"", ".", "!", "?"})
_SOFTWARE = frozenset({"api", "app", "application", "backend", "system", "tool", "software"})
_PROJECTS = frozenset({"PROJECT", "DOMAIN"})


def interpret(reading: Reading, statement: Statement) -> None:
    """Read one statement into the draft."""
    if statement.kind != "purpose":
        reading.written = []
    if statement.subject is not None and statement.subject.text.lower() in lexicon().nobody:
        reading.unclear.append(reading.between(statement.start, statement.end))
        reading.hear(each for item in statement.items for each in item.qualifiers)
        return
    about, used = reading.about, reading.used
    _READERS[statement.kind](reading, statement)
    for item in statement.items:
        take_described(reading, item)
    if reading.used is used:
        reading.used = []
    if reading.about is about:
        reading.about = {}


def _described(reading: Reading, statement: Statement) -> None:
    subject = statement.subject
    items = [item.phrase for item in statement.items]
    if subject is not None and items and all(each and _is_software(each) for each in items):
        _name_project(reading, subject)  # `a hotel needs an API`
        return
    listed = () if "HAS" in statement.marks else statement.items
    if subject is not None and listed and subject.singular in reading.about:
        take_members(reading, reading.about[subject.singular], statement.items)
        return
    if subject is not None and not _is_kind(statement) and _is_project(reading, subject, listed):
        _name_project(reading, subject)
        _take_entities(reading, statement.items, strict=True)
    elif subject is not None:
        if len(subject.words) > MOST_WORDS or not names_a_thing(subject):
            reading.skip([subject, *(item.phrase for item in statement.items)])
            return
        entity = reading.entity(subject, "subject")
        take_members(reading, entity, statement.items, spoken=True)
    elif reading.last is not None:
        take_members(reading, reading.last, statement.items)
    else:
        _take_entities(reading, statement.items)


def _is_kind(statement: Statement) -> bool:
    """Tell `a booking has a date` from `a shop has a cart`: both nouns name domains, too."""
    subject = statement.subject
    named = subject is not None and not _names_project(subject)
    return named and describes(statement)


def _entities(reading: Reading, statement: Statement) -> None:
    if statement.subject is not None:
        _name_project(reading, statement.subject)
    _take_entities(reading, statement.items)


def _purpose(reading: Reading, statement: Statement) -> None:
    written, reading.written = reading.written, []
    if written and statement.subject is None:
        read_written_for(reading, statement, written)
        return
    if statement.subject is not None and not names_a_thing(statement.subject):
        reading.skip([statement.subject, *(item.phrase for item in statement.items)])
        return
    if statement.subject is None and take_used_for(reading, reading.used, statement.items):
        return
    if statement.subject is not None:
        _name_project(reading, statement.subject)
    phrase = statement.items[0].phrase if len(statement.items) == 1 else None
    if phrase is not None and (_is_project(reading, phrase, ()) or _is_single(phrase)):
        _name_project(reading, phrase)
    else:
        _take_entities(reading, statement.items, strict=True)


def _names_project(phrase: Phrase) -> bool:
    return any(word.kind == "PROJECT" for word in phrase.words)


def _is_software(phrase: Phrase) -> bool:
    """Tell the API that a hotel needs from the manager that a department has."""
    return phrase.words[-1].text.lower() in _SOFTWARE


def _is_single(phrase: Phrase) -> bool:
    """`an API for a zoo` names the project, `an API for animals` what it stores."""
    return bool(phrase.determiners) and not is_plural(phrase.text)


def _fragment(reading: Reading, statement: Statement) -> None:
    item = statement.items[0]
    phrase = item.phrase if len(statement.items) == 1 else None
    first = item.phrase
    if phrase is None and first is not None and _names_project(first):
        _name_project(reading, first)
        _take_entities(reading, statement.items[1:])
    elif phrase is None:
        _take_entities(reading, statement.items, strict=bool(reading.draft.entities))
    elif constrain(reading, item) or take_status(reading, item, phrase):
        return
    elif any(each.kind != "group" for each in item.qualifiers):
        reading.skip([phrase])
    elif _is_project(reading, phrase, ()) or _opens(reading, item, phrase):
        _name_project(reading, phrase)
    elif item.qualifiers or phrase.singular in reading.declared:
        _take_entities(reading, statement.items)
    else:
        reading.skip([phrase])


def _opens(reading: Reading, item: Item, phrase: Phrase) -> bool:
    """`a forum where users …`: a noun alone that opens a prompt is the project."""
    first = reading.draft.name is None and not reading.draft.entities and names_a_thing(phrase)
    return first and not item.qualifiers and phrase.singular not in reading.declared


def _has_many(reading: Reading, statement: Statement) -> None:
    subject = statement.subject
    if subject is not None and _is_project(reading, subject, statement.items):
        _described(reading, statement)
        return
    entity = reading.entity(subject, "subject") if subject is not None else reading.last
    for item in statement.items if entity is not None else ():
        if entity is not None and item.phrase is not None and _is_many(reading, item.phrase):
            one_has_many(reading, entity, item)
        elif entity is not None:
            take_members(reading, entity, [item])


def _is_many(reading: Reading, phrase: Phrase) -> bool:
    return phrase.singular in reading.declared or is_plural(phrase.text)


def _has_one(reading: Reading, statement: Statement) -> None:
    others = read_has_one(reading, statement)
    if others and reading.last is not None:
        take_members(reading, reading.last, others)


def _take_entities(reading: Reading, items: Iterable[Item], *, strict: bool = False) -> None:
    """Plan the entities of a list; a strict one takes only what looks like things to store."""
    seen: set[str] = set()
    for item in items:
        named = _asked_entity(reading, item)
        phrase = item.phrase or named
        if item.roles:
            take_roles(reading, [item])
        elif phrase is None:
            take_asked(reading, item, on=True)
        elif (
            len(phrase.words) > MOST_WORDS
            or not names_a_thing(phrase)
            or (strict and not _is_thing(reading, phrase))
        ):
            reading.skip([phrase])
        else:
            if phrase.singular in seen:
                reading.draft.clash(phrase.text, "the list", reading.span(phrase.words))
            seen.add(phrase.singular)
            entity = reading.entity(phrase, "entity_in_list")
            take_members(reading, entity, entries_of(item))
            reading.hear(each for each in item.qualifiers if each.kind == "group")


def _is_thing(reading: Reading, phrase: Phrase) -> bool:
    """Tell `orders`, `a cart` and `Order` from `live collaboration`."""
    named = phrase.singular in reading.declared or _is_capitalised(reading, phrase)
    countless = plural(phrase.text) == phrase.key
    return named or countless or bool(phrase.determiners) or is_plural(phrase.text)


def _is_capitalised(reading: Reading, phrase: Phrase) -> bool:
    """Tell a capital that makes a name from the one that opens a sentence."""
    before = reading.prompt[: phrase.words[0].start].rstrip()
    return phrase.words[0].text[:1].isupper() and before[-1:] not in _OPENINGS


def _asked_entity(reading: Reading, item: Item) -> Phrase | None:
    """`payments` are an entity where the prompt says what they are, or its domain does."""
    domain = reading.draft.domain
    book = catalogue(domain[0]) if domain is not None else None
    usual = {singular(each.name) for each in book.entities} if book is not None else set()
    named = [word for word in item.asked if singular(word.text) in reading.declared | usual]
    return Phrase(words=tuple(named)) if named and len(item.asked) == 1 else None


def _is_project(reading: Reading, phrase: Phrase, items: Sequence[Item]) -> bool:
    if phrase.singular in reading.declared:
        return False
    if _PROJECTS & {word.kind for word in phrase.words}:
        return True
    named = reading.draft.name is not None and reading.draft.name[0] == phrase.text
    first = reading.draft.name is None and not reading.draft.entities
    return named or (first and bool(items) and may_be_entities(phrase, items))


def _name_project(reading: Reading, phrase: Phrase) -> None:
    own = [word for word in phrase.words if word.kind != "PROJECT"]
    if len(own) > MOST_WORDS:
        reading.skip([phrase])
        return
    span = reading.span(phrase.words)
    domain = _domain_of(phrase.words)
    if domain is not None and reading.draft.domain is None:
        reading.draft.domain = (domain, Origin(rule="domain_noun", span=span))
    name = " ".join(word.text for word in own)
    if own and domain is None and is_plural(name) and len(own) < len(phrase.words):
        reading.draft.managed = (
            name,
            Origin(rule="entity_in_project_noun", span=reading.span(own)),
        )
    if name and reading.draft.name is None:
        reading.draft.name = (name, Origin(rule="project_noun", span=span))


def _domain_of(words: Iterable[Word]) -> str | None:
    domains = lexicon().domains
    return next((domains[word.text.lower()] for word in words if word.kind == "DOMAIN"), None)


_READERS: Mapping[str, Callable[[Reading, Statement], None]] = MappingProxyType(
    {
        "described": _described,
        "entities": _entities,
        "purpose": _purpose,
        "fragment": _fragment,
        "has_many": _has_many,
        "has_one": _has_one,
        "belongs": read_belongs,
        "may_belong": read_belongs,
        "linked": read_linked,
        "linked_to": read_linked,
        "can_link": read_can_link,
        "can_write": read_can_write,
        "can_read": read_can_read,
        "can_use": read_used,
        "used": read_used,
        "without": read_without,
        "roles": read_roles,
        "only_roles": read_only_roles,
        "only_own": read_only_own,
    }
)
