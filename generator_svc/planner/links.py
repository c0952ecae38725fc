"""Reads relations: what belongs to what, what has many of what, what is linked to what."""

from dataclasses import replace

from generator_svc.domain.naming import plural
from generator_svc.domain.spec import OnDelete, Relation, RelationKind
from generator_svc.planner.asked import is_role, read_only_roles, take_asked
from generator_svc.planner.draft import DraftEntity, Origin
from generator_svc.planner.field_types import agent_of, is_apart, is_shared
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.reading import Reading, names_a_thing
from generator_svc.planner.syntax import Item, Phrase, Qualifier, Statement

_NEED = frozenset({"required", "optional"})

BY_VERB = "belongs_to_by_verb"
"""The rule of `users can write posts`, which says no more than that."""


def read_belongs(reading: Reading, statement: Statement) -> None:
    """Read `a book belongs to an author`."""
    subject = statement.subject
    entity = reading.entity(subject, "subject") if subject is not None else reading.last
    for item in statement.items:
        if item.phrase is None or entity is None:
            reading.skip_words(item.asked)
        elif item.many or ("MAY_BELONG" in statement.marks and is_plural(item.phrase.text)):
            target = reading.known_or_new(entity, item.phrase)
            origin = Origin(rule="many_to_many", span=reading.span(item.phrase.words))
            reading.draft.many_to_many(singular(entity.name), target, origin)
        else:
            _belong(reading, entity, item, item.phrase, statement)


def _belong(
    reading: Reading, entity: DraftEntity, item: Item, phrase: Phrase, statement: Statement
) -> None:
    target = reading.known_or_new(entity, phrase)
    agent = agent_of(statement.verbs[0].text) if statement.verbs else ""
    name = agent if phrase.singular == "user" else ""
    required = "MAY_BELONG" not in statement.marks
    kind = RelationKind.MANY_TO_ONE
    to_one(reading, entity, target, item, kind, required=required, name=name)


def read_has_one(reading: Reading, statement: Statement) -> list[Item]:
    """Read `a user has one profile`; return what is no relation."""
    if statement.subject is None:
        return list(statement.items)
    entity = reading.entity(statement.subject, "subject")
    others: list[Item] = []
    for item in statement.items:
        target = reading.target(entity, item.phrase) if item.phrase is not None else None
        if target is None:
            others.append(item)
        else:
            kind = RelationKind.ONE_TO_ONE if is_apart(target) else RelationKind.MANY_TO_ONE
            to_one(reading, entity, target, item, kind, required=False, rule="has_one")
    return others


def read_linked(reading: Reading, statement: Statement) -> None:
    """Read `posts and tags are many-to-many`."""
    items = [item.phrase for item in statement.items]
    ends = [each for each in (statement.subject, *statement.others, *items) if each is not None]
    if len(ends) != 2:  # noqa: PLR2004 - a link has two ends
        reading.skip(ends)
        return
    one, other = (reading.entity(each, "entity_in_relation") for each in ends)
    keys = singular(one.name), singular(other.name)
    mark = next(iter(statement.marks), "MANY_TO_MANY")
    origin = Origin(rule=mark.lower(), span=reading.between(statement.start, statement.end))
    if mark == "MANY_TO_MANY":
        reading.draft.many_to_many(*keys, origin)
    elif mark == "ONE_TO_MANY":
        reading.draft.has_many(*keys, plural(keys[1]), replace(origin, rule="has_many"))
    else:
        kind = RelationKind(mark.lower())
        item = Item(phrase=ends[1])
        to_one(reading, one, keys[1], item, kind, required=False, rule=mark.lower())


def read_can_link(reading: Reading, statement: Statement) -> None:
    """Read `users can follow other users`, `users can like posts`."""
    if statement.subject is None:
        return
    one = reading.entity(statement.subject, "subject")
    targets = [item.phrase for item in statement.items if item.phrase is not None]
    span = reading.between(statement.start, statement.end)
    origin = Origin(rule="many_to_many_by_verb", span=span)
    for phrase in targets or [statement.subject]:
        other = singular(reading.entity(phrase, "entity_in_relation", follow=False).name)
        participle = _participle(statement.verbs[0].text.lower())
        name, back = f"{participle}_{plural(other)}", f"{participle}_by"
        if participle == "followed":
            back = "followers"
            name = "following" if other == singular(one.name) else name
        reading.draft.many_to_many(singular(one.name), other, origin, name, back)


