"""What holds between rows: uniqueness, deletion, links and soft deletion."""

from typing import Any

from generator_svc.assessment.resources import Resource
from generator_svc.assessment.rows import Row, to_one
from generator_svc.domain.naming import snake_case
from generator_svc.domain.spec import OnDelete, Relation, RelationKind
from tests.integration.proof.behaviour.rows_checks import unknown_key
from tests.integration.proof.behaviour.world import World, meet


async def keeps_unique(world: World, resource: Resource) -> None:
    """Refuses the same value twice, lets a row keep its own, and frees it on deletion."""
    properties = world.rows.sampler.properties(resource.create_schema)
    for field in resource.entity.fields:
        if not field.unique or field.read_only:
            continue
        first = await world.body(resource.entity.name, whole=True)
        first.setdefault(field.name, world.rows.sampler.sample(properties[field.name], 0))
        row = await world.expect(201, "POST", resource.collection, json=first)
        second = await world.body(resource.entity.name, whole=True)
        second[field.name] = first[field.name]
        await world.expect(409, "POST", resource.collection, json=second)
        if not field.immutable:
            other = await world.create(resource.entity.name)
            same = {field.name: first[field.name]}
            await world.expect(409, "PATCH", resource.item_of(other["id"]), json=same)
            await world.expect(200, "PATCH", resource.item_of(row["id"]), json=same)
        await world.expect(204, "DELETE", resource.item_of(row["id"]))
        await world.expect(201, "POST", resource.collection, json=second)


async def keeps_groups_unique(world: World, resource: Resource) -> None:
    """Refuses the same values of a group twice, and takes a difference in one of them."""
    relations = {one.name: one for one in to_one(resource.entity)}
    for group in resource.entity.unique_together:
        first = await world.body(resource.entity.name, whole=True)
        for name in group:
            if name in relations:
                target = await world.create(relations[name].target)
                first[world.rows.key_of(resource.entity.name, relations[name])] = target["id"]
        await world.expect(201, "POST", resource.collection, json=first)
        keys = [
            world.rows.key_of(resource.entity.name, relations[name]) if name in relations else name
            for name in group
        ]
        alone = {one.name for one in resource.entity.fields if one.unique}
        second = await world.body(resource.entity.name, whole=True)
        await world.expect(
            409, "POST", resource.collection, json=second | {key: first[key] for key in keys}
        )
        for key in keys:
            differing = {one: first[one] for one in keys if one != key}
            if alone & differing.keys():
                continue
            third = await world.body(resource.entity.name, whole=True)
            if third.get(key) is not None and third[key] != first[key]:
                await world.expect(201, "POST", resource.collection, json=third | differing)


async def follows_on_delete(world: World, resource: Resource) -> None:
    """Cascades, restricts or empties as the relation says."""
    for relation in to_one(resource.entity):
        key = world.rows.key_of(resource.entity.name, relation)
        target = await world.create(relation.target)
        row = await world.create(resource.entity.name, **{key: target["id"]})
        meet(row[key] == target["id"], f"{key} is {row[key]} after {target['id']} was sent")
        far = world.resource(relation.target).item_of(target["id"])
        near = resource.item_of(row["id"])
        if relation.on_delete is OnDelete.RESTRICT:
            await world.expect(409, "DELETE", far)
            await world.expect(200, "GET", far)
            meet((await world.expect(200, "GET", near))[key] == target["id"], "the row changed")
            await world.expect(204, "DELETE", near)
            await world.expect(204, "DELETE", far)
            continue
        await world.expect(204, "DELETE", far)
        if relation.on_delete is OnDelete.CASCADE:
            await world.expect(404, "GET", near)
        else:
            meet((await world.expect(200, "GET", near))[key] is None, f"{key} was not emptied")


async def keeps_one_to_one(world: World, resource: Resource) -> None:
    """Lets one row only point to a row through a one-to-one relation."""
    for relation in to_one(resource.entity):
        if relation.kind is not RelationKind.ONE_TO_ONE:
            continue
        key = world.rows.key_of(resource.entity.name, relation)
        target = await world.create(relation.target)
        await world.create(resource.entity.name, **{key: target["id"]})
        body = await world.body(resource.entity.name, **{key: target["id"]})
        await world.expect(409, "POST", resource.collection, json=body)


