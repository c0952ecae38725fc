"""What holds between accounts: owners, tenants, roles and those without a token."""

from generator_svc.assessment.resources import Resource
from generator_svc.domain.validate_access import ADMIN
from tests.integration.proof.behaviour.world import World, meet

ACTIONS = (("create", "POST"), ("read", "GET"), ("update", "PATCH"), ("delete", "DELETE"))


async def needs_a_token(world: World, resource: Resource) -> None:
    """Lets nobody in without a token, and tells what is missing."""
    if world.caller is None:
        return
    row = await world.create(resource.entity.name)
    item = resource.item_of(row["id"])
    body = await world.body(resource.entity.name)
    for method, path, json in (
        ("GET", resource.collection, None),
        ("POST", resource.collection, body),
        ("GET", item, None),
        ("PATCH", item, {}),
        ("DELETE", item, None),
    ):
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Basic eDp4"}):
            response = await world.client.request(method, path, json=json, headers=headers)
            told = f"{method} {path} with {headers} answers {response.status_code}"
            meet(response.status_code == 401, told)
            meet("www-authenticate" in response.headers, f"{told} without WWW-Authenticate")


async def hides_from_strangers(world: World, resource: Resource) -> None:
    """Shows an owned row to its owner and to admins alone; 404, not 403, to others."""
    options = resource.entity.options
    if not options.owner and not options.tenant:
        return
    row = await world.create(resource.entity.name)
    path = resource.item_of(row["id"])
    access = resource.entity.access
    for roles, method, json in (
        (access.read, "GET", None),
        (access.update, "PATCH", {}),
        (access.delete, "DELETE", None),
    ):
        status = 403 if roles == (ADMIN,) else 404
        await world.expect(status, method, path, json=json, by=world.stranger)
    if access.read != (ADMIN,):
        seen = await world.listed(resource.collection, by=world.stranger)
        meet(row["id"] not in [one["id"] for one in seen], "a stranger sees the row in the list")
    await world.expect(200, "GET", path)


async def asks_for_roles(world: World, resource: Resource) -> None:
    """Refuses with 403 whoever lacks the role for an action."""
    if world.caller is None:
        return
    plain = await world.accounts.new()
    row = await world.create(resource.entity.name)
    path = resource.item_of(row["id"])
    hidden = resource.entity.options.owner or resource.entity.options.tenant
    for action, method in ACTIONS:
        roles = getattr(resource.entity.access, action)
        at = resource.collection if method == "POST" else path
        json = await world.body(resource.entity.name) if method == "POST" else {}
        body = json if method in ("POST", "PATCH") else None
        if roles:
            await world.expect(403, method, at, json=body, by=plain)
        elif not hidden and method != "POST":
            await world.expect((200, 204), method, at, json=body, by=plain)
