"""Makes rows of a running project, with the rows that they must point to."""

from http import HTTPStatus
from typing import Any

import httpx

from generator_svc.assessment.gates.openapi import Document
from generator_svc.assessment.resources import Resource
from generator_svc.assessment.samples import Sampler
from generator_svc.assessment.signin import Account
from generator_svc.domain.spec import Entity, FieldType, ProjectSpec, Relation, RelationKind

Row = dict[str, Any]


class CannotCreateError(Exception):
    """The server refused a row that its document allows; the message tells its answer."""


class Rows:
    """Creates rows through the API, each different from the ones before.

    Args:
        client: Speaks to the server.
        document: Its OpenAPI document.
        spec: What it was made from.
        resources: The routes of each entity.
    """

    def __init__(
        self,
        client: httpx.AsyncClient,
        document: Document,
        spec: ProjectSpec,
        resources: dict[str, Resource],
    ) -> None:
        self.client = client
        self.sampler = Sampler(document)
        self.resources = resources
        self._entities = {entity.name: entity for entity in spec.entities}
        self._number = 0

    async def create(self, name: str, account: Account | None = None, **values: Any) -> Row:
        """Create a row with what is required, and some values.

        Raises:
            CannotCreateError: The server refuses it.
        """
        body = await self.body(name, account, **values)
        resource = self.resources[name]
        headers = account.headers if account else {}
        response = await self.client.post(resource.collection, json=body, headers=headers)
        if response.status_code != HTTPStatus.CREATED:
            told = f"POST {resource.collection} answers {response.status_code} to {body}"
            raise CannotCreateError(f"{told}: {response.text[:300]}")
        row: Row = response.json()
        return row

    async def body(
        self, name: str, account: Account | None = None, *, whole: bool = False, **values: Any
    ) -> Row:
        """Return a body that creates a row; the rows it must point to are created."""
        self._number += 1
        resource = self.resources[name]
        body = self.sampler.body(resource.create_schema, self._number, whole=whole)
        properties = self.sampler.properties(resource.create_schema)
        for key in _unique_defaults(self._entities[name]) & properties.keys():
            body[key] = self.sampler.sample(properties[key], self._number)
        for key in _scarce(self._entities[name]):
            body.pop(key, None)
        for relation in to_one(self._entities[name]):
            key = self.key_of(name, relation)
            if relation.required and key not in values:
                body[key] = (await self.create(relation.target, account))["id"]
            else:
                body.pop(key, None)
        return body | values

    def key_of(self, name: str, relation: Relation) -> str:
        """Return the property that holds the key of a relation to one.

        Raises:
            CannotCreateError: There is none.
        """
        resource = self.resources[name]
        properties = self.sampler.properties(resource.create_schema)
        key = resource.key_of(relation, properties)
        if key is None:
            raise CannotCreateError(f"POST {resource.collection} takes no key of {relation.name!r}")
        return key


def _unique_defaults(entity: Entity) -> set[str]:
    """Return the fields that only one row can leave to their defaults."""
    grouped = {name for group in entity.unique_together for name in group}
    return {
        field.name
        for field in entity.fields
        if field.has_default and (field.unique or field.name in grouped)
    }


def _scarce(entity: Entity) -> set[str]:
    """Return the optional fields that only as many rows can have as there are values."""
    few = {FieldType.BOOLEAN, FieldType.ENUM}
    return {
        one.name for one in entity.fields if one.unique and one.type in few and not one.required
    }


def to_one(entity: Entity) -> list[Relation]:
    """Return the relations of an entity that lead to one row."""
    return [one for one in entity.relations if one.kind is not RelationKind.MANY_TO_MANY]
