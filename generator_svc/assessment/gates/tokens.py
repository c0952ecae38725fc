"""T3: a token that was tampered with opens nothing."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from generator_svc.assessment.gates.openapi import operations
from generator_svc.assessment.gates.served import Attack, NotApplicableError, Target

_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
_PARTS = 3
_DAY_SECONDS = 86_400

Claims = dict[str, Any]


class TamperedTokens(Attack):
    """Signs in, changes the token in every way known to work somewhere, and tries each."""

    async def attack(self, target: Target) -> list[str]:
        """Try each token on an operation that the good one opens.

        Raises:
            NotApplicableError: The project has no accounts, or no such operation.
        """
        if target.admin is None:
            raise NotApplicableError("the project has no authentication")
        path, good = await _opened(target), target.admin.access_token
        findings = []
        for what, token in _tampered(good, target.admin.tokens, target.served.launch.secret):
            status = await _status(target, path, f"Bearer {token}")
            if status != HTTPStatus.UNAUTHORIZED:
                findings.append(f"{what}: GET {path} answers {status} instead of 401")
        for what, header in (("no header", ""), ("no token", "Bearer"), ("Basic", "Basic eDp4")):
            status = await _status(target, path, header)
            if status != HTTPStatus.UNAUTHORIZED:
                findings.append(f"{what}: GET {path} answers {status} instead of 401")
        return findings


async def _opened(target: Target) -> str:
    for method, path, operation in operations(target.document):
        if method == "get" and "{" not in path and operation.get("security"):
            header = target.headers["Authorization"]
            if await _status(target, path, header) == HTTPStatus.OK:
                return path
    raise NotApplicableError("no operation without a key in its path needs authentication")


async def _status(target: Target, path: str, header: str) -> int:
    headers = {"Authorization": header} if header else {}
    return (await target.client.get(path, headers=headers)).status_code


def _tampered(good: str, tokens: Mapping[str, Any], secret: str) -> Iterator[tuple[str, str]]:
    yield "no token at all", "x"
    for name, other in tokens.items():
        if name not in ("access_token", "token_type", "expires_in") and isinstance(other, str):
            yield f"the {name} as an access token", other
    if good.count(".") != _PARTS - 1:
        return
    header, payload, signature = good.split(".")
    yield "a signature cut off", f"{header}.{payload}."
    yield "a signature of something else", f"{header}.{payload}.{_flipped(signature)}"
    yield "a changed payload", f"{header}.{_flipped(payload)}.{signature}"
    yield from _forged(_decoded(header), _decoded(payload), secret)


def _forged(header: Claims, claims: Claims, secret: str) -> Iterator[tuple[str, str]]:
    for algorithm in ("none", "None", "NONE"):
        unsigned = f"{_encoded(header | {'alg': algorithm})}.{_encoded(claims)}."
        yield f"the algorithm {algorithm}", unsigned
    yield "another key", _signed(header, claims, "0" * 64)
    yield "an empty key", _signed(header, claims, "")
    if header.get("alg") not in _HASHES:
        return
    for algorithm in _HASHES.keys() - {header["alg"]}:
        yield f"the algorithm {algorithm}", _signed(header | {"alg": algorithm}, claims, secret)
    for what, changed in _changed_claims(claims):
        yield what, _signed(header, changed, secret)


def _changed_claims(claims: Claims) -> Iterator[tuple[str, Claims]]:
    now = int(time.time())
    yield "an expired token", claims | {"exp": now - _DAY_SECONDS}
    yield "a token of tomorrow", claims | {"nbf": now + _DAY_SECONDS, "iat": now + _DAY_SECONDS}
    for name in ("exp", "sub", "aud", "iss"):
        if name in claims:
            yield f"no {name}", {key: value for key, value in claims.items() if key != name}
    for name in ("aud", "iss", "sub"):
        if name in claims:
            yield f"another {name}", claims | {name: "someone-else"}


def _signed(header: Claims, claims: Claims, secret: str) -> str:
    digest = _HASHES.get(header.get("alg", ""), hashlib.sha256)
    message = f"{_encoded(header)}.{_encoded(claims)}"
    signature = hmac.new(secret.encode(), message.encode(), digest).digest()
    return f"{message}.{_base64(signature)}"


def _flipped(part: str) -> str:
    middle = len(part) // 2
    other = "A" if part[middle] != "A" else "B"
    return part[:middle] + other + part[middle + 1 :]


def _decoded(part: str) -> Claims:
    padded = part + "=" * (-len(part) % 4)
    claims: Claims = json.loads(base64.urlsafe_b64decode(padded))
    return claims


def _encoded(claims: Claims) -> str:
    return _base64(json.dumps(claims, separators=(",", ":")).encode())


def _base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
