"""The words of controlled English, read once from the data beside this module."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from generator_svc.planner.catalogue import catalogues
from generator_svc.planner.resources import load_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """Phrases by their first word, longest first, and what features and verbs they stand for."""

    phrases: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """From a first word to the phrases it opens, each with its terminal."""

    commands: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """The same for what may open a sentence without meaning anything."""

    verbs: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """The same for what somebody can do."""

    features: Mapping[str, str]
    """From a phrase to the feature it asks for."""

    capabilities: Mapping[str, str]
    """From a phrase to what is asked for and cannot be generated."""

    domains: Mapping[str, str]
    """From a noun to the domain that it names."""

    participles: Mapping[str, str]
    """From a verb between many and many to how the link is named."""

    adjectives: frozenset[str]
    """The features and capabilities that stand before a noun."""

    collectives: frozenset[str]
    """The nouns that only gather others: a `list` of tasks."""

    choices: frozenset[str]
    """The nouns that have one of some values: the `status` of a task."""

    marks: frozenset[str]
    """What is told apart by a word before it: the `number` of a `tracking number`."""

    opposites: frozenset[tuple[str, str]]
    """The words of a pair that share the noun of the second: `start and end date`."""

    superlatives: frozenset[str]
    """What picks one of some things and names none: `the highest bid`."""

    compounds: frozenset[str]
    """The plurals that begin the name of a thing: `sales order`."""

    handling: frozenset[str]
    """What a system does with what is stored there: it `tracks` it."""

    units: frozenset[str]
    """The phrases that say what a number counts: `in kg`."""

    businesses: frozenset[str]
    """What does things with what is stored, as a `company` does."""

    admins: frozenset[str]
    """Who has rights by being who they are: what an `admin` can do, others cannot."""

    states: frozenset[str]
    """What tells which of some things is meant: the `completed` of completed tasks."""

    nobody: frozenset[str]
    """Who is nobody in particular: `anyone`."""

    only_verbs: frozenset[str]
    """The verbs that begin no name of a thing: `write`, but not `order`."""

    dealing: frozenset[str]
    """What a business does with what it stores: a shop `sells` it."""

    changes: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]
    """Like `commands`, for what opens a change of a project that is there."""

    lacks: frozenset[str]
    """The phrases that say what a thing shall no longer have."""

    vague: frozenset[str]
    """What is no name of anything: `something`."""

    tails: frozenset[str]
    """What follows a feature and says nothing more: `needed`."""

    headings: frozenset[str]
    """What stands above a list and says nothing: `requirements`."""

    places: frozenset[str]
    """The words that say where a change belongs."""

    nouns: Mapping[str, str]
    """What a noun says a name is: `field`, `link` or `entity`."""


@cache
def lexicon() -> Lexicon:
    """Return the lexicon."""
    data = load_data("lexicon.yaml")
    features = _inverted(data["features"])
    capabilities = _inverted(data["capabilities"])
    domains = {noun: each.domain for each in catalogues() for noun in each.nouns}
    terminals = {word: kind for kind, words in data["terminals"].items() for word in words}
    terminals |= dict.fromkeys(_passives(data["passives"]), "BELONGS")
    terminals |= dict.fromkeys(data["lacks"], "NOT")
    terminals |= dict.fromkeys(domains, "DOMAIN")
    terminals |= dict.fromkeys(features, "FEATURE")
    terminals |= dict.fromkeys(capabilities, "CAPABILITY")
    return Lexicon(
        phrases=_indexed(terminals),
        commands=_indexed(
            dict.fromkeys(data["openers"], "FOR") | dict.fromkeys(data["commands"], "COMMAND")
        ),
        verbs=_indexed(_verbs(data["verbs"])),
        features=MappingProxyType(features),
        capabilities=MappingProxyType(capabilities),
        domains=MappingProxyType(domains),
        participles=MappingProxyType(data["verbs"]["many"]),
        adjectives=frozenset(data["adjectives"]),
        collectives=frozenset(data["collectives"]),
        choices=frozenset(data["choices"]),
        dealing=frozenset(data["dealing"]),
        businesses=frozenset(data["businesses"]),
        admins=frozenset(data["admins"]),
        states=frozenset(data["states"]),
        nobody=frozenset(data["nobody"]),
        only_verbs=frozenset(data["only_verbs"]),
        units=frozenset(data["terminals"]["IN_UNIT"]),
        handling=frozenset(third_person(verb) for verb in data["openers"]),
        marks=frozenset(data["marks"]),
        opposites=frozenset((first, second) for first, second in data["opposites"]),
        superlatives=frozenset(data["superlatives"]),
        compounds=frozenset(data["compounds"]),
        changes=_indexed(_inverted(data["changes"])),
        lacks=frozenset(data["lacks"]),
        vague=frozenset(data["vague"]),
        tails=frozenset(data["tails"]),
        headings=frozenset(data["headings"]),
        places=frozenset(data["places"]),
        nouns=MappingProxyType(
            _inverted(
                {
                    "field": data["member_nouns"],
                    "link": data["link_nouns"],
                    "entity": data["entity_nouns"],
                }
            )
        ),
    )


def third_person(verb: str) -> str:
    """Return how a verb follows `she`: `publish` → `publishes`."""
    head, _, tail = verb.partition(" ")
    if head.endswith("y") and head[-2:-1] not in "aeiou":
        return f"{head[:-1]}ies {tail}".strip()
    ending = "es" if head.endswith(("s", "sh", "ch", "x")) else "s"
    return f"{head}{ending} {tail}".strip()


def _passives(participles: Iterable[str]) -> Iterable[str]:
    for participle in participles:
        for copula in ("", "is ", "are ", "was ", "were ", "must be ", "it's ", "they're "):
            yield f"{copula}{participle} by"


def _verbs(groups: Mapping[str, Iterable[str]]) -> dict[str, str]:
    verbs: dict[str, str] = {}
    for group, words in groups.items():
        for word in words:
            verbs[word] = verbs[third_person(word)] = f"VERB_{group.upper()}"
    return verbs


def _inverted(groups: Mapping[str, Iterable[str]]) -> dict[str, str]:
    return {word: name for name, words in groups.items() for word in words}


def _indexed(
    phrases: Mapping[str, str],
) -> Mapping[str, tuple[tuple[tuple[str, ...], str], ...]]:
    index: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for phrase, kind in phrases.items():
        words = tuple(phrase.split())
        index.setdefault(words[0], []).append((words, kind))
    return {
        first: tuple(sorted(options, key=lambda option: -len(option[0])))
        for first, options in index.items()
    }
