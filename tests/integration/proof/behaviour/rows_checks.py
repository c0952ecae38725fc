"""What holds for the rows of every entity: they are made, read, changed, listed and deleted."""

import uuid
from typing import Any

from generator_svc.assessment.resources import Resource
from generator_svc.assessment.rows import Row
from generator_svc.domain.spec import Field, FieldType, PrimaryKey
from tests.integration.proof.behaviour.world import World, fields_of, meet, value_of

UNKNOWN_UUID = str(uuid.UUID(int=1, version=4))
UNKNOWN_BIGINT = 2**62
CONTROL = frozenset({"limit", "offset", "sort"})
"""What steers a list, so that a field of that name is asked for by another."""


def unknown_key(resource: Resource) -> object:
    """Return a key that no row has."""
    bigint = resource.entity.options.primary_key is PrimaryKey.BIGINT
    return UNKNOWN_BIGINT if bigint else UNKNOWN_UUID


async def creates_and_reads(world: World, resource: Resource) -> None:
    """Gives back what was stored, once at creation and again when asked."""
    name = resource.entity.name
    for whole in (False, True):
        body = await world.body(name, whole=whole)
        row = await world.expect(201, "POST", resource.collection, json=body)
        _same(resource, body, row)
        again = await world.expect(200, "GET", resource.item_of(row["id"]))
        meet(again == row, f"GET {resource.item} differs from what POST answered: {again} {row}")
        hidden = [field.name for field in resource.entity.fields if field.write_only]
        meet(not set(hidden) & row.keys(), f"write-only fields are shown: {hidden}")


async def changes(world: World, resource: Resource) -> None:
    """Changes what is sent and leaves the rest."""
    row = await world.create(resource.entity.name)
    path = resource.item_of(row["id"])
    fresh = await world.body(resource.entity.name, whole=True)
    unchanged = await world.expect(200, "PATCH", path, json={})
    meet(_stable(unchanged) == _stable(row), f"an empty PATCH changes {resource.item}")
    properties = world.rows.sampler.properties(resource.update_schema)
    sent: Row = {}
    for field in fields_of(resource.entity, readable=False):
        if field.immutable or field.name not in fresh:
            continue
        meet(field.name in properties, f"PATCH {resource.item} does not take {field.name}")
        sent[field.name] = fresh[field.name]
        changed = await world.expect(200, "PATCH", path, json={field.name: fresh[field.name]})
        _same(resource, sent, changed)
    _same(resource, sent, await world.expect(200, "GET", path))


async def takes_null(world: World, resource: Resource) -> None:
    """Empties what is optional, and refuses to empty what is required."""
    row = await world.create(resource.entity.name)
    path = resource.item_of(row["id"])
    for field in fields_of(resource.entity, readable=False):
        if field.immutable:
            continue
        status = 422 if field.required else (200, 422) if field.has_default else 200
        changed = await world.expect(status, "PATCH", path, json={field.name: None})
        if status == 200 and not field.write_only:
            meet(changed[field.name] is None, f"{field.name} is not emptied")


async def deletes(world: World, resource: Resource) -> None:
    """Deletes for good: the row is gone from every read."""
    row = await world.create(resource.entity.name)
    path = resource.item_of(row["id"])
    await world.expect(204, "DELETE", path)
    for method, json in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        await world.expect(404, method, path, json=json)
    ids = [one["id"] for one in await world.listed(resource.collection)]
    meet(row["id"] not in ids, f"a deleted row is listed by GET {resource.collection}")


async def knows_unknown(world: World, resource: Resource) -> None:
    """Answers 404 to an unknown key, 422 to what is none."""
    for method, json in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        await world.expect(404, method, resource.item_of(unknown_key(resource)), json=json)
        await world.expect(422, method, resource.item_of("no-key"), json=json)


async def defaults(world: World, resource: Resource) -> None:
    """Fills in what was left out."""
    filled = {field.name for field in resource.entity.fields if field.has_default}
    body = await world.body(resource.entity.name)
    body = {name: value for name, value in body.items() if name not in filled}
    row = await world.expect(201, "POST", resource.collection, json=body)
    for field in fields_of(resource.entity, writable=False):
        if field.has_default and field.name not in await _required(world, resource):
            expected = value_of(field, field.default)
            told = value_of(field, row[field.name])
            meet(told == expected, f"{field.name} is {told!r} instead of its default {expected!r}")


