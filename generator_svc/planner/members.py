"""Reads what an entity has: fields, relations in its list, options."""

from collections.abc import Iterable
from dataclasses import replace

from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import RelationKind
from generator_svc.planner.asked import ask
from generator_svc.planner.draft import ENTITY_OPTIONS, DraftEntity, DraftField, Origin
from generator_svc.planner.field_types import is_known_name, is_thing
from generator_svc.planner.fields import UnclearError, apply, entries_of, field_of
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.links import one_has_many, to_one
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.reading import Reading, says_more
from generator_svc.planner.syntax import Item, Phrase


def take_members(
    reading: Reading, entity: DraftEntity, items: Iterable[Item], *, spoken: bool = False
) -> None:
    """Plan the members that a list gives an entity.

    Args:
        reading: What is known so far.
        entity: Whose members they are.
        items: The list.
        spoken: Whether it is a sentence: `a lesson has quizzes` speaks of things of their own.
    """
    seen: set[str] = set()
    for item in (each for listed in paired(items) for each in _apart(reading, listed)):
        if item.phrase is None:
            _take_asked(reading, entity, item)
        elif says_more(item.phrase):
            reading.skip([item.phrase])
        elif (end := _end_of(reading, item)) is not None:
            reading.hear(each for each in item.qualifiers if each.kind in {"type", "group"})
            to_one(reading, entity, end, item, RelationKind.MANY_TO_ONE, required=False)
        elif _has_many(reading, item, item.phrase, spoken=spoken):
            one_has_many(reading, entity, item)
        elif (target := reading.target(entity, item.phrase)) is not None:
            _relate(reading, entity, target, item, item.phrase)
        else:
            if item.phrase.key in seen and not item.qualifiers:
                reading.draft.clash(item.phrase.text, entity.name, reading.span(item.phrase.words))
            seen.add(item.phrase.key)
            take_field(reading, entity, item, item.phrase)


def paired(items: Iterable[Item]) -> list[Item]:
    """Return `start and end date` as a start date and an end date."""
    found = list(items)
    for place in range(len(found) - 2, -1, -1):
        one, other = found[place].phrase, found[place + 1].phrase
        if one is None or other is None or len(one.words) > 1 or len(other.words) != _PAIR:
            continue
        if (one.key, snake_case(other.words[0].text)) in lexicon().opposites:
            whole = replace(one, words=(*one.words, other.words[1]))
            found[place] = replace(found[place], phrase=whole)
    return found


_PAIR = 2
"""Words of the second of a pair: `end date`."""


def _apart(reading: Reading, item: Item) -> list[Item]:
    """Return the members of a list without commas: `make model year price`."""
    phrase = item.phrase
    if phrase is None or item.qualifiers or len(phrase.words) < _FEWEST_APART:
        return [item]
    if phrase.words[-1].text.lower() in {"url", "link"}:
        return [item]  # `cover image URL`
    words = [replace(phrase, words=(word,)) for word in phrase.words]
    named = all(is_known_name(each.key) or each.singular in reading.declared for each in words)
    return [replace(item, phrase=each) for each in words] if named else [item]


_FEWEST_APART = 3
"""Names in a row that are members of their own; two are one name, as `start date` is."""


def _end_of(reading: Reading, item: Item) -> str | None:
    """Return the entity that a member is said to be: `a manager who is an employee`."""
    said = [value for each in item.qualifiers if each.kind == "type" for value in each.values]
    entries = [each.phrase for each in entries_of(item)]
    said += [each.text for each in entries[:1] if each is not None and len(entries) == 1]
    return next((singular(word) for word in said if singular(word) in reading.declared), None)


def _has_many(reading: Reading, item: Item, phrase: Phrase, *, spoken: bool) -> bool:
    """Tell `many members` from `a list of ingredients`, known to be texts where nothing else is."""
    known = is_known_name(phrase.key) and phrase.singular not in reading.declared
    return (item.many and not known) or (spoken and _is_many(item, phrase))


