"""Reads changes: `remove the address field`, `rename title to headline`, `make it unique`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from generator_svc.domain.patch import Rename
from generator_svc.domain.spec import RelationKind
from generator_svc.planner.asked import take_asked
from generator_svc.planner.draft import ENTITY_OPTIONS, DraftEntity
from generator_svc.planner.fields import UnclearError, apply
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.links import to_one
from generator_svc.planner.nouns import singular
from generator_svc.planner.patch_adds import add_asked, added, added_with, given
from generator_svc.planner.patch_targets import (
    PRONOUNS,
    Changes,
    noun_of,
    place_of,
    target_of,
)
from generator_svc.planner.syntax import Item, Phrase, Qualifier, Statement


def read_change(changes: Changes, statement: Statement) -> None:
    """Read one change."""
    _READERS[statement.kind](changes, statement)


def as_change(statement: Statement) -> Statement:
    """Return `the price must be at least 0` as a change of what is there, else the statement."""
    item = statement.items[0] if len(statement.items) == 1 else None
    if statement.kind != "fragment" or item is None or item.phrase is None:
        return statement
    if not any(each.kind != "group" for each in item.qualifiers):
        return statement
    return replace(
        statement, kind="altered", subject=item.phrase, qualifiers=item.qualifiers, items=()
    )


def _tied(changes: Changes, statement: Statement) -> None:
    """Read `link books to authors`: each book has an author."""
    subjects = [each for each in (statement.subject, *statement.others) if each is not None]
    ends = [place_of(changes, phrase) for phrase in statement.places]
    for subject in subjects:
        owner = place_of(changes, subject)
        for end, phrase in zip(ends, statement.places, strict=True):
            if owner is None or end is None:
                continue
            target = singular(end.name)
            named = phrase if phrase.text.lower() not in PRONOUNS else _named_after(target, phrase)
            kind = RelationKind.MANY_TO_ONE
            to_one(changes.reading, owner, target, Item(phrase=named), kind, required=False)


def _named_after(target: str, phrase: Phrase) -> Phrase:
    return replace(phrase, words=(replace(phrase.words[0], text=target),))


def _featured(changes: Changes, statement: Statement) -> None:
    """Read `make posts private to their owner`, `make the app multi-tenant`."""
    subjects = [each for each in (statement.subject, *statement.others) if each is not None]
    places = tuple(each for each in subjects if not _is_project(each))
    for item in statement.items:
        add_asked(changes, item, [place_of(changes, place) for place in places])


def _is_project(phrase: Phrase) -> bool:
    return any(word.kind == "PROJECT" for word in phrase.words)


def _dropped(changes: Changes, statement: Statement) -> None:
    for item in statement.items:
        if item.phrase is None:
            _drop_asked(changes, item, statement)
        else:
            target = target_of(changes, item.phrase, statement.places)
            if target is not None:
                changes.drop.append(target)


def _unlinked(changes: Changes, statement: Statement) -> None:
    """Read `remove the relation between comments and posts`."""
    phrases = [each for each in (statement.subject, *statement.others) if each is not None]
    ends = [place_of(changes, phrase) for phrase in phrases]
    keys = {singular(end.name) for end in ends if end is not None}
    if None in ends:
        return
    entities = changes.reading.draft.entities
    found = [
        f"{entities[each.owner].name}.{each.relation.name}"
        for each in changes.reading.draft.relations
        if {each.owner, each.target} == keys
    ]
    if len(found) == 1:
        changes.drop.append(found[0])
    elif found:
        message = f"There are {', '.join(found)}. Say which, such as: remove {found[0]}."
        changes.tell("AMBIGUOUS", message, phrases[0])
    else:
        changes.tell("UNKNOWN_TARGET", "They are not linked.", phrases[0])


def _drop_asked(changes: Changes, item: Item, statement: Statement) -> None:
    for word in item.asked:
        option = lexicon().features.get(word.text.lower(), "")
        if option == "timestamps" and statement.places:
            message = "They are kept or dropped for all entities: say it without a place."
            changes.tell("NOT_UNDERSTOOD", message, Phrase(words=(word,)))
            continue
        if option not in ENTITY_OPTIONS:
            take_asked(changes.reading, replace(item, asked=(word,)), on=False)
            continue
        places = [place_of(changes, phrase) for phrase in statement.places]
        owners = [each for each in places if each is not None] or [
            each for each in changes.reading.draft.entities.values() if option in each.options
        ]
        for owner in owners:
            owner.options.pop(option, None)


def _renamed(changes: Changes, statement: Statement) -> None:
    if statement.subject is None or not statement.others:
        return
    target = target_of(changes, statement.subject, statement.places)
    if target is None:
        return
    new = noun_of(statement.others[-1]).phrase
    to = new.wire_name if "." in target else _class_name(new)
    changes.rename.append(Rename(target=target, to=to))


def _class_name(phrase: Phrase) -> str:
    return "".join(word[:1].upper() + word[1:] for word in phrase.singular.split("_"))


def _altered(changes: Changes, statement: Statement) -> None:
    subjects = [each for each in (statement.subject, *statement.others) if each is not None]
    if statement.kind == "changed" and subjects[0].words[-1].text.lower() in _SIZES:
        statement = _resized(statement)
    for subject in subjects:
        target = target_of(changes, subject, statement.places)
        owner, _, name = (target or "").partition(".")
        if not name:
            if target is not None:
                message = "Say which field of it to change, such as: make the title unique."
                changes.tell("NOT_UNDERSTOOD", message, subject)
            continue
        entity = next(e for e in changes.reading.draft.entities.values() if e.name == owner)
        _alter(changes, entity, name, subject, statement)


_SIZES = frozenset({"length", "size"})


def _resized(statement: Statement) -> Statement:
    """Read `change the title length to 300` as a bound."""
    number = next((v for q in statement.qualifiers for v in q.values if v.isdecimal()), None)
    if number is None:
        return statement
    return replace(statement, qualifiers=(Qualifier(kind="max", values=(number, "unit")),))


def _alter(
    changes: Changes, entity: DraftEntity, name: str, subject: Phrase, statement: Statement
) -> None:
    known = entity.fields.get(name)
    flags = {value for each in statement.qualifiers for value in each.values}
    if "required" in flags:
        changes.required.add(f"{entity.name}.{name}")
    if known is None:
        if flags and flags <= {"required", "optional"}:
            _alter_link(changes, entity, name, required="required" in flags)
        else:
            message = f"{entity.name}.{name} is a relation: it can be required or optional."
            changes.tell("NOT_UNDERSTOOD", message, subject)
        return
    try:
        known.field, _ = apply(known.field, known.origin.rule, statement.qualifiers)
    except UnclearError:
        message = f"This does not go with a field of type {known.field.type}."
        changes.tell("NOT_UNDERSTOOD", message, subject)


def _alter_link(changes: Changes, entity: DraftEntity, name: str, *, required: bool) -> None:
    for link in changes.reading.draft.relations:
        key = changes.reading.draft.entities.get(link.owner)
        if key is entity and link.relation.name == name:
            usual = link.relation.on_delete
            if required and usual == "set_null":
                usual = type(usual).RESTRICT
            link.relation = replace(link.relation, required=required, on_delete=usual)


_READERS: Mapping[str, Callable[[Changes, Statement], None]] = MappingProxyType(
    {
        "added": added,
        "added_with": added_with,
        "given": given,
        "dropped": _dropped,
        "renamed": _renamed,
        "altered": _altered,
        "changed": _altered,
        "unlinked": _unlinked,
        "tied": _tied,
        "featured_with": _featured,
    }
)
