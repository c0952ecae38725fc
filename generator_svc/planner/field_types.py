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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rules:
    names: Mapping[str, Mapping[str, Any]]
    affixes: tuple[tuple[str, str, Mapping[str, Any]], ...]
    words: Mapping[str, FieldType]
    people: frozenset[str]
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


def type_word(word: str) -> FieldType | None:
    """Return the type that a user's word for it means, if it is one."""
    return _rules().words.get(word.strip().lower().replace("_", " "))


def is_person(name: str) -> bool:
    """Tell whether a name is what a user is to a row: its author, its owner."""
    return snake_case(name) in _rules().people


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
    return next(
        (
            keys
            for affix, side, keys in rules.affixes
            if (name.endswith(f"_{affix}") if side == "end" else name.startswith(f"{affix}_"))
        ),
        None,
    )


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
        people=frozenset(data["people"]),
        agents=MappingProxyType(data["agents"]),
    )