async def links(world: World, resource: Resource) -> None:
    """Links, lists, changes the values of a link, and unlinks; from both ends."""
    for relation in resource.entity.relations:
        if relation.kind is not RelationKind.MANY_TO_MANY:
            continue
        await _link(world, resource, relation, relation.name, relation.target)
        if relation.back:
            far = world.resource(relation.target)
            await _link(world, far, relation, relation.back, resource.entity.name)


async def _link(
    world: World, resource: Resource, relation: Relation, end: str, target: str
) -> None:
    path = link_path(resource, end)
    meet(path, f"no route links {end} below {resource.item}")
    row, other = await world.create(resource.entity.name), await world.create(target)
    base = fill(str(path), row["id"])
    at = f"{base}/{other['id']}"
    method, payload = _linking(world, resource, f"{path}/{{}}", relation)
    meet(not await world.listed(base), f"{base} is not empty at first")
    await world.expect((200, 201, 204), method, at, json=payload)
    await world.expect((200, 201, 204), method, at, json=payload)
    meet([one["id"] for one in await world.listed(base)] == [other["id"]], f"{base} lacks the link")
    unknown = unknown_key(world.resource(target))
    await world.expect(404, method, f"{base}/{unknown}", json=payload)
    mine = unknown_key(resource)
    await world.expect(404, method, f"{fill(str(path), mine)}/{other['id']}", json=payload)
    await world.expect(204, "DELETE", at)
    await world.expect(404, "DELETE", at)
    meet(not await world.listed(base), f"{base} keeps a removed link")
    await world.expect((200, 201, 204), method, at, json=payload)
    far = world.resource(target).item_of(other["id"])
    if end == relation.name and relation.on_delete is OnDelete.RESTRICT:
        await world.expect(409, "DELETE", far)
        await world.expect(204, "DELETE", at)
    await world.expect(204, "DELETE", far)
    meet(not await world.listed(base), f"{base} lists a deleted row")


def link_path(resource: Resource, end: str) -> str:
    """Return the path that lists one end of a many-to-many relation."""
    wanted = snake_case(end).replace("_", "-")
    for method, path in resource.operations:
        head, _, tail = path.rpartition("/")
        if method == "get" and head == resource.item and tail.replace("_", "-") == wanted:
            return path
    return ""


def fill(path: str, key: object) -> str:
    """Put a key into the one parameter of a path."""
    head, _, tail = path.partition("{")
    return f"{head}{key}{tail.partition('}')[2]}"


def _linking(
    world: World, resource: Resource, path: str, relation: Relation
) -> tuple[str, dict[str, Any] | None]:
    start = path.removesuffix("/{}")
    for (method, at), operation in resource.operations.items():
        if method in ("put", "post") and at.startswith(f"{start}/{{"):
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema")
            body = world.rows.sampler.body(schema, 1, whole=True) if schema else None
            meet((body is not None) == bool(relation.payload), f"{at} takes {body}")
            return method.upper(), body
    return "PUT", None


async def deletes_softly(world: World, resource: Resource) -> None:
    """Hides a softly deleted row, frees its values, refuses it as a target, restores it."""
    if not resource.entity.options.soft_delete:
        return
    body = await world.body(resource.entity.name, whole=True)
    row = await world.expect(201, "POST", resource.collection, json=body)
    path = resource.item_of(row["id"])
    await world.expect(204, "DELETE", path)
    await world.expect(404, "GET", path)
    await _refused_as_target(world, resource, row)
    restore = f"{path}/restore"
    for _ in range(2):
        restored = await world.expect(200, "POST", restore)
        meet(restored["id"] == row["id"], "another row was restored")
        await world.expect(200, "GET", path)
    if any(field.unique for field in resource.entity.fields):
        await world.expect(204, "DELETE", path)
        await world.expect(201, "POST", resource.collection, json=body)
        await world.expect(409, "POST", restore)


async def _refused_as_target(world: World, resource: Resource, row: Row) -> None:
    for entity in world.spec.entities:
        for relation in to_one(entity):
            if relation.target == resource.entity.name:
                key = world.rows.key_of(entity.name, relation)
                body = await world.body(entity.name, **{key: row["id"]})
                await world.expect(
                    (404, 409, 422), "POST", world.resource(entity.name).collection, json=body
                )
