"""T3: requests that careless servers choke on; no answer is a 5xx, and lists still answer."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from generator_svc.assessment.gates.openapi import operations
from generator_svc.assessment.gates.served import Attack, Target
from generator_svc.assessment.samples import CannotSampleError, Sampler

_HUGE = 10**30
_DEPTH = 100_000
_NUL = "a\x00b"
_SURROGATE = "\ud800"
_JSON = {"Content-Type": "application/json"}

QUERIES: Mapping[str, str] = {
    "a huge number": str(_HUGE),
    "a negative number": "-1",
    "not a number": "NaN",
    "a dunder": "__class__",
    "SQL": "id'; DROP TABLE x; --",
    "NUL": "%00",
    "broken UTF-8": "%ED%A0%80",
    "a far year": "9999-12-31T23:59:59-14:00",
}
"""What every parameter of a list is tried with, by what it is."""

KEYS: Mapping[str, str] = {
    "a huge number": str(_HUGE),
    "NUL": "%00",
    "broken UTF-8": "%FF%FE",
    "a path upwards": "..%2F..%2Fetc%2Fpasswd",
}
"""What every key in a path is tried with, by what it is."""

BODIES: Mapping[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{'a': 1",
    "a list": b"[]",
    "a scalar": b"1",
    "null": b"null",
    "broken UTF-8": b'{"a": "\xff\xfe"}',
    "a lone surrogate as a key": b'{"\\ud800": 1}',
    "deep nesting": b'{"a":' + b"[" * _DEPTH + b"]" * _DEPTH + b"}",
    "a huge number": b'{"a": ' + b"9" * 5_000 + b"}",
}
"""What every body is tried with as a whole, by what it is."""

VALUES: Mapping[str, Any] = {
    "NUL": _NUL,
    "a lone surrogate": _SURROGATE,
    "a huge number": _HUGE,
    "a huge negative number": -_HUGE,
    "infinity": float("inf"),
    "not a number": float("nan"),
    "true": True,
    "a far year": "9999-12-31T23:59:59-14:00",
    "an early year": "0001-01-01T00:00:00+14:00",
    "NUL within": {"a\x00": [_NUL, {"b": _SURROGATE}]},
}
"""What every property of a body is tried with, by what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """One request, and what is bad about it."""

    what: str
    method: str
    path: str
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class PoisonProbe(Attack):
    """Sends some fifteen kinds of poison to every operation that could take them."""

    async def attack(self, target: Target) -> list[str]:
        """Send every poison, then ask every list."""
        findings = [await _send(target, poison) for poison in _poisons(target)]
        return [*filter(None, findings), *await _ask_lists(target)]


async def _send(target: Target, poison: Poison) -> str:
    told = f"{poison.what}: {poison.method.upper()} {poison.path[:150]}"
    try:
        response = await target.client.request(
            poison.method,
            poison.path,
            content=poison.content,
            headers={**target.headers, **poison.headers},
        )
    except httpx.TransportError as error:
        return f"{told} gets no answer: {error!r}"
    failed = response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR
    return f"{told} answers {response.status_code}" if failed else ""


async def _ask_lists(target: Target) -> list[str]:
    findings = []
    for path in _lists(target):
        response = await target.client.get(path, headers=dict(target.headers))
        refused = response.status_code in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
        if response.status_code != HTTPStatus.OK and not refused:
            findings.append(f"after the poison GET {path} answers {response.status_code}")
    return findings


def _lists(target: Target) -> Iterator[str]:
    for method, path, _ in operations(target.document):
        if method == "get" and "{" not in path:
            yield path


def _poisons(target: Target) -> Iterator[Poison]:
    sampler = Sampler(target.document)
    for method, path, operation in operations(target.document):
        yield from _in_query(method, path, operation)
        yield from _in_path(method, path)
        yield from _in_body(method, _filled(path, "1"), operation, sampler)


def _in_query(method: str, path: str, operation: Mapping[str, Any]) -> Iterator[Poison]:
    for parameter in operation.get("parameters", []):
        if parameter["in"] != "query" or "{" in path:
            continue
        for what, value in QUERIES.items():
            told = f"{what} as {parameter['name']}"
            yield Poison(what=told, method=method, path=f"{path}?{_quoted(parameter)}={value}")


def _quoted(parameter: Mapping[str, Any]) -> str:
    return "".join(f"%{byte:02X}" for byte in str(parameter["name"]).encode())


def _in_path(method: str, path: str) -> Iterator[Poison]:
    if "{" not in path:
        return
    for what, value in KEYS.items():
        yield Poison(what=f"{what} as a key", method=method, path=_filled(path, value))


def _filled(path: str, value: str) -> str:
    return "/".join(value if part.startswith("{") else part for part in path.split("/"))


def _in_body(
    method: str, path: str, operation: Mapping[str, Any], sampler: Sampler
) -> Iterator[Poison]:
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
    if not schema:
        return
    for what, content in BODIES.items():
        yield Poison(
            what=f"{what} as a body", method=method, path=path, content=content, headers=_JSON
        )
    yield Poison(what="a body of no type", method=method, path=path, content=b"a=1")
    yield from _in_properties(method, path, schema.get("schema", {}), sampler)


def _in_properties(
    method: str, path: str, schema: Mapping[str, Any], sampler: Sampler
) -> Iterator[Poison]:
    try:
        body = sampler.body(schema, 1)
    except CannotSampleError:
        body = {}
    for name in sampler.properties(schema):
        for what, value in VALUES.items():
            content = json.dumps(body | {name: value}).encode()
            told = f"{what} as {name}"
            yield Poison(what=told, method=method, path=path, content=content, headers=_JSON)
