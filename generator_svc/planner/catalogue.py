"""The domain catalogues: data files that say what usually belongs to a blog, a shop, a library."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from generator_svc.domain.spec import Entity, JsonValue
from generator_svc.planner.document import spec_from_tree
from generator_svc.planner.resources import data_names, load_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """What usually belongs to one domain."""

    domain: str
    """Its name, as a request may give it."""

    version: int
    """Counts the changes of its content."""

    nouns: tuple[str, ...]
    """The words of a prompt that name it."""

    entities: tuple[Entity, ...]
    """What it usually stores."""

    optional: frozenset[str]
    """The entities that are planned only where the prompt names them."""

    aliases: Mapping[str, str]
    """From another name of an entity to its own."""

    def entity(self, name: str) -> Entity | None:
        """Return the entity of a name or an alias."""
        own = self.aliases.get(name, name)
        return next((entity for entity in self.entities if entity.name == own), None)


@cache
def catalogues() -> tuple[Catalogue, ...]:
    """Return every catalogue, by name."""
    names = data_names("catalogue")
    return tuple(_catalogue(load_data("catalogue", name)) for name in names)


def catalogue(domain: str) -> Catalogue | None:
    """Return the catalogue of a domain, if there is one."""
    return next((each for each in catalogues() if each.domain == domain), None)


def _catalogue(data: dict[str, Any]) -> Catalogue:
    entries = data["entities"]
    plain: list[JsonValue] = [
        {key: value for key, value in entry.items() if key not in {"alias", "optional"}}
        for entry in entries
    ]
    return Catalogue(
        domain=data["domain"],
        version=data["version"],
        nouns=tuple(data["nouns"]),
        entities=spec_from_tree({"entities": plain}).entities,
        optional=frozenset(entry["name"] for entry in entries if entry.get("optional")),
        aliases={alias: entry["name"] for entry in entries for alias in entry.get("alias", ())},
    )