def read_can_write(reading: Reading, statement: Statement) -> None:
    """Read `users can write posts`: each post has its user."""
    if statement.subject is None:
        return
    if is_role(reading, statement.subject):
        read_only_roles(reading, statement, also=True)
        return
    one = reading.entity(statement.subject, "subject")
    for item in statement.items:
        if item.phrase is None:
            take_asked(reading, item, on=True)
        elif not names_a_thing(item.phrase):
            reading.skip([item.phrase])
        elif item.phrase.singular in reading.declared or is_plural(item.phrase.text):
            _written(reading, one, item, statement)
        else:
            reading.skip([item.phrase])


def _written(reading: Reading, one: DraftEntity, item: Item, statement: Statement) -> None:
    if item.phrase is None or statement.subject is None:
        return
    entity = reading.entity(item.phrase, "entity_by_verb", follow=False)
    reading.written.append(entity)
    key = singular(one.name)
    if entity is one or reading.draft.linked(key, singular(entity.name)):
        other = singular(entity.name)
        reading.draft.both_many(key, other, plural(other))
        return
    name = agent_of(statement.verbs[0].text) if key == "user" else ""
    author = replace(item, phrase=statement.subject)
    kind = RelationKind.MANY_TO_ONE
    to_one(reading, entity, key, author, kind, required=False, name=name, rule=BY_VERB)


def read_written_for(reading: Reading, statement: Statement, written: list[DraftEntity]) -> None:
    """Read the rest of `users can write reviews for books`: each review is of a book."""
    for item in statement.items:
        target = reading.target(written[0], item.phrase) if item.phrase is not None else None
        if item.phrase is None or target is None:
            reading.skip([item.phrase])
            continue
        for entity in written:
            said = replace(item, qualifiers=())
            to_one(reading, entity, target, said, RelationKind.MANY_TO_ONE, required=False)
        reading.last = written[-1]
        reading.about = {**reading.about, target: written[-1]}


def read_can_read(reading: Reading, statement: Statement) -> None:
    """Read `visitors can browse products`: there are products."""
    for item in statement.items:
        if item.phrase is None:
            take_asked(reading, item, on=True)
        elif item.phrase.singular in reading.declared or is_plural(item.phrase.text):
            reading.entity(item.phrase, "entity_by_verb", follow=False)
        else:
            reading.skip([item.phrase])


def one_has_many(reading: Reading, entity: DraftEntity, item: Item) -> None:
    """Plan that each row of an entity has many of what an item names."""
    if item.phrase is None:
        return
    origin = Origin(rule="has_many", span=reading.span(item.phrase.words))
    one = singular(entity.name)
    within = item.phrase.singular.removeprefix("sub").lstrip("_") == one  # `subcategories`
    many = one if within else reading.known_or_new(entity, item.phrase)
    told = any(each.kind == "link" for group in item.qualifiers for each in _inside(group.entries))
    if told or (one != many and is_shared(many)):
        reading.draft.many_to_many(one, many, replace(origin, rule="many_to_many"))
    else:
        back = "children" if one == many else plural(item.phrase.singular)
        reading.draft.has_many(one, many, back, origin)


def to_one(
    reading: Reading,
    entity: DraftEntity,
    target: str,
    item: Item,
    kind: RelationKind,
    *,
    required: bool,
    name: str = "",
    rule: str = "belongs_to",
) -> None:
    """Plan a relation of an entity to one row of another."""
    if item.phrase is None:
        return
    owner = singular(entity.name)
    flags = {value for each in item.qualifiers for value in each.values}
    reading.hear(each for each in item.qualifiers if each.values and _NEED.issuperset(each.values))
    required = (required or "required" in flags) and "optional" not in flags and owner != target
    relation = Relation(
        name=name or _end_name(item.phrase.singular, owner, target),
        kind=kind,
        target=target,
        back=_back_name(owner, target, kind),
        required=required,
        on_delete=OnDelete.RESTRICT if required else OnDelete.SET_NULL,
    )
    origin = Origin(rule=rule, span=reading.span(item.phrase.words))
    reading.draft.relate(owner, target, relation, origin)


def _inside(entries: tuple[Item, ...]) -> list[Qualifier]:
    return [each for entry in entries for each in entry.qualifiers]


def _end_name(noun: str, owner: str, target: str) -> str:
    """Name the link: `parent category` of a category is its `parent`."""
    if owner == target:
        return noun.removesuffix(f"_{target}") if noun != target else "parent"
    return noun.removesuffix("_id")


def _back_name(owner: str, target: str, kind: RelationKind) -> str:
    if owner == target:
        return "children"
    return owner if kind is RelationKind.ONE_TO_ONE else plural(owner)


def _participle(verb: str) -> str:
    participles = lexicon().participles
    stems = (verb, verb.removesuffix("s"), verb.removesuffix("es"))
    return next((participles[stem] for stem in stems if stem in participles), "linked")
