"""What a field is, from its name, and what users call the types."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any

from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import Field, FieldType
from generator_svc.planner.document import read_single_field
from generator_svc.planner.resources import load_data

_VALUE_LIKE = frozenset({FieldType.BOOLEAN, FieldType.ENUM, FieldType.DATETIME})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    names: Mapping[str, Mapping[str, Any]]
    affixes: tuple[tuple[str, str, Mapping[str, Any]], ...]
    words: Mapping[str, FieldType]
    units: Mapping[str, FieldType]
    people: frozenset[str]
    owners: frozenset[str]
    shared: frozenset[str]
    apart: frozenset[str]
    things: frozenset[str]
    records: frozenset[str]
    defaults: Mapping[str, tuple[Field, ...]]
    agents: Mapping[str, str]


def field_from_name(name: str) -> tuple[Field, str]:
    """Return what a field of this name usually is, and the rule that says so."""
    keys = _keys_of(snake_case(name))
    rule = "field_type_from_name" if keys is not None else "string_by_default"
    described = {"name": name, **(keys if keys is not None else {"type": "string"})}
    return read_single_field(described), rule


def is_known_name(name: str) -> bool:
    """Tell whether the name alone says what the field is."""
    return _keys_of(snake_case(name)) is not None


def is_field_name(name: str) -> bool:
    """Tell whether a name is that of a field and not rather a value: `city`, not `archived`."""
    return is_known_name(name) and field_from_name(name)[0].type not in _VALUE_LIKE


def type_word(word: str) -> FieldType | None:
    """Return the type that a user's word for it means, if it is one."""
    return _rules().words.get(word.strip().lower().replace("_", " "))


def type_of_unit(unit: str) -> FieldType:
    """Return the type of what is counted in a unit: `in minutes`, `in kg`."""
    return _rules().units.get(unit.lower().removeprefix("in "), FieldType.FLOAT)


def is_person(name: str) -> bool:
    """Tell whether a name is what a user is to a row: its author, its owner."""
    return snake_case(name) in _rules().people


def is_owner(name: str) -> bool:
    """Tell whether a name is what whoever made a row is to it."""
    return snake_case(name) in _rules().owners


def is_shared(name: str) -> bool:
    """Tell whether what a name names is usually shared, as tags are."""
    return _last_word(name) in _rules().shared


def is_apart(name: str) -> bool:
    """Tell whether one row has it to itself, as a user has a profile."""
    return _last_word(name) in _rules().apart


def is_thing(name: str) -> bool:
    """Tell whether a name that is known as a field's is a thing of its own in the plural."""
    return _last_word(name) in _rules().things


def is_record(name: str) -> bool:
    """Tell whether an entity is what it ties together, and needs no name."""
    return _last_word(name) in _rules().records


def default_fields(name: str) -> tuple[Field, ...]:
    """Return what an entity has that is only named."""
    return _rules().defaults.get(_last_word(name), ())


def _last_word(name: str) -> str:
    return snake_case(name).rpartition("_")[2]


def agent_of(verb: str) -> str:
    """Return what the user is to a row by what the verb says they do to it."""
    words = verb.lower().split()
    agents = _rules().agents
    return next((agents[stem] for word in words for stem in _stems(word) if stem in agents), "")


def _stems(word: str) -> tuple[str, ...]:
    irregular = {"written": "write", "made": "create", "taught": "teach", "led": "lead"}
    bare = [word, word.removesuffix("d"), word.removesuffix("ed"), irregular.get(word, "")]
    return (*bare, bare[2][:-1], word.removesuffix("s"), word.removesuffix("es"))


def _keys_of(name: str) -> Mapping[str, Any] | None:
    rules = _rules()
    if name in rules.names:
        return rules.names[name]
    if (bare := _without_bound(name)) in rules.names:
        return rules.names[bare]
    return next(
        (
            keys
            for affix, side, keys in rules.affixes
            if (name.endswith(f"_{affix}") if side == "end" else name.startswith(f"{affix}_"))
        ),
        None,
    )


def _without_bound(name: str) -> str:
    """Return the price of `price_per_night`, and the salary of `max_salary`."""
    bare = name.partition("_per_")[0]
    for bound in ("min", "max", "minimum", "maximum"):
        bare = bare.removeprefix(f"{bound}_").removesuffix(f"_{bound}")
    return bare


@cache
def _rules() -> _Rules:
    data = load_data("field_types.yaml")
    names: dict[str, Mapping[str, Any]] = {}
    affixes: list[tuple[str, str, Mapping[str, Any]]] = []
    for rule in data["rules"]:
        for name in rule.get("names", ()):
            names.setdefault(name, rule["field"])
        affixes += [(affix, "start", rule["field"]) for affix in rule.get("starts", ())]
        affixes += [(affix, "end", rule["field"]) for affix in rule.get("ends", ())]
    return _Rules(
        names=MappingProxyType(names),
        affixes=tuple(affixes),
        words=MappingProxyType({word: FieldType(kind) for word, kind in data["words"].items()}),
        units=MappingProxyType(
            {unit: FieldType(kind) for kind, units in data["units"].items() for unit in units}
        ),
        people=frozenset(data["people"]),
        owners=frozenset(data["owners"]),
        shared=frozenset(data["shared"]),
        apart=frozenset(data["apart"]),
        things=frozenset(data["things"]),
        records=frozenset(data["records"]),
        defaults=MappingProxyType(
            {
                entity: tuple(read_single_field(field) for field in default["fields"])
                for default in data["defaults"]
                for entity in default["entities"]
            }
        ),
        agents=MappingProxyType(data["agents"]),
    )
