"""Reads changes: `remove the address field`, `rename title to headline`, `make it unique`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from generator_svc.domain.naming import snake_case
from generator_svc.domain.patch import Rename
from generator_svc.planner.asked import take_asked
from generator_svc.planner.draft import DraftEntity, Origin
from generator_svc.planner.field_types import is_known_name
from generator_svc.planner.fields import UnclearError, apply
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.links import one_has_many
from generator_svc.planner.members import take_members
from generator_svc.planner.nouns import is_plural
from generator_svc.planner.reading import Reading
from generator_svc.planner.request import Span
from generator_svc.planner.syntax import Item, Phrase, Statement

_ASPECTS = frozenset({"type", "kind", "length", "name", "format"})
_OPTIONS = frozenset({"soft_delete", "owner", "tenant"})


@dataclass(slots=True, kw_only=True)
class Changes:
    """The changes read so far; what is added and altered stands in the reading's draft."""

    reading: Reading
    drop: list[str] = field(default_factory=list)
    rename: list[Rename] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    """The added members that the prompt itself calls required: `Post.slug`."""

    faults: list[tuple[str, str, Span]] = field(default_factory=list)
    """What cannot be done: the rule, the message, the words."""

    def read(self, statement: Statement) -> None:
        """Read one change."""
        _READERS[statement.kind](self, statement)

    def tell(self, rule: str, message: str, phrase: Phrase) -> None:
        """Record what cannot be done."""
        self.faults.append((rule, message, self.reading.span(phrase.words)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Noun:
    """A name, and what its last word says it is: `field`, `link`, `entity` or nothing."""

    phrase: Phrase
    kind: str


def _noun(phrase: Phrase) -> _Noun:
    nouns = lexicon().nouns
    words = phrase.words
    kind = nouns.get(words[-1].text.lower(), "") if len(words) > 1 else ""
    return _Noun(phrase=replace(phrase, words=words[:-1]) if kind else phrase, kind=kind)


# ---- what is added


def _added(changes: Changes, statement: Statement) -> None:
    places = [_place(changes, phrase) for phrase in statement.places]
    for item in statement.items:
        if item.phrase is None:
            _add_asked(changes, item, places)
            continue
        noun = _noun(item.phrase)
        named = replace(item, phrase=noun.phrase)
        owners = [place for place in places if place is not None] or _only(changes, noun)
        if statement.places and not owners:
            return
        if noun.kind == "entity" or (not statement.places and _is_entity(noun)):
            _add_entity(changes, named)
        elif not owners:
            _tell_where(changes, noun.phrase)
        for owner in owners if noun.kind != "entity" and not _new(statement, noun) else ():
            _add_member(changes, owner, named)


def _new(statement: Statement, noun: _Noun) -> bool:
    return not statement.places and _is_entity(noun)


def _add_asked(changes: Changes, item: Item, places: list[DraftEntity | None]) -> None:
    for word in item.asked:
        feature = lexicon().features.get(word.text.lower(), "")
        owners = [place for place in places if place is not None]
        for owner in owners if feature in _OPTIONS else ():
            owner.options[feature] = Origin(rule="entity_option", span=changes.reading.span([word]))
        if feature not in _OPTIONS or not owners:
            take_asked(changes.reading, replace(item, asked=(word,)), on=True)


def _is_entity(noun: _Noun) -> bool:
    """Tell `comments` and `Review` from `phone number` where nothing else tells."""
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
    members = [entry for each in item.qualifiers for entry in each.entries]
    take_members(changes.reading, entity, members)


def _add_member(changes: Changes, owner: DraftEntity, item: Item) -> None:
    if item.phrase is None:
        return
    taken = {snake_case(name) for name in owner.fields}
    if item.phrase.key in taken:
        message = f"{owner.name} has {item.phrase.text!r} already. Say what to change about it."
        changes.tell("ALREADY_THERE", message, item.phrase)
        return
    if any(flag == "required" for flag in _flags(item)):
        changes.required.add(f"{owner.name}.{item.phrase.wire_name}")
    known = is_known_name(item.phrase.key) or item.phrase.singular in changes.reading.declared
    if is_plural(item.phrase.text) and not known and not item.qualifiers:
        one_has_many(changes.reading, owner, item)
    else:
        take_members(changes.reading, owner, [item])
    changes.reading.last = owner


def _flags(item: Item) -> Iterable[str]:
    for qualifier in item.qualifiers:
        yield from qualifier.values if qualifier.kind == "flag" else ()
        for entry in qualifier.entries:
            yield from _flags(entry)


def _added_with(changes: Changes, statement: Statement) -> None:
    if statement.subject is None:
        return
    noun = _noun(statement.subject)
    reading = changes.reading
    known = reading.draft.entities.get(noun.phrase.singular)
    entity = known or reading.entity(noun.phrase, "entity_added")
    take_members(reading, entity, statement.items)


def _given(changes: Changes, statement: Statement) -> None:
    owner = _place(changes, statement.subject) if statement.subject is not None else None
    for item in statement.items if owner is not None else ():
        if owner is not None and item.phrase is not None:
            _add_member(changes, owner, replace(item, phrase=_noun(item.phrase).phrase))


# ---- what is dropped, renamed, altered


def _dropped(changes: Changes, statement: Statement) -> None:
    for item in statement.items:
        if item.phrase is None:
            _drop_asked(changes, item, statement)
        else:
            target = _target(changes, item.phrase, statement.places)
            if target is not None:
                changes.drop.append(target)


def _drop_asked(changes: Changes, item: Item, statement: Statement) -> None:
    for word in item.asked:
        option = lexicon().features.get(word.text.lower(), "")
        if option not in _OPTIONS:
            take_asked(changes.reading, replace(item, asked=(word,)), on=False)
            continue
        places = [_place(changes, phrase) for phrase in statement.places]
        owners = [each for each in places if each is not None] or [
            each for each in changes.reading.draft.entities.values() if option in each.options
        ]
        for owner in owners:
            owner.options.pop(option, None)


def _renamed(changes: Changes, statement: Statement) -> None:
    if statement.subject is None or not statement.others:
        return
    target = _target(changes, statement.subject, statement.places)
    if target is None:
        return
    new = _noun(statement.others[-1]).phrase
    to = new.wire_name if "." in target else _class_name(new)
    changes.rename.append(Rename(target=target, to=to))


def _class_name(phrase: Phrase) -> str:
    return "".join(word[:1].upper() + word[1:] for word in phrase.singular.split("_"))


def _altered(changes: Changes, statement: Statement) -> None:
    subjects = [each for each in (statement.subject, *statement.others) if each is not None]
    for subject in subjects:
        target = _target(changes, subject, statement.places)
        owner, _, name = (target or "").partition(".")
        if not name:
            if target is not None:
                message = "Say which field of it to change, such as: make the title unique."
                changes.tell("NOT_UNDERSTOOD", message, subject)
            continue
        entity = next(e for e in changes.reading.draft.entities.values() if e.name == owner)
        _alter(changes, entity, name, subject, statement)


def _alter(
    changes: Changes, entity: DraftEntity, name: str, subject: Phrase, statement: Statement
) -> None:
    known = entity.fields.get(name)
    if known is None:
        flags = {value for each in statement.qualifiers for value in each.values}
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


# ---- where


def _place(changes: Changes, phrase: Phrase) -> DraftEntity | None:
    entity = changes.reading.draft.entities.get(_noun(phrase).phrase.singular)
    if entity is None:
        names = ", ".join(each.name for each in changes.reading.draft.entities.values())
        message = f"There is no entity {phrase.text!r}. There are {names}."
        changes.tell("UNKNOWN_TARGET", message, phrase)
    return entity


def _target(changes: Changes, phrase: Phrase, places: tuple[Phrase, ...]) -> str | None:
    """Return what a phrase names: an entity, or the one member of that name."""
    owner = changes.reading.owner_of(phrase)
    noun = _noun(phrase if owner is None else phrase.owned)
    places = (owner,) if owner is not None else places
    entities = [_place(changes, each) for each in places]
    found = [each for each in entities if each is not None]
    if places and not found:
        return None
    draft = changes.reading.draft
    whole = draft.entities.get(noun.phrase.singular)
    if whole is not None and not places and noun.kind in {"", "entity"}:
        return whole.name
    named = _members(changes, noun.phrase, found or draft.entities.values())
    of_key = len(phrase.words) > 2 and phrase.words[1].kind == "OF"  # noqa: PLR2004 - `type of x`
    if not named and of_key and phrase.words[0].text.lower() in _ASPECTS:
        return _target(changes, replace(phrase, words=phrase.words[2:]), places)
    if len(named) == 1:
        owner_name = named[0].partition(".")[0]
        changes.reading.last = next(e for e in draft.entities.values() if e.name == owner_name)
        return named[0]
    if named:
        message = f"There are {', '.join(named)}. Say of which: {phrase.text} of …."
        changes.tell("AMBIGUOUS", message, phrase)
    else:
        names = ", ".join(each.name for each in draft.entities.values())
        message = f"There is no {phrase.text!r} in {names}. Say the name it has there."
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


def _only(changes: Changes, noun: _Noun) -> list[DraftEntity]:
    """Return the entity that is meant where none is said: the only one, or the last one."""
    entities = list(changes.reading.draft.entities.values())
    if len(entities) == 1 and noun.kind != "entity":
        return entities
    return [changes.reading.last] if changes.reading.last is not None else []


def _tell_where(changes: Changes, phrase: Phrase) -> None:
    names = ", ".join(each.name for each in changes.reading.draft.entities.values())
    message = f"Say to what: add {phrase.text} to one of {names}."
    changes.tell("AMBIGUOUS", message, phrase)


_READERS: Mapping[str, Callable[[Changes, Statement], None]] = MappingProxyType(
    {
        "added": _added,
        "added_with": _added_with,
        "given": _given,
        "dropped": _dropped,
        "renamed": _renamed,
        "altered": _altered,
        "changed": _altered,
    }
)
