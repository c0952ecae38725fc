"""Which routes of a generated project serve which entity of its spec.

Learnt from the OpenAPI document: by the properties that creating an entity takes, then by its name.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from generator_svc.assessment.gates.openapi import Document, operations
from generator_svc.assessment.samples import Sampler, Schema
from generator_svc.domain.naming import kebab_case, plural, snake_case
from generator_svc.domain.spec import Entity, ProjectSpec, Relation, RelationKind

_METHODS_OF_AN_ITEM = ("patch", "put", "delete", "get")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """The routes and schemas of one entity."""

    entity: Entity
    collection: str
    """The path of the list, which takes POST too."""

    item: str
    """The path of one row; its parameter stands in braces."""

    create_schema: Schema
    update_schema: Schema
    list_parameters: Mapping[str, Schema]
    operations: Mapping[tuple[str, str], Mapping[str, Any]] = field(repr=False)
    """Every operation below the collection, by method and path."""

    def item_of(self, key: object) -> str:
        """Return the path of one row."""
        return f"{self.item[: self.item.index('{')]}{key}"

    def key_of(self, relation: Relation, properties: Mapping[str, Schema]) -> str | None:
        """Return the property that holds the key of a relation to one."""
        name = relation.name
        candidates = (f"{name}_id", f"{snake_case(name)}_id", f"{name}Id", f"{name} id", name)
        return next((one for one in candidates if one in properties), None)


class CannotFindError(Exception):
    """No routes were found for an entity; the message names it."""


def resources_of(document: Document, spec: ProjectSpec) -> dict[str, Resource]:
    """Return the resource of each entity, by its name.

    Raises:
        CannotFindError: An entity has no routes.
    """
    sampler = Sampler(document)
    posts = dict(_creating(document))
    found: dict[str, Resource] = {}
    ranked = sorted(
        (
            (-_likeness(entity, path, posts[path], sampler), entity.name, path)
            for entity in spec.entities
            for path in posts
        ),
    )
    by_name = {entity.name: entity for entity in spec.entities}
    taken: set[str] = set()
    for _, name, path in ranked:
        if name not in found and path not in taken:
            found[name] = _resource(by_name[name], path, posts[path], document)
            taken.add(path)
    if missing := by_name.keys() - found.keys():
        raise CannotFindError(f"no routes were found for {', '.join(sorted(missing))}")
    return found


def _creating(document: Document) -> Iterator[tuple[str, Schema]]:
    paths = document.get("paths", {})
    for method, path, operation in operations(document):
        has_list = "get" in paths[path]
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema")
        if method == "post" and has_list and schema is not None and "{" not in path:
            yield path, schema


def _likeness(entity: Entity, path: str, schema: Schema, sampler: Sampler) -> float:
    expected = {one.name for one in entity.fields if not one.read_only}
    to_one = [one for one in entity.relations if one.kind is not RelationKind.MANY_TO_MANY]
    expected |= {f"{one.name}_id" for one in to_one}
    actual = set(sampler.properties(schema))
    same = len(expected & actual) / len(expected | actual) if expected | actual else 1.0
    segment = path.rstrip("/").rpartition("/")[2]
    name = max(
        SequenceMatcher(None, kebab_case(one), segment.replace("_", "-")).ratio()
        for one in (plural(entity.name), snake_case(entity.name))
    )
    return round(same, 3) + name


def _resource(entity: Entity, path: str, schema: Schema, document: Document) -> Resource:
    below = {
        (method, at): operation
        for method, at, operation in operations(document)
        if at == path or at.startswith(f"{path.rstrip('/')}/")
    }
    item = next(
        (
            at
            for method in _METHODS_OF_AN_ITEM
            for (one, at) in below
            if one == method and at.count("/") == path.rstrip("/").count("/") + 1 and "{" in at
        ),
        f"{path.rstrip('/')}/{{id}}",
    )
    update = next(
        (below[method, item] for method in ("patch", "put") if (method, item) in below), {}
    )
    parameters = below["get", path].get("parameters", [])
    return Resource(
        entity=entity,
        collection=path,
        item=item,
        create_schema=schema,
        update_schema=_body_schema(update),
        list_parameters={
            one["name"]: one.get("schema", {}) for one in parameters if one["in"] == "query"
        },
        operations=below,
    )


def _body_schema(operation: Mapping[str, Any]) -> Schema:
    content = operation.get("requestBody", {}).get("content", {})
    schema: Schema = content.get("application/json", {}).get("schema", {})
    return schema
