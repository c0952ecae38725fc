"""What is refused: values that their field does not take, and what nobody may set."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from generator_svc.assessment.resources import Resource
from generator_svc.assessment.rows import to_one
from generator_svc.domain.spec import Field, FieldType
from tests.integration.proof.behaviour.rows_checks import CONTROL, unknown_key
from tests.integration.proof.behaviour.world import World, fields_of, meet

NUMBERS = (FieldType.INTEGER, FieldType.BIGINT, FieldType.FLOAT, FieldType.DECIMAL)
TEXTS = (FieldType.STRING, FieldType.TEXT)

WRONG: dict[FieldType, tuple[Any, ...]] = {
    FieldType.STRING: (1, True, [], {}, "nul\x00", "\ud800"),
    FieldType.TEXT: (1, True, [], {}, "nul\x00", "\ud800"),
    FieldType.INTEGER: ("x", "1", 1.5, True, [], 2**31, -(2**31) - 1, 10**40),
    FieldType.BIGINT: ("x", "1", 1.5, True, [], 2**63, -(2**63) - 1, 10**40),
    FieldType.FLOAT: ("x", "1.5", True, []),
    FieldType.DECIMAL: ("x", True, [], "NaN", "Infinity", "1e400", "1.2.3", ""),
    FieldType.BOOLEAN: ("x", 2, [], "true", 1),
    FieldType.DATE: ("x", 1, "2024-02-30", "2024-02-29T10:00:00Z", ""),
    FieldType.TIME: ("x", 1, "24:61:00", ""),
    FieldType.DATETIME: ("x", 1, "2024-02-29", "2024-02-29T10:00:00", "", "10000-01-01T00:00:00Z"),
    FieldType.DURATION: ("x", 1, "P1Y1X", ""),
    FieldType.UUID: ("x", 1, ""),
    FieldType.EMAIL: ("x", 1, "a@", "@b.example", "a b@example.com", ""),
    FieldType.URL: ("x", 1, "javascript:alert(1)", "ftp://example.com/", ""),
    FieldType.SLUG: ("A b", 1, "-a", "a--b", "", "ä"),
    FieldType.ENUM: ("no such value", 1, True, []),
    FieldType.JSON: (),
    FieldType.BINARY: (1, "***", "A"),
    FieldType.ARRAY: ("x", 1, {}, [None]),
}


async def refuses_wrong_values(world: World, resource: Resource) -> None:
    """Refuses each value of the wrong type or beyond the bounds, in POST and PATCH."""
    good = await world.body(resource.entity.name)
    row = await world.expect(201, "POST", resource.collection, json=good)
    for field in fields_of(resource.entity, readable=False):
        for value in (*WRONG[field.type], *_beyond(field)):
            body = good | {field.name: value}
            await world.expect(422, "POST", resource.collection, json=_plain(body))
            if not field.immutable:
                await world.expect(
                    422, "PATCH", resource.item_of(row["id"]), json=_plain({field.name: value})
                )


async def takes_bounds(world: World, resource: Resource) -> None:
    """Takes the values at the very bounds."""
    for field in fields_of(resource.entity, *NUMBERS):
        for value in _at_bounds(field):
            if field.unique or _in_group(resource, field):
                continue
            body = await world.body(resource.entity.name, **{field.name: value})
            row = await world.expect(201, "POST", resource.collection, json=body)
            told = row[field.name]
            same = Decimal(str(told)) == Decimal(str(value))
            meet(same, f"{field.name} is {told!r} after {value!r} was sent")


async def keeps_decimals_exact(world: World, resource: Resource) -> None:
    """Gives every digit of a decimal back."""
    for field in fields_of(resource.entity, FieldType.DECIMAL):
        if field.minimum or field.maximum or field.unique or _in_group(resource, field):
            continue
        value = _all_digits(field)
        body = await world.body(resource.entity.name, **{field.name: value})
        row = await world.expect(201, "POST", resource.collection, json=body)
        meet(isinstance(row[field.name], str), f"the decimal {field.name} is no string")
        meet(Decimal(row[field.name]) == Decimal(value), f"{field.name} loses digits of {value}")


async def keeps_instants(world: World, resource: Resource) -> None:
    """Gives instants back in UTC, whatever zone they came in."""
    for field in fields_of(resource.entity, FieldType.DATETIME):
        if field.unique or field.minimum or field.maximum:
            continue
        for sent, kept in (
            ("2024-03-31T02:30:00.123456+02:00", "2024-03-31T00:30:00.123456"),
            ("2024-02-29T23:59:59-14:00", "2024-03-01T13:59:59"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00"),
            ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999"),
        ):
            body = await world.body(resource.entity.name, **{field.name: sent})
            row = await world.expect(201, "POST", resource.collection, json=body)
            told = row[field.name].replace("Z", "").replace("+00:00", "")
            meet(told == kept, f"{field.name} is {row[field.name]} after {sent} was sent")
            read = await world.expect(200, "GET", resource.item_of(row["id"]))
            meet(read[field.name] == row[field.name], f"{field.name} is read as {read[field.name]}")


async def requires(world: World, resource: Resource) -> None:
    """Refuses to leave out, or to empty, what is required."""
    good = await world.body(resource.entity.name)
    keys = [
        world.rows.key_of(resource.entity.name, one)
        for one in to_one(resource.entity)
        if one.required
    ]
    required = [
        field.name for field in resource.entity.fields if field.required and not field.has_default
    ]
    for name in (*required, *keys):
        without = {key: value for key, value in good.items() if key != name}
        refused = await world.expect(422, "POST", resource.collection, json=without)
        meet(name in str(refused), f"the refusal does not name {name}: {refused}")
        await world.expect(422, "POST", resource.collection, json=good | {name: None})


async def refuses_mass_assignment(world: World, resource: Resource) -> None:
    """Refuses what nobody may set: keys, times, owners, tenants, what is unknown or read-only."""
    good = await world.body(resource.entity.name)
    row = await world.expect(201, "POST", resource.collection, json=good)
    path = resource.item_of(row["id"])
    own = {field.name for field in resource.entity.fields}
    implied = {"id", "created_at", "updated_at", "deleted_at", "owner_id", "tenant_id", "is_admin"}
    read_only = {field.name for field in resource.entity.fields if field.read_only}
    for name in sorted((implied - own) | read_only):
        value = row.get(name, "x")
        await world.expect(422, "POST", resource.collection, json=good | {name: value})
        await world.expect(422, "PATCH", path, json={name: value})
    for field in resource.entity.fields:
        if field.immutable and not field.read_only:
            await world.expect(422, "PATCH", path, json={field.name: good.get(field.name, "x")})
    after = await world.expect(200, "GET", path)
    meet(after == row, f"a refused request changed {resource.item}")


async def refuses_injection(world: World, resource: Resource) -> None:
    """Refuses orders and filters beyond the closed set, and takes values as values."""
    await world.create(resource.entity.name)
    before = len(await world.listed(resource.collection))
    for order in ("__class__", "id; DROP TABLE x", "id DESC--", "(SELECT 1)", "metadata.tables"):
        await world.expect(422, "GET", resource.collection, params={"sort": order})
    for name in ("__class__", "no_such_field", "id__in", "owner.password"):
        await world.expect(422, "GET", resource.collection, params={name: "x"})
    for name, schema in resource.list_parameters.items():
        if name in CONTROL:
            continue
        for value in ("' OR '1'='1", '" OR ""="', "%", "_", "\\", "1); DROP TABLE x; --"):
            answer = await world.ask("GET", resource.collection, params={name: value})
            meet(
                answer.status_code in (200, 422),
                f"GET {resource.collection} {name}={value!r} answers {answer.status_code}",
            )
            if answer.status_code == 200 and "OR" in value:
                meet(not answer.json()["items"], f"{name}={value!r} finds rows: {schema}")
    after = len(await world.listed(resource.collection))
    meet(after == before, "an injection changed the number of rows")


async def refuses_unknown_targets(world: World, resource: Resource) -> None:
    """Refuses a relation to a row that does not exist, and stores nothing then."""
    name = resource.entity.name
    for relation in to_one(resource.entity):
        key = world.rows.key_of(name, relation)
        unknown = unknown_key(world.resource(relation.target))
        body = await world.body(name, **{key: unknown})
        before = len(await world.listed(resource.collection))
        await world.expect((404, 409, 422), "POST", resource.collection, json=body)
        after = len(await world.listed(resource.collection))
        meet(after == before, f"a row with an unknown {relation.name} was stored")


def _beyond(field: Field) -> Iterator[Any]:
    if field.max_length is not None and field.type in TEXTS and field.max_length < 10_000:
        yield "a" * (field.max_length + 1)
    if field.min_length and field.type in TEXTS:
        yield "a" * (field.min_length - 1)
    if field.type is FieldType.ARRAY and field.max_length is not None and field.max_length < 1000:
        yield [None] * (field.max_length + 1)
    if field.type in (FieldType.INTEGER, FieldType.BIGINT):
        yield from (int(field.minimum) - 1,) if field.minimum else ()
        yield from (int(field.maximum) + 1,) if field.maximum else ()
    if field.type is FieldType.DECIMAL:
        yield from _beyond_decimal(field)


def _beyond_decimal(field: Field) -> Iterator[str]:
    precision, scale = field.precision or 12, field.scale or 0
    step = Decimal(1).scaleb(-scale)
    yield "1" + "0" * (precision - scale)
    yield f"0.{'0' * scale}1"
    yield from (format(Decimal(field.minimum) - step, "f"),) if field.minimum else ()
    yield from (format(Decimal(field.maximum) + step, "f"),) if field.maximum else ()


def _at_bounds(field: Field) -> list[Any]:
    told = [one for one in (field.minimum, field.maximum) if one is not None]
    if field.type is FieldType.DECIMAL:
        return list(told)
    kind = float if field.type is FieldType.FLOAT else int
    return [kind(one) for one in told]


def _all_digits(field: Field) -> str:
    precision, scale = field.precision or 12, field.scale or 0
    digits = ("1234567890" * 4)[:precision]
    whole, fraction = digits[: precision - scale] or "0", digits[precision - scale :]
    return f"{whole}.{fraction}" if fraction else whole


def _in_group(resource: Resource, field: Field) -> bool:
    return any(field.name in group for group in resource.entity.unique_together)


def _plain(body: dict[str, Any]) -> dict[str, Any]:
    return body
