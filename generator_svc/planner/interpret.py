"""Says what statements mean for the draft: which nouns are entities, fields, features, roles."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from generator_svc.domain.naming import plural
from generator_svc.domain.spec import OnDelete, Relation, RelationKind, TechStack
from generator_svc.planner.draft import Draft, DraftEntity, DraftField, Origin
from generator_svc.planner.field_types import agent_of, is_known_name, is_person
from generator_svc.planner.fields import UnclearError, apply, field_of
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural, singular
from generator_svc.planner.request import Span
from generator_svc.planner.syntax import Item, Phrase, Statement, Word

_STACKS = MappingProxyType(
    {"sqlite": TechStack.FASTAPI_SQLITE, "postgres": TechStack.FASTAPI_POSTGRES}
)
_OPTIONS = MappingProxyType({"soft_delete": "soft_delete", "owner": "owner", "tenant": "tenant"})
_ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "create": ("create", "write", "publish", "add", "post", "make", "submit", "open", "place"),
        "update": ("edit", "update", "archive", "complete", "cancel", "assign", "manage"),
        "delete": ("delete", "remove", "manage"),
        "read": ("view", "read", "see", "list", "browse", "search", "find", "access", "get"),
    }
)


class Interpreter:
    """Reads statements into a draft.

    Args:
        draft: Where to plan.
        prompt: The prompt that the statements were read from.
        declared: The keys of the entities that the prompt names anywhere.
    """

    def __init__(self, draft: Draft, *, prompt: str, declared: frozenset[str]) -> None:
        self._draft = draft
        self._prompt = prompt
        self._declared = declared
        self._last: DraftEntity | None = None
        self.unclear: list[Span] = []
        self._readers: Mapping[str, Callable[[Statement], None]] = MappingProxyType(
            {
                "described": self._described,
                "entities": self._entities,
                "purpose": self._purpose,
                "has_many": self._has_many,
                "has_one": self._has_one,
                "belongs": self._belongs,
                "may_belong": self._belongs,
                "linked": self._linked,
                "linked_to": self._linked,
                "can_link": self._can_link,
                "can_write": self._can_write,
                "can_read": self._can_read,
                "can_use": self._used,
                "only_roles": self._only_roles,
                "only_own": self._only_own,
                "roles": self._roles,
                "without": self._without,
                "used": self._used,
                "fragment": self._fragment,
            }
        )

    def read(self, statement: Statement) -> None:
        """Read one statement into the draft."""
        self._readers[statement.kind](statement)

    # ---- projects and entities

    def _described(self, statement: Statement) -> None:
        subject = statement.subject
        if subject is not None and self._is_project(subject, statement.items):
            self._name_project(subject)
            self._take_entities(statement.items)
        elif subject is not None or self._last is not None:
            entity = self._entity(subject, "subject") if subject is not None else self._last
            if entity is not None:
                self._take_members(entity, statement.items)
        else:
            self._take_entities(statement.items)

    def _entities(self, statement: Statement) -> None:
        if statement.subject is not None:
            self._name_project(statement.subject)
        self._take_entities(statement.items)

    def _purpose(self, statement: Statement) -> None:
        if statement.subject is not None:
            self._name_project(statement.subject)
        phrase = statement.items[0].phrase if len(statement.items) == 1 else None
        if phrase is not None and (self._is_project(phrase, ()) or self._is_single(phrase)):
            self._name_project(phrase)
        else:
            self._take_entities(statement.items)

    def _is_single(self, phrase: Phrase) -> bool:
        """`an API for a zoo` names the project, `an API for animals` what it stores."""
        return bool(phrase.determiners) and not is_plural(phrase.text)

    def _fragment(self, statement: Statement) -> None:
        items = statement.items
        if len(items) == 1 and items[0].phrase is not None:
            phrase = items[0].phrase
            if self._constrains(items[0]):
                return
            if self._is_project(phrase, ()):
                self._name_project(phrase)
                return
            if not items[0].qualifiers:
                self.unclear.append(self._span(phrase.words))
                return
        self._take_entities(items)

    def _take_entities(self, items: Iterable[Item]) -> None:
        for item in items:
            if item.roles:
                self._take_roles([item])
            elif item.phrase is None and not self._take_asked(item, on=True):
                self._unclear_words(item.asked)
            elif item.phrase is not None:
                entity = self._entity(item.phrase, "entity_in_list")
                members = [entry for each in item.qualifiers for entry in each.entries]
                self._take_members(entity, members)

    def _is_project(self, phrase: Phrase, items: Iterable[Item]) -> bool:
        if phrase.singular in self._declared:
            return False
        kinds = {word.kind for word in phrase.words}
        if kinds & {"PROJECT", "DOMAIN"}:
            return True
        named = [item.phrase for item in items if item.phrase is not None]
        first = self._draft.name is None and not self._draft.entities
        return first and bool(named) and all(_may_be_entities(item) for item in items)

    def _name_project(self, phrase: Phrase) -> None:
        span = self._span(phrase.words)
        domain = self._domain_of(phrase)
        if domain is not None and self._draft.domain is None:
            self._draft.domain = (domain, Origin(rule="domain_noun", span=span))
        own = [word.text for word in phrase.words if word.kind not in {"PROJECT", "OF"}]
        if own and self._draft.name is None:
            self._draft.name = (" ".join(own), Origin(rule="project_noun", span=span))

    def _domain_of(self, phrase: Phrase) -> str | None:
        domains = lexicon().domains
        return next(
            (domains[word.text.lower()] for word in phrase.words if word.kind == "DOMAIN"), None
        )

    # ---- members of an entity

    def _take_members(self, entity: DraftEntity, items: Iterable[Item]) -> None:
        for item in items:
            if item.phrase is None:
                self._take_entity_feature(entity, item)
            elif item.many:
                self._one_has_many(entity, item)
            elif (target := self._target_of(entity, item.phrase)) is not None:
                self._relate(entity, target, item)
            else:
                self._take_field(entity, item)

    def _take_entity_feature(self, entity: DraftEntity, item: Item) -> None:
        declared = next((w for w in item.asked if singular(w.text) in self._declared), None)
        if declared is not None:
            phrase = Phrase(words=(declared,))
            self._take_members(entity, [replace(item, phrase=phrase, asked=())])
            return
        for word in item.asked:
            feature = lexicon().features.get(word.text.lower(), "")
            if feature in _OPTIONS:
                entity.options[_OPTIONS[feature]] = Origin(
                    rule="entity_option", span=self._span([word])
                )
            elif feature != "timestamps":
                self._ask(word, on=True)

    def _take_field(self, entity: DraftEntity, item: Item) -> None:
        if item.phrase is None:
            return
        try:
            field, rule = field_of(item)
            known = entity.fields.get(field.name)
            if known is not None:
                known.field, _ = apply(known.field, known.origin.rule, item.qualifiers)
                return
        except UnclearError:
            self.unclear.append(self._span(item.phrase.words))
            return
        origin = Origin(rule=rule, span=self._span(item.phrase.words))
        entity.fields[field.name] = DraftField(field=field, origin=origin)
        entity.described = True

    def _constrains(self, item: Item) -> bool:
        """Read `the title is unique` as a word on a field that is there."""
        phrase = item.phrase
        if phrase is None or not item.qualifiers:
            return False
        owner = phrase.owner
        entity = self._draft.entities.get(owner.singular) if owner is not None else self._last
        if entity is None:
            return False
        if phrase.owned.key not in entity.fields and owner is None:
            return False
        self._take_field(entity, replace(item, phrase=phrase.owned))
        return True

    def _target_of(self, entity: DraftEntity, phrase: Phrase) -> str | None:
        """Return the key of the entity that a noun names: `author`, `shipping address`."""
        whole = phrase.singular
        if whole in self._declared:
            return whole
        last = singular(phrase.words[-1].text)
        if last in self._declared and len(phrase.words) > 1 and not is_known_name(phrase.key):
            return last
        person = is_person(whole) and "user" in self._declared
        return "user" if person and entity.name != "User" else None

    def _relate(self, entity: DraftEntity, target: str, item: Item) -> None:
        if item.phrase is None:
            return
        if is_plural(item.phrase.text):
            self._one_has_many(entity, item)
        else:
            self._to_one(entity, target, item, RelationKind.MANY_TO_ONE, required=False)

    def _one_has_many(self, entity: DraftEntity, item: Item) -> None:
        if item.phrase is None:
            return
        origin = Origin(rule="has_many", span=self._span(item.phrase.words))
        many = self._known_or_new(entity, item.phrase)
        one = singular(entity.name)
        back = plural(item.phrase.singular)
        if any(each.kind == "link" for each in item.qualifiers):
            self._draft.many_to_many(one, many, replace(origin, rule="many_to_many"))
        else:
            back = "children" if one == many else back
            self._draft.has_many(one, many, back, origin)

    def _to_one(
        self,
        entity: DraftEntity,
        target: str,
        item: Item,
        kind: RelationKind,
        *,
        required: bool,
        name: str = "",
        rule: str = "belongs_to",
    ) -> None:
        if item.phrase is None:
            return
        owner = singular(entity.name)
        flags = {value for each in item.qualifiers for value in each.values}
        required = (required or "required" in flags) and "optional" not in flags and owner != target
        own = name or _end_name(item.phrase.singular, owner, target)
        relation = Relation(
            name=own,
            kind=kind,
            target=target,
            back=_back_name(owner, target, kind),
            required=required,
            on_delete=OnDelete.RESTRICT if required else OnDelete.SET_NULL,
        )
        origin = Origin(rule=rule, span=self._span(item.phrase.words))
        self._draft.relate(owner, target, relation, origin)

    def _known_or_new(self, entity: DraftEntity, phrase: Phrase) -> str:
        target = self._target_of(entity, phrase)
        if target is not None and target in self._draft.entities:
            return target
        return singular(self._entity(phrase, "entity_in_relation", follow=False).name)

    # ---- relations

    def _has_many(self, statement: Statement) -> None:
        subject = statement.subject
        if subject is not None and self._is_project(subject, statement.items):
            self._name_project(subject)
            self._take_entities(statement.items)
            return
        entity = self._entity(subject, "subject") if subject is not None else self._last
        if entity is None:
            return
        for item in statement.items:
            if item.phrase is None:
                self._take_entity_feature(entity, item)
            elif item.phrase.singular in self._declared or is_plural(item.phrase.text):
                self._one_has_many(entity, item)
            else:
                self._take_members(entity, [item])

    def _has_one(self, statement: Statement) -> None:
        if statement.subject is None:
            return
        entity = self._entity(statement.subject, "subject")
        for item in statement.items:
            if item.phrase is None:
                continue
            target = self._target_of(entity, item.phrase)
            if target is None:
                self._take_members(entity, [item])
            else:
                kind = RelationKind.ONE_TO_ONE
                self._to_one(entity, target, item, kind, required=False, rule="has_one")

    def _belongs(self, statement: Statement) -> None:
        entity = self._entity(statement.subject, "subject") if statement.subject else self._last
        if entity is None:
            return
        for item in statement.items:
            if item.phrase is None:
                self._unclear_words(item.asked)
                continue
            if item.many:
                target = self._known_or_new(entity, item.phrase)
                origin = Origin(rule="many_to_many", span=self._span(item.phrase.words))
                self._draft.many_to_many(singular(entity.name), target, origin)
                continue
            target = self._known_or_new(entity, item.phrase)
            name = ""
            if item.phrase.singular == "user" and statement.verbs:
                name = agent_of(statement.verbs[0].text)
            required = "MAY_BELONG" not in statement.marks
            kind = RelationKind.MANY_TO_ONE
            self._to_one(entity, target, item, kind, required=required, name=name)

    def _linked(self, statement: Statement) -> None:
        ends = [each for each in (statement.subject, statement.other) if each is not None]
        ends += [item.phrase for item in statement.items if item.phrase is not None]
        if len(ends) != 2:  # noqa: PLR2004 - a link has two ends
            self.unclear += [self._span(each.words) for each in ends]
            return
        one, other = (self._entity(each, "entity_in_relation") for each in ends)
        keys = singular(one.name), singular(other.name)
        span = self._between(statement.start, statement.end)
        mark = next(iter(statement.marks), "MANY_TO_MANY")
        origin = Origin(rule=mark.lower(), span=span)
        if mark == "MANY_TO_MANY":
            self._draft.many_to_many(*keys, origin)
        elif mark == "ONE_TO_MANY":
            self._draft.has_many(*keys, plural(keys[1]), replace(origin, rule="has_many"))
        else:
            item = Item(phrase=ends[1])
            self._to_one(
                one, keys[1], item, RelationKind(mark.lower()), required=False, rule=mark.lower()
            )

    def _can_link(self, statement: Statement) -> None:
        if statement.subject is None:
            return
        one = self._entity(statement.subject, "subject")
        key = singular(one.name)
        verb = statement.verbs[0].text.lower()
        participle = _participle(verb)
        targets = [item.phrase for item in statement.items if item.phrase is not None]
        for phrase in targets or [statement.subject]:
            other = self._entity(phrase, "entity_in_relation", follow=False)
            origin = Origin(
                rule="many_to_many_by_verb", span=self._between(statement.start, statement.end)
            )
            name, back = f"{participle}_{plural(singular(other.name))}", f"{participle}_by"
            if participle == "followed":
                name, back = "following", "followers"
                if other is not one:
                    name = f"followed_{plural(singular(other.name))}"
            self._draft.many_to_many(key, singular(other.name), origin, name, back)

    def _can_write(self, statement: Statement) -> None:
        if statement.subject is None:
            return
        one = self._entity(statement.subject, "subject")
        for item in statement.items:
            if item.phrase is None:
                if not self._take_asked(item, on=True):
                    self._unclear_words(item.asked)
                continue
            known = item.phrase.singular in self._declared
            if not known and not is_plural(item.phrase.text):
                self.unclear.append(self._span(item.phrase.words))
                continue
            entity = self._entity(item.phrase, "entity_by_verb", follow=False)
            key = singular(one.name)
            if entity is one:
                continue
            name = agent_of(statement.verbs[0].text) if key == "user" else ""
            if not self._draft.linked(key, singular(entity.name)):
                self._to_one(
                    entity,
                    key,
                    replace(item, phrase=statement.subject),
                    RelationKind.MANY_TO_ONE,
                    required=False,
                    name=name,
                    rule="belongs_to_by_verb",
                )

    def _can_read(self, statement: Statement) -> None:
        for item in statement.items:
            if item.phrase is None:
                self._take_asked(item, on=True)
            elif item.phrase.singular in self._declared or is_plural(item.phrase.text):
                self._entity(item.phrase, "entity_by_verb", follow=False)
            else:
                self.unclear.append(self._span(item.phrase.words))

    # ---- features, roles, access

    def _used(self, statement: Statement) -> None:
        for item in statement.items:
            if not self._take_asked(item, on=True) and item.phrase is not None:
                self.unclear.append(self._span(item.phrase.words))

    def _without(self, statement: Statement) -> None:
        for item in statement.items:
            if not self._take_asked(item, on=False) and item.phrase is not None:
                self.unclear.append(self._span(item.phrase.words))

    def _take_asked(self, item: Item, *, on: bool) -> bool:
        for word in item.asked:
            self._ask(word, on=on)
        return bool(item.asked)

    def _ask(self, word: Word, *, on: bool) -> None:
        span = self._span([word])
        text = word.text.lower()
        if text in lexicon().capabilities:
            if on:
                self._draft.asked.append((lexicon().capabilities[text], span))
            return
        feature = lexicon().features[text]
        origin = Origin(rule="feature" if on else "feature_negated", span=span)
        if feature in _STACKS and on:
            self._draft.tech_stack = self._draft.tech_stack or (_STACKS[feature], origin)
        elif feature == "roles":
            self._draft.set_feature("auth", origin, on=on)
        elif feature not in {"always", *_STACKS}:
            self._draft.set_feature(feature, origin, on=on)

    def _roles(self, statement: Statement) -> None:
        self._take_roles(statement.items)

    def _take_roles(self, items: Iterable[Item]) -> None:
        for item in items:
            entries = [entry for each in item.qualifiers for entry in each.entries]
            phrases = [each.phrase for each in (item, *entries) if each.phrase is not None]
            for phrase in phrases:
                self._role(phrase)

    def _role(self, phrase: Phrase) -> str:
        role = phrase.singular
        self._draft.roles.setdefault(role, Origin(rule="role", span=self._span(phrase.words)))
        return role

    def _only_roles(self, statement: Statement) -> None:
        if statement.subject is None:
            return
        role = self._role(statement.subject)
        for item in statement.items:
            if item.phrase is None:
                continue
            entity = self._entity(item.phrase, "entity_by_verb", follow=False)
            for action in _actions(statement.verbs):
                roles = entity.access.setdefault(action, [])
                if role not in roles:
                    roles.append(role)

    def _only_own(self, statement: Statement) -> None:
        for item in statement.items:
            if item.phrase is None:
                continue
            if not {"own", "their", "his", "her"} & set(item.phrase.determiners):
                self.unclear.append(self._span(item.phrase.words))
                continue
            entity = self._entity(item.phrase, "entity_by_verb", follow=False)
            span = self._between(statement.start, statement.end)
            entity.options["owner"] = Origin(rule="ownership", span=span)

    # ---- helpers

    def _entity(self, phrase: Phrase, rule: str, *, follow: bool = True) -> DraftEntity:
        origin = Origin(rule=rule, span=self._span(phrase.words))
        entity = self._draft.entity(phrase.text, origin)
        if follow:
            self._last = entity
        return entity

    def _unclear_words(self, words: Iterable[Word]) -> None:
        self.unclear += [self._span([word]) for word in words]

    def _span(self, words: Iterable[Word]) -> Span:
        found = list(words)
        return self._between(min(w.start for w in found), max(w.end for w in found))

    def _between(self, start: int, end: int) -> Span:
        return Span(start=start, end=end, text=self._prompt[start:end])


def _may_be_entities(item: Item) -> bool:
    if item.phrase is None:
        return True
    plain = not any(each.kind != "group" for each in item.qualifiers)
    known = is_known_name(item.phrase.key)
    return plain and is_plural(item.phrase.text) and not item.phrase.determiners and not known


def _end_name(noun: str, owner: str, target: str) -> str:
    """Name the link: `parent category` of a category is its `parent`."""
    if owner == target:
        return noun.removesuffix(f"_{target}") if noun != target else "parent"
    return noun


def _back_name(owner: str, target: str, kind: RelationKind) -> str:
    if owner == target:
        return "children"
    return owner if kind is RelationKind.ONE_TO_ONE else plural(owner)


def _participle(verb: str) -> str:
    participles = lexicon().participles
    stems = (verb, verb.removesuffix("s"), verb.removesuffix("es"))
    return next((participles[stem] for stem in stems if stem in participles), "linked")


def _actions(verbs: Iterable[Word]) -> list[str]:
    found: list[str] = []
    for verb in verbs:
        text = verb.text.lower()
        stems = {text, text.removesuffix("s"), text.removesuffix("es")}
        found += [
            action
            for action, words in _ACTIONS.items()
            if stems & set(words) and action not in found
        ]
    return found


def declared_entities(statements: Sequence[Statement]) -> frozenset[str]:
    """Return the keys of the entities that statements name, whoever describes them."""
    nouns: set[str] = set()
    for statement in statements[1:]:
        nouns |= _declared_by(statement)
    for statement in statements[:1]:
        nouns |= _declared_first(statement, nouns)
    return frozenset(nouns)


def _declared_first(statement: Statement, others: set[str]) -> set[str]:
    """`a zoo with animals and keepers`: what opens a prompt may be the project."""
    subject = statement.subject
    free = subject is not None and subject.singular not in others
    if statement.kind == "described" and free and all(map(_may_be_entities, statement.items)):
        named = [item.phrase for item in statement.items if item.phrase is not None]
        return {phrase.singular for phrase in named}
    return _declared_by(statement)


def _declared_by(statement: Statement) -> set[str]:
    items = [item.phrase for item in statement.items if item.phrase is not None]
    subject = [statement.subject] if statement.subject is not None else []
    plain = [each for each in subject if not {"PROJECT", "DOMAIN"} & {w.kind for w in each.words}]
    other = [statement.other] if statement.other is not None else []
    if statement.kind in {"belongs", "may_belong", "linked", "linked_to"}:
        found = [*subject, *other, *items]
    elif statement.kind in {"can_link", "entities"}:
        found = [*(subject if statement.kind == "can_link" else []), *items]
    elif statement.kind in {"can_write", "can_read"}:
        found = [*subject, *(item for item in items if is_plural(item.text))]
    elif statement.kind == "has_many":
        found = [*plain, *(item for item in items if is_plural(item.text))]
    elif statement.kind in {"has_one", "described"}:
        found = plain if plain or not subject else items
    else:
        found = (
            [item for item in items if is_plural(item.text)] if statement.kind == "purpose" else []
        )
    return {phrase.singular for phrase in found}
