"""T3: what belongs to one account, nobody else sees, changes or deletes."""

from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

from generator_svc.assessment.gates.served import Attack, NotApplicableError, Target
from generator_svc.assessment.gates.specs import spec_of
from generator_svc.assessment.resources import CannotFindError, Resource, resources_of
from generator_svc.assessment.rows import CannotCreateError, Rows
from generator_svc.assessment.signin import Account
from generator_svc.domain.validate_access import ADMIN


class OwnershipMatrix(Attack):
    """Lets one account make a row of each owned entity, and another one try to get at it."""

    async def attack(self, target: Target) -> list[str]:
        """Try every operation on every owned row as somebody else.

        Raises:
            NotApplicableError: The project has no spec, or nothing in it has an owner or tenant.
        """
        spec = spec_of(target.project)
        owned = [one for one in spec.entities if one.options.owner or one.options.tenant]
        if not owned:
            raise NotApplicableError("nothing has an owner or a tenant")
        try:
            resources = resources_of(target.document, spec)
            roles = [role for role in spec.features.roles if role != ADMIN]
            owner = await target.accounts.equipped(target.admin, roles)
            other = await target.accounts.equipped(target.admin, roles)
            rows = Rows(target.client, target.document, spec, resources)
            return [
                finding
                for entity in owned
                async for finding in _intrude(rows, resources[entity.name], owner, other)
            ]
        except (CannotFindError, CannotCreateError) as error:
            return [str(error)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Try:
    what: str
    method: str
    path: str
    status: HTTPStatus
    body: Mapping[str, Any] | None = None


async def _intrude(
    rows: Rows, resource: Resource, owner: Account, other: Account
) -> AsyncIterator[str]:
    client, path = rows.client, resource.collection
    row = await rows.create(resource.entity.name, owner)
    mine = await client.get(resource.item_of(row["id"]), headers=owner.headers)
    if mine.status_code != HTTPStatus.OK:
        yield f"its owner gets {mine.status_code} from GET {resource.item}"
    for one in _tries(resource, row["id"]):
        response = await client.request(one.method, one.path, json=one.body, headers=other.headers)
        if response.status_code != one.status:
            yield f"{one.what}: {one.method} {resource.item} answers {response.status_code}"
    if row["id"] in await _listed(client, path, other):
        yield f"a stranger sees the row in GET {path}"
    if row["id"] not in await _listed(client, path, owner):
        yield f"its owner does not see the row in GET {path}"
    still = await client.get(resource.item_of(row["id"]), headers=owner.headers)
    if still.content != mine.content:
        yield f"a stranger changed or deleted the row of {path}"
    nobody = await client.get(path)
    if nobody.status_code != HTTPStatus.UNAUTHORIZED:
        yield f"without a token GET {path} answers {nobody.status_code}"


def _tries(resource: Resource, key: object) -> list[_Try]:
    item = resource.item_of(key)
    methods = {method for method, path in resource.operations if path == resource.item}
    access = resource.entity.access
    reads, changes, deletes = map(_refusal, (access.read, access.update, access.delete))
    tries = [
        _Try(what="a stranger reads", method="GET", path=item, status=reads),
        _Try(what="a stranger changes", method="PATCH", path=item, status=changes, body={}),
        _Try(what="a stranger replaces", method="PUT", path=item, status=changes, body={}),
        _Try(what="a stranger deletes", method="DELETE", path=item, status=deletes),
    ]
    return [one for one in tries if one.method.lower() in methods]


def _refusal(roles: Collection[str]) -> HTTPStatus:
    """Return what a stranger gets who is no admin: 404, or 403 where only admins may."""
    return HTTPStatus.FORBIDDEN if set(roles) == {ADMIN} else HTTPStatus.NOT_FOUND


async def _listed(client: httpx.AsyncClient, path: str, account: Account) -> list[object]:
    body = (await client.get(path, headers=account.headers)).json()
    items = body if isinstance(body, list) else body.get("items", [])
    return [one["id"] for one in items]
