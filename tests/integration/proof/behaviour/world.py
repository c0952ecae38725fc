"""A running project under observation, and the words that checks are written in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from json import dumps
from typing import Any

import httpx
from pydantic import TypeAdapter

from generator_svc.assessment.resources import Resource
from generator_svc.assessment.rows import Row, Rows
from generator_svc.assessment.signin import Account, Accounts
from generator_svc.domain.spec import Entity, Field, FieldType, ProjectSpec

PAGE_WORDS = ("limit", "page_size")
SKIP_WORDS = ("offset", "page_token")


class NotMetError(Exception):
    """The project does not behave as its spec says; the message tells where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A running project, who calls it, and what it was made from."""

    client: httpx.AsyncClient
    spec: ProjectSpec
    rows: Rows
    accounts: Accounts
    admin: Account | None
    caller: Account | None
    """An account with every role that the spec names."""

    stranger: Account | None
    """Another one, with every role but that of admins, who see everything."""

    def resource(self, name: str) -> Resource:
        """Return the routes of an entity."""
        return self.rows.resources[name]

    async def create(self, name: str, **values: Any) -> Row:
        """Create a row."""
        return await self.rows.create(name, self.caller, **values)

    async def body(self, name: str, *, whole: bool = False, **values: Any) -> Row:
        """Return a body that creates a row."""
        return await self.rows.body(name, self.caller, whole=whole, **values)

    async def ask(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        by: Account | None = None,
    ) -> httpx.Response:
        """Send a request as the caller, or as somebody else."""
        account = by or self.caller
        headers = account.headers if account else {}
        content = None
        if json is not None:  # as ASCII: a lone surrogate must get through
            content = dumps(json).encode()
            headers |= {"Content-Type": "application/json"}
        return await self.client.request(
            method, path, params=params, headers=headers, content=content
        )

    async def expect(
        self,
        status: int | Sequence[int],
        method: str,
        path: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | None = None,
        by: Account | None = None,
    ) -> Any:
        """Send a request, expect a status, return the body.

        Raises:
            NotMetError: The status is another one.
        """
        response = await self.ask(method, path, json=json, params=params, by=by)
        wanted = [status] if isinstance(status, int) else status
        if response.status_code not in wanted:
            asked = f"{method} {path} {dict(params or {}) or ''} {_short(json)}".strip()
            told = f"answers {response.status_code} instead of {' or '.join(map(str, wanted))}"
            raise NotMetError(f"{asked} {told}: {response.text[:300]}")
        return response.json() if response.content else None

    async def listed(
        self, path: str, params: Mapping[str, Any] | None = None, *, by: Account | None = None
    ) -> list[Row]:
        """Return every row of a list, page by page.

        Raises:
            NotMetError: A row comes twice.
        """
        found: dict[object, Row] = {}
        while True:
            window = {"limit": 100, "offset": len(found)}
            page = await self.expect(200, "GET", path, params={**(params or {}), **window}, by=by)
            if not page["items"]:
                return list(found.values())
            for row in page["items"]:
                meet(row["id"] not in found, f"GET {path} {params} repeats rows")
                found[row["id"]] = row


def meet(condition: object, message: str) -> None:
    """Go on if something holds.

    Raises:
        NotMetError: It does not.
    """
    if not condition:
        raise NotMetError(message)


def fields_of(
    entity: Entity, *types: FieldType, writable: bool = True, readable: bool = True
) -> list[Field]:
    """Return the fields of some types that can be written and read back."""
    return [
        field
        for field in entity.fields
        if (not types or field.type in types)
        and not (writable and field.read_only)
        and not (readable and field.write_only)
    ]


def value_of(field: Field, told: Any) -> Any:
    """Return what a value on the wire means, so that two ways to write it are equal."""
    if told is None:
        return None
    if field.type is FieldType.ARRAY and field.items is not None:
        item = Field(name=field.name, type=field.items)
        return [value_of(item, one) for one in told]
    return _MEANINGS.get(field.type, lambda one: one)(told)


_MEANINGS: Mapping[FieldType, Any] = {
    FieldType.DECIMAL: Decimal,
    FieldType.DATE: date.fromisoformat,
    FieldType.TIME: time.fromisoformat,
    FieldType.DATETIME: lambda told: datetime.fromisoformat(told.upper()).astimezone(UTC),
    FieldType.DURATION: TypeAdapter(timedelta).validate_python,
    FieldType.UUID: str.lower,
}


def _short(json: Any) -> str:
    told = repr(json) if json is not None else ""
    return told if len(told) <= 200 else f"{told[:199]}…"