def _is_many(item: Item, phrase: Phrase) -> bool:
    """Tell the `quizzes` of a lesson from its `steps`, which are known to be a list of texts."""
    known = is_known_name(phrase.key) or (
        is_known_name(phrase.singular) and not is_thing(phrase.singular)
    )
    bare = not item.qualifiers and not phrase.determiners
    return bare and is_plural(phrase.text) and not known


def take_field(reading: Reading, entity: DraftEntity, item: Item, phrase: Phrase) -> None:
    """Plan a field, or say more about one that is planned."""
    reading.hear(item.qualifiers)
    try:
        field, rule = field_of(item)
        known = entity.fields.get(field.name)
        if known is not None:
            known.field, _ = apply(known.field, known.origin.rule, item.qualifiers)
            return
    except UnclearError:
        reading.skip([phrase])
        return
    origin = Origin(rule=rule, span=reading.span(phrase.words))
    entity.fields[field.name] = DraftField(field=field, origin=origin)
    entity.described = True


def take_status(reading: Reading, item: Item, phrase: Phrase) -> bool:
    """Read `tasks can be open or closed` as their status; tell whether it was that."""
    told = [each.kind for each in item.qualifiers] == ["values"]
    if not told or not (phrase.singular in reading.declared or is_plural(phrase.text)):
        return False
    entity = reading.entity(phrase, "subject")
    status = Phrase(words=(replace(phrase.words[-1], text="status"),))
    take_field(reading, entity, replace(item, phrase=status), status)
    return True


def take_described(reading: Reading, item: Item) -> None:
    """Plan what stands in parentheses after an entity spoken of, as in `users write posts (title)`.

    Where no entity is meant it is set aside: nothing a prompt says is lost unseen.
    """
    groups = [each for each in item.qualifiers if each.kind == "group"]
    if item.phrase is None or not groups or reading.heard >= {id(each) for each in groups}:
        return
    reading.hear(groups)
    members = [each for each in entries_of(item) if not _is_link(each)]
    if item.phrase.singular in reading.declared | reading.draft.entities.keys():
        entity = reading.entity(item.phrase, "entity_in_relation", follow=False)
        take_members(reading, entity, members)
    else:
        reading.skip(each.phrase for each in members)


def _is_link(entry: Item) -> bool:
    return any(each.kind == "link" for each in entry.qualifiers)


def constrain(reading: Reading, item: Item) -> bool:
    """Read `the title is unique` as a word on a field that is there; tell whether it was one."""
    phrase = item.phrase
    if phrase is None or not item.qualifiers:
        return False
    owner = reading.owner_of(phrase) or _owner_before(reading, phrase)
    entity = reading.entity(owner, "subject") if owner is not None else reading.last
    if entity is None or (owner is None and phrase.key not in entity.fields):
        return False
    own = phrase.owned if owner is not None else phrase
    if owner is not None and own is phrase:
        own = replace(phrase, words=phrase.words[len(owner.words) :])
    take_field(reading, entity, replace(item, phrase=own), own)
    return True


def _owner_before(reading: Reading, phrase: Phrase) -> Phrase | None:
    """Return the truck of `truck plate number`."""
    for count in range(len(phrase.words) - 1, 0, -1):
        owner = replace(phrase, words=phrase.words[:count])
        if owner.singular in reading.declared:
            return owner
    return None


def _take_asked(reading: Reading, entity: DraftEntity, item: Item) -> None:
    named = next((each for each in item.asked if singular(each.text) in reading.declared), None)
    if named is not None:
        phrase = Phrase(words=(named,))
        take_members(reading, entity, [replace(item, phrase=phrase, asked=())])
        return
    for word in item.asked:
        feature = lexicon().features.get(word.text.lower(), "")
        if feature in ENTITY_OPTIONS:
            entity.options[feature] = Origin(rule="entity_option", span=reading.span([word]))
        elif feature != "timestamps":
            ask(reading, word, on=True)


def _relate(reading: Reading, entity: DraftEntity, target: str, item: Item, phrase: Phrase) -> None:
    if is_plural(phrase.text):
        one_has_many(reading, entity, item)
    else:
        to_one(reading, entity, target, item, RelationKind.MANY_TO_ONE, required=False)