async def pages(world: World, resource: Resource) -> None:
    """Lists every row once, whatever the page and the order."""
    made = {(await world.create(resource.entity.name))["id"] for _ in range(5)}
    expected = {one["id"] for one in await world.listed(resource.collection)}
    meet(made <= expected, f"GET {resource.collection} leaves rows out")
    for order in _orders(resource):
        found: list[object] = []
        while True:
            page = await world.expect(
                200, "GET", resource.collection, params={**order, "limit": 2, "offset": len(found)}
            )
            meet(page["total"] == len(expected), f"total is {page['total']} of {len(expected)}")
            meet(len(page["items"]) <= 2, "a page is longer than its limit")
            if not page["items"]:
                break
            found += [one["id"] for one in page["items"]]
            meet(len(found) == len(set(found)), f"pages repeat rows, ordered by {order}")
        meet(set(found) == expected, f"pages leave rows out, ordered by {order}")
    for bad in ({"limit": 0}, {"limit": 10**6}, {"offset": -1}, {"limit": "x"}):
        await world.expect(422, "GET", resource.collection, params=bad)


async def sorts(world: World, resource: Resource) -> None:
    """Orders by numbers as numbers and by instants as instants, both ways."""
    comparable = (FieldType.INTEGER, FieldType.BIGINT, FieldType.DECIMAL, FieldType.DATETIME)
    choices = {next(iter(order.values())) for order in _orders(resource) if order}
    name = resource.entity.name
    for field in fields_of(resource.entity, *comparable):
        if field.name not in choices:
            continue
        for _ in range(3):
            body = await world.body(name, whole=True)
            await world.expect(201, "POST", resource.collection, json=body)
        rows = await world.listed(resource.collection, {"sort": field.name})
        values = [value_of(field, row[field.name]) for row in rows]
        known = [value for value in values if value is not None]
        meet(known == sorted(known), f"sorting by {field.name} gives {known}")
        back = await world.listed(resource.collection, {"sort": f"-{field.name}"})
        turned = [value_of(field, row[field.name]) for row in back]
        known = [value for value in turned if value is not None]
        meet(known == sorted(known, reverse=True), f"sorting by -{field.name} gives {known}")


async def filters(world: World, resource: Resource) -> None:
    """Finds a row by each of its values that can be filtered by."""
    body = await world.body(resource.entity.name, whole=True)
    row = await world.expect(201, "POST", resource.collection, json=body)
    for field in fields_of(resource.entity):
        name = f"{field.name}__eq" if field.name in CONTROL else field.name
        if name not in resource.list_parameters or field.name not in body:
            continue
        if field.type in (FieldType.JSON, FieldType.ARRAY, FieldType.BINARY):
            continue
        found = await world.listed(resource.collection, {name: _as_text(body[field.name])})
        ids = [one["id"] for one in found]
        meet(row["id"] in ids, f"filtering by {field.name} does not find the row")
        wrong = [one[field.name] for one in found if not _equal(field, one[field.name], body)]
        meet(not wrong, f"filtering by {field.name}={body[field.name]!r} finds {wrong}")


def _equal(field: Field, told: Any, body: Row) -> bool:
    return bool(value_of(field, told) == value_of(field, body[field.name]))


def _as_text(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _orders(resource: Resource) -> list[dict[str, str]]:
    schema = resource.list_parameters.get("sort", {})
    choices = [one for part in (schema, *schema.get("anyOf", [])) for one in part.get("enum", [])]
    return [{}, *({"sort": one} for one in choices)]


async def _required(world: World, resource: Resource) -> set[str]:
    return set(world.rows.sampler.resolved(resource.create_schema).get("required", []))


def _same(resource: Resource, sent: Row, row: Row) -> None:
    fields = {field.name: field for field in resource.entity.fields}
    for name, value in sent.items():
        field = fields.get(name)
        if field is not None and not field.write_only:
            meet(name in row, f"{name} is missing from the answer")
            told, expected = value_of(field, row[name]), value_of(field, value)
            meet(told == expected, f"{name} is {told!r} after {expected!r} was sent")
        elif field is None:
            meet(row.get(name) == value, f"{name} is {row.get(name)!r} after {value!r} was sent")


def _stable(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "updated_at"}
