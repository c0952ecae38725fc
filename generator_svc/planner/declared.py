"""Which nouns of a prompt are entities, whoever says so: read before anything is planned."""

from collections.abc import Collection, Iterable, Sequence

from generator_svc.planner.field_types import is_known_name
from generator_svc.planner.fields import lists_fields
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural
from generator_svc.planner.reading import (
    MOST_WORDS,
    describes,
    may_be_entities,
    names_a_thing,
    without_state,
)
from generator_svc.planner.syntax import Item, Phrase, Statement

_BOTH_ENDS = frozenset({"belongs", "may_belong", "linked", "linked_to", "can_link"})
_PROJECTS = frozenset({"PROJECT", "DOMAIN"})
_TELLING = frozenset(
    {"described", "has_many", "has_one", "belongs", "can_write", "can_link", "entities"}
)
"""The statements that tell of entities; what follows them is for no project."""

_LISTING = frozenset({"described", "entities", "purpose", "fragment"})
_SUBJECTS = frozenset({"described", "has_many", "has_one", "belongs", "may_belong"})


def declared_entities(statements: Sequence[Statement]) -> frozenset[str]:
    """Return the keys of the entities that statements name."""
    nouns: set[str] = set()
    projects = _purposes(statements)
    for statement in statements[1:]:
        nouns |= _declared_by(statement, projects)
    for statement in statements[:1]:
        nouns |= _declared_first(statement, nouns)
    return frozenset(nouns)


def _purposes(statements: Sequence[Statement]) -> set[str]:
    """`an API for a gym`: what an API is for is no entity of it."""
    for statement in statements:
        if statement.kind in _TELLING:
            break
        subject = statement.subject
        tells = subject is None or names_a_thing(subject)
        if statement.kind == "purpose" and len(statement.items) == 1 and tells:
            phrase = statement.items[0].phrase
            if phrase is not None and phrase.determiners and not is_plural(phrase.text):
                return {phrase.singular}
    return set()


def _declared_first(statement: Statement, others: set[str]) -> set[str]:
    """`a zoo with animals and keepers`: what opens a prompt may be the project."""
    subject = statement.subject
    free = statement.kind == "described" and "HAS" not in statement.marks
    if free and subject is not None and subject.singular not in others:
        if not may_be_entities(subject, statement.items):
            return _declared_by(statement)
        return _keys(item.phrase for item in statement.items)
    return _declared_by(statement)


def _declared_by(statement: Statement, projects: Collection[str] = ()) -> set[str]:
    items = [item.phrase for item in statement.items]
    plurals = [item for item in items if item is not None and is_plural(item.text)]
    subject = [statement.subject]
    plain = [
        each
        for each in subject
        if each is not None
        and (not _is_project(each) or describes(statement))
        and each.singular not in projects
    ]
    found: Sequence[Phrase | None] = ()
    if statement.kind in _BOTH_ENDS:
        found = [*subject, *statement.others, *items]
    elif statement.kind == "entities":
        found = items
    elif statement.kind in {"can_write", "can_read"}:
        found = [*subject, *plurals]
    elif statement.kind == "has_many":
        found = [*plain, *plurals]
    elif statement.kind == "has_one":
        others = [*statement.items[:1], *(each for each in statement.items if _is_one(each))]
        found = [*plain, *(item.phrase for item in others if _is_other(item))]
    elif statement.kind == "described":
        found = plain or (items if statement.subject is not None else ())
    elif statement.kind == "fragment":
        found = [item.phrase for item in statement.items if _is_group(item)]
    elif statement.kind in {"purpose", "only_roles", "only_own"}:
        found = plurals
    described = [item.phrase for item in statement.items if lists_fields(item)]
    return _keys([*found, *described])


def _is_one(item: Item) -> bool:
    return item.phrase is not None and "one" in item.phrase.determiners


def _is_other(item: Item) -> bool:
    """Tell the driver of `a trip has one driver` from the price that it has one of."""
    phrase = item.phrase
    if phrase is None or item.qualifiers or item.many or is_plural(phrase.text):
        return False
    return not is_known_name(phrase.key) and phrase.text.lower() not in lexicon().choices


def _is_group(item: Item) -> bool:
    return any(each.kind == "group" for each in item.qualifiers)


def _is_project(phrase: Phrase) -> bool:
    return bool(_PROJECTS & {word.kind for word in phrase.words})


def _keys(phrases: Iterable[Phrase | None]) -> set[str]:
    return {
        without_state(phrase).singular
        for phrase in phrases
        if phrase is not None and len(phrase.words) <= MOST_WORDS and names_a_thing(phrase)
    }


def short_names(statements: Sequence[Statement]) -> dict[str, str]:
    """Return the keys that are short for another: the `lines` of `invoices, invoice lines`.

    A short name is only ever spoken of, never listed, and ends the name of one listed entity.
    """
    listed = {
        item.phrase.singular
        for statement in statements
        if statement.kind in _LISTING
        for item in statement.items
        if item.phrase is not None
        and not item.qualifiers
        and is_plural(item.phrase.text)
        and names_a_thing(item.phrase)
    }
    spoken = {
        statement.subject.singular
        for statement in statements
        if statement.subject is not None and statement.kind in _SUBJECTS
    }
    found: dict[str, str] = {}
    for short in spoken - listed:
        long = [key for key in listed if key.endswith(f"_{short}")]
        if len(long) == 1:
            found[short] = long[0]
    return found
