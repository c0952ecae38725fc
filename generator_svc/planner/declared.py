"""Which nouns of a prompt are entities, whoever says so: read before anything is planned."""

from collections.abc import Collection, Iterable, Sequence

from generator_svc.planner.nouns import is_plural
from generator_svc.planner.reading import MOST_WORDS, may_be_entities
from generator_svc.planner.syntax import Item, Phrase, Statement

_BOTH_ENDS = frozenset({"belongs", "may_belong", "linked", "linked_to", "can_link"})
_PROJECTS = frozenset({"PROJECT", "DOMAIN"})


def declared_entities(statements: Sequence[Statement]) -> frozenset[str]:
    """Return the keys of the entities that statements name."""
    nouns: set[str] = set()
    projects = {key for statement in statements for key in _purposes(statement)}
    for statement in statements[1:]:
        nouns |= _declared_by(statement, projects)
    for statement in statements[:1]:
        nouns |= _declared_first(statement, nouns)
    return frozenset(nouns)


def _purposes(statement: Statement) -> set[str]:
    """`an API for a gym`: what an API is for is no entity of it."""
    phrases = [item.phrase for item in statement.items]
    single = statement.kind == "purpose" and len(phrases) == 1
    return {
        phrase.singular
        for phrase in phrases
        if single and phrase is not None and phrase.determiners and not is_plural(phrase.text)
    }


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
        if each is not None and not _is_project(each) and each.singular not in projects
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
    elif statement.kind in {"has_one", "described"}:
        found = plain or (items if statement.subject is not None else ())
    elif statement.kind == "fragment":
        found = [item.phrase for item in statement.items if _is_group(item)]
    elif statement.kind in {"purpose", "only_roles", "only_own"}:
        found = plurals
    return _keys(found)


def _is_group(item: Item) -> bool:
    return any(each.kind == "group" for each in item.qualifiers)


def _is_project(phrase: Phrase) -> bool:
    return bool(_PROJECTS & {word.kind for word in phrase.words})


def _keys(phrases: Iterable[Phrase | None]) -> set[str]:
    return {
        phrase.singular
        for phrase in phrases
        if phrase is not None and len(phrase.words) <= MOST_WORDS
    }
