"""Reads what a change adds: `add a subtitle to posts`, `give users an address (street, city)`."""

from collections.abc import Iterable
from dataclasses import replace

from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import RelationKind
from generator_svc.planner.asked import take_asked
from generator_svc.planner.draft import ENTITY_OPTIONS, DraftEntity, Origin
from generator_svc.planner.field_types import is_known_name
from generator_svc.planner.fields import entries_of, lists_fields
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.links import one_has_many, to_one
from generator_svc.planner.members import paired, take_members
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.patch_targets import (
    Changes,
    Noun,
    noun_of,
    only_entity,
    place_of,
    split_owner,
    tell_where,
)
from generator_svc.planner.syntax import Item, Phrase, Statement


def added(changes: Changes, statement: Statement) -> None:
    """Read `add a subtitle to posts`."""
    places = [place_of(changes, phrase) for phrase in statement.places]
    for each in paired(statement.items):
        if each.phrase is None:
            add_asked(changes, each, places)
            continue
        item = replace(each, qualifiers=each.qualifiers + statement.qualifiers)
        whose, what = changes.reading.owner_of(each.phrase), each.phrase.owned
        if whose is None and not is_plural(each.phrase.text):
            whose, what = split_owner(changes, each.phrase) or (None, what)
        if whose is not None and not statement.places:
            owned = replace(item, phrase=what)
            added(changes, replace(statement, places=(whose,), items=(owned,), qualifiers=()))
            continue
        noun = noun_of(each.phrase)
        named = replace(item, phrase=noun.phrase, qualifiers=noun.typed + item.qualifiers)
        owners = [place for place in places if place is not None] or only_entity(changes, noun)
        if statement.places and not owners:
            return
        if noun.kind == "entity" or (not statement.places and _is_entity(changes, noun)):
            _add_entity(changes, named)
        elif not owners:
            tell_where(changes, noun.phrase)
        for owner in owners if noun.kind != "entity" and not _new(changes, statement, noun) else ():
            _add_member(changes, owner, named)


def _new(changes: Changes, statement: Statement, noun: Noun) -> bool:
    return not statement.places and _is_entity(changes, noun)


def add_asked(changes: Changes, item: Item, places: list[DraftEntity | None]) -> None:
    """Switch on what words ask for, for the whole project or for some entities."""
    for word in item.asked:
        feature = lexicon().features.get(word.text.lower(), "")
        owners = [place for place in places if place is not None]
        for owner in owners if feature in ENTITY_OPTIONS else ():
            owner.options[feature] = Origin(rule="entity_option", span=changes.reading.span([word]))
        if feature not in ENTITY_OPTIONS or not owners:
            take_asked(changes.reading, replace(item, asked=(word,)), on=True)


def _is_entity(changes: Changes, noun: Noun) -> bool:
    """Tell `comments` and `Review` from `phone number` where nothing else tells."""
    if not noun.kind and noun.phrase.singular in changes.reading.declared:
        return True
    capital = noun.phrase.words[0].text[:1].isupper()
    known = is_known_name(noun.phrase.key)
    return not noun.kind and (capital or (is_plural(noun.phrase.text) and not known))


def _add_entity(changes: Changes, item: Item) -> None:
    if item.phrase is None:
        return
    if item.phrase.singular in changes.reading.draft.entities:
        message = f"There is an entity {item.phrase.text!r} already. Say what to add to it."
        changes.tell("ALREADY_THERE", message, item.phrase)
        return
    entity = changes.reading.entity(item.phrase, "entity_added")
    take_members(changes.reading, entity, entries_of(item))


def _add_member(changes: Changes, owner: DraftEntity, item: Item) -> None:
    if item.phrase is None:
        return
    if item.phrase.text.lower() in lexicon().vague:
        message = "Say what it is called, such as: add a subtitle to posts."
        changes.tell("NOT_UNDERSTOOD", message, item.phrase)
        return
    links = changes.reading.draft.relations
    ends = {each.relation.name for each in links if each.owner == singular(owner.name)}
    taken = {snake_case(name) for name in owner.fields} | (ends if lists_fields(item) else set())
    if item.phrase.key in taken:
        message = f"{owner.name} has {item.phrase.text!r} already. Say what to change about it."
        changes.tell("ALREADY_THERE", message, item.phrase)
        return
    if any(flag == "required" for flag in _flags(item)):
        changes.required.add(f"{owner.name}.{item.phrase.wire_name}")
    known = is_known_name(item.phrase.key) or item.phrase.singular in changes.reading.declared
    if lists_fields(item):
        _add_described(changes, owner, item, item.phrase)
    elif is_plural(item.phrase.text) and not known and not item.qualifiers:
        one_has_many(changes.reading, owner, item)
    else:
        take_members(changes.reading, owner, [item])
    changes.reading.last = owner
    changes.last = f"{owner.name}.{item.phrase.wire_name}"


def _add_described(changes: Changes, owner: DraftEntity, item: Item, phrase: Phrase) -> None:
    """Read `add an address (street, city) to users`: an entity of its own, tied to its owner."""
    reading = changes.reading
    entity = reading.entity(phrase, "entity_added", follow=False)
    take_members(reading, entity, entries_of(item))
    if is_plural(phrase.text):
        one_has_many(reading, owner, item)
    else:
        kind = RelationKind.MANY_TO_ONE
        to_one(reading, owner, singular(entity.name), item, kind, required=False)
    reading.hear(each for each in item.qualifiers if each.kind == "group")


def _flags(item: Item) -> Iterable[str]:
    for qualifier in item.qualifiers:
        yield from qualifier.values if qualifier.kind == "flag" else ()
        for entry in qualifier.entries:
            yield from _flags(entry)


def added_with(changes: Changes, statement: Statement) -> None:
    """Read `add reviews with a rating`."""
    if statement.subject is None:
        return
    noun = noun_of(statement.subject)
    reading = changes.reading
    known = reading.draft.entities.get(noun.phrase.singular)
    if known is not None and noun.kind == "entity":
        changes.tell("ALREADY_THERE", f"There is an entity {known.name} already.", noun.phrase)
        return
    entity = known or reading.entity(noun.phrase, "entity_added")
    take_members(reading, entity, statement.items)


def given(changes: Changes, statement: Statement) -> None:
    """Read `give posts a subtitle`."""
    owner = place_of(changes, statement.subject) if statement.subject is not None else None
    for item in paired(statement.items) if owner is not None else ():
        if owner is not None and item.phrase is not None:
            _add_member(changes, owner, replace(item, phrase=noun_of(item.phrase).phrase))
