"""Reads features, capabilities, roles and access: what a project has besides its entities."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

from generator_svc.domain.spec import TechStack
from generator_svc.planner.draft import ENTITY_OPTIONS, Origin
from generator_svc.planner.field_types import is_owner
from generator_svc.planner.lexicon import lexicon
from generator_svc.planner.nouns import is_plural
from generator_svc.planner.reading import Reading
from generator_svc.planner.syntax import Item, Phrase, Statement, Word

_STACKS = MappingProxyType(
    {"sqlite": TechStack.FASTAPI_SQLITE, "postgres": TechStack.FASTAPI_POSTGRES}
)
_OWN = frozenset({"own", "their", "his", "her"})
_ACTIONS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "create": frozenset(
            {
                "create",
                "write",
                "publish",
                "add",
                "post",
                "make",
                "submit",
                "open",
                "place",
                "manage",
            }
        ),
        "update": frozenset(
            {"edit", "update", "archive", "complete", "cancel", "assign", "manage", "publish"}
        ),
        "delete": frozenset({"delete", "remove", "manage"}),
        "read": frozenset(
            {"view", "read", "see", "list", "browse", "search", "find", "access", "get"}
        ),
    }
)


def read_used(reading: Reading, statement: Statement) -> None:
    """Read what a project uses: `using SQLite`, `users can log in`."""
    for item in statement.items:
        if not take_asked(reading, item, on=True):
            reading.skip([item.phrase])


def take_used_for(reading: Reading, used: Iterable[Word], items: Iterable[Item]) -> bool:
    """Read the rest of `use soft delete for posts`: not everywhere; tell whether it was that."""
    entities = [each.phrase for each in items if each.phrase is not None]
    options = {lexicon().features.get(word.text.lower(), ""): word for word in used}
    told = [option for option in ENTITY_OPTIONS if option in options]
    if not told or any(each.singular not in reading.declared for each in entities):
        return False
    for option in told:
        reading.draft.features.pop(option, None)
        origin = Origin(rule="entity_option", span=reading.span([options[option]]))
        for phrase in entities:
            reading.entity(phrase, "subject", follow=False).options[option] = origin
    return True


def read_without(reading: Reading, statement: Statement) -> None:
    """Read what a project does without: `no docker`."""
    for item in statement.items:
        if take_asked(reading, item, on=False) or item.phrase is None:
            continue
        if is_plural(item.phrase.text):
            reading.draft.excluded.add(item.phrase.singular)
        else:
            reading.skip([item.phrase])


def take_asked(reading: Reading, item: Item, *, on: bool) -> bool:
    """Take the features that an item asks for; tell whether there are any."""
    for word in item.asked:
        ask(reading, word, on=on)
    reading.used = list(item.asked) if on else []
    return bool(item.asked)


def ask(reading: Reading, word: Word, *, on: bool) -> None:
    """Take one feature or capability that is asked for, or not wanted."""
    span, text = reading.span([word]), word.text.lower()
    if text in lexicon().capabilities:
        if on:
            reading.draft.asked.append((lexicon().capabilities[text], span))
        return
    feature = lexicon().features[text]
    origin = Origin(rule="feature" if on else "feature_negated", span=span)
    if feature in _STACKS:
        if on:
            reading.draft.tech_stack = reading.draft.tech_stack or (_STACKS[feature], origin)
    elif feature == "roles":
        reading.draft.set_feature("auth", origin, on=on)
    elif feature != "always":
        reading.draft.set_feature(feature, origin, on=on)


def read_roles(reading: Reading, statement: Statement) -> None:
    """Read a list of roles."""
    take_roles(reading, statement.items)


def take_roles(reading: Reading, items: Iterable[Item]) -> None:
    """Take the roles that items and what stands in their parentheses name."""
    for item in items:
        entries = [entry for each in item.qualifiers for entry in each.entries]
        for phrase in (each.phrase for each in (item, *entries)):
            if phrase is not None:
                _role(reading, phrase)


def is_role(reading: Reading, subject: Phrase) -> bool:
    """Tell `admins can delete posts`, a right, from `authors can write books`."""
    return subject.text.lower() in lexicon().admins or subject.singular in reading.draft.roles


def read_only_roles(reading: Reading, statement: Statement, *, also: bool = False) -> None:
    """Read who alone may do what: `only admins can delete posts`; or who may, besides others."""
    subjects = [each for each in (statement.subject, *statement.others) if each is not None]
    if any(is_owner(subject.singular) for subject in subjects):
        _only_owners(reading, statement)
        return
    roles = [_role(reading, subject) for subject in subjects]
    for item in statement.items:
        if item.phrase is None:
            reading.skip_words(item.asked)
            continue
        entity = reading.entity(item.phrase, "entity_by_verb", follow=False)
        for action in _actions(statement.verbs):
            given = entity.access.setdefault(action, [])
            if not also and (entity.name, action) not in reading.restricted:
                given.clear()  # `only admins`: not those who could before
                reading.restricted.add((entity.name, action))
            given += [role for role in roles if role not in given]


def _only_owners(reading: Reading, statement: Statement) -> None:
    """Read `only the owner can see a task`; who may change what others see cannot be said."""
    if "read" in _actions(statement.verbs):
        own = [replace(item, phrase=_owned(item.phrase)) for item in statement.items]
        read_only_own(reading, replace(statement, items=tuple(own)))
    else:
        reading.unclear.append(reading.between(statement.start, statement.end))


def _owned(phrase: Phrase | None) -> Phrase | None:
    return replace(phrase, determiners=("own",)) if phrase is not None else None


def read_only_own(reading: Reading, statement: Statement) -> None:
    """Read ownership: `users can only see their own tasks`."""
    for item in statement.items:
        if item.phrase is None or not _OWN & set(item.phrase.determiners):
            reading.skip([item.phrase])
            continue
        entity = reading.entity(item.phrase, "entity_by_verb", follow=False)
        span = reading.between(statement.start, statement.end)
        entity.options["owner"] = Origin(rule="ownership", span=span)


def _role(reading: Reading, phrase: Phrase) -> str:
    origin = Origin(rule="role", span=reading.span(phrase.words))
    name = phrase.key if phrase.key in lexicon().compounds else phrase.singular  # `sales`
    reading.draft.roles.setdefault(name, origin)
    return name


def _actions(verbs: Iterable[Word]) -> list[str]:
    texts = [verb.text.lower() for verb in verbs]
    stems = {stem for text in texts for stem in (text, text[:-1], text[:-2])}
    return [action for action, words in _ACTIONS.items() if stems & words]
