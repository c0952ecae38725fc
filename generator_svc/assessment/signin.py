"""Accounts of a generated project: how they are made and how they sign in.

The routes are learnt from the OpenAPI document.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import httpx

from generator_svc.assessment.gates.openapi import Document, operations
from generator_svc.assessment.launch import ADMIN_EMAIL, ADMIN_PASSWORD
from generator_svc.assessment.samples import Sampler, Schema

_FORM = "application/x-www-form-urlencoded"
_JSON = "application/json"
_LOGIN_WORDS = ("login", "token", "sign-in", "signin", "session")
ACCOUNT_WORDS = ("account", "user", "auth")
_REGISTER_WORDS = ("register", "signup", "sign-up", "accounts", "users")


class SignInError(Exception):
    """An account could not be made or did not get in; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Somebody who may sign in, and the tokens that were given."""

    email: str
    password: str
    tokens: Mapping[str, Any]
    key: str = ""
    """Its id, if it was made here."""

    @property
    def access_token(self) -> str:
        """The token for requests."""
        return str(self.tokens.get("access_token", ""))

    @property
    def headers(self) -> dict[str, str]:
        """What a request of this account carries."""
        return {"Authorization": f"Bearer {self.access_token}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    path: str
    schema: Schema
    media: str = _JSON
    method: str = "post"


class Accounts:
    """Makes accounts and signs them in.

    Args:
        client: Speaks to the server.
        document: Its OpenAPI document.
    """

    def __init__(self, client: httpx.AsyncClient, document: Document) -> None:
        self._client = client
        self._sampler = Sampler(document)
        routes = [
            route
            for method, path, operation in operations(document)
            if method == "post" and (route := self._with_password(path, operation)) is not None
        ]
        self._login = _choose(routes, _LOGIN_WORDS)
        self._register = _choose([one for one in routes if one != self._login], _REGISTER_WORDS)
        self._grant = next(self._granting(document), None)

    @property
    def exist(self) -> bool:
        """Whether one can sign in at all."""
        return self._login is not None

    async def admin(self) -> Account:
        """Sign the first admin in, who comes from the environment."""
        return await self.sign_in(ADMIN_EMAIL, ADMIN_PASSWORD)

    async def new(self) -> Account:
        """Make an account and sign it in.

        Raises:
            SignInError: There is no route for it, or it refuses.
        """
        if self._register is None:
            raise SignInError("no route makes accounts")
        email = f"proof-{secrets.token_hex(6)}@example.com"
        password = secrets.token_urlsafe(24)
        response = await self._post(self._register, email, password)
        if response.status_code not in (HTTPStatus.OK, HTTPStatus.CREATED):
            told = f"{self._register.path} answers {response.status_code}: {response.text[:200]}"
            raise SignInError(told)
        account = await self.sign_in(email, password)
        return replace(account, key=str(response.json().get("id", "")))

    async def equipped(self, admin: Account | None, roles: Sequence[str]) -> Account:
        """Make an account with some roles, which the admin gives it, and sign it in.

        Raises:
            SignInError: A step of it is refused.
        """
        account = await self.new()
        if not roles or admin is None:
            return account
        if self._grant is None:
            raise SignInError("no route gives roles")
        path = _filled(self._grant.path, account.key)
        response = await self._client.request(
            self._grant.method, path, json={"roles": list(roles)}, headers=admin.headers
        )
        if response.is_error:
            told = f"{self._grant.path} answers {response.status_code}: {response.text[:200]}"
            raise SignInError(told)
        return await self.sign_in(account.email, account.password)

    async def sign_in(self, email: str, password: str) -> Account:
        """Trade an address and a password for tokens.

        Raises:
            SignInError: There is no route for it, or it refuses.
        """
        if self._login is None:
            raise SignInError("no route signs in")
        response = await self._post(self._login, email, password)
        if response.status_code != HTTPStatus.OK:
            told = f"{self._login.path} answers {response.status_code}: {response.text[:200]}"
            raise SignInError(told)
        return Account(email=email, password=password, tokens=response.json())

    async def _post(self, route: _Route, email: str, password: str) -> httpx.Response:
        properties = self._sampler.properties(route.schema)
        body = self._sampler.body(route.schema, 1)
        body["password"] = password
        body |= {name: email for name in ("email", "username") if name in properties}
        if route.media == _FORM:
            return await self._client.post(route.path, data=body)
        return await self._client.post(route.path, json=body)

    def _granting(self, document: Document) -> Iterator[_Route]:
        for method, path, operation in operations(document):
            one_account = path.count("{") == 1 and any(word in path for word in ACCOUNT_WORDS)
            schema = _schema(operation, _JSON) if one_account else None
            if (
                schema
                and method in ("patch", "put")
                and "roles" in self._sampler.properties(schema)
            ):
                yield _Route(path=path, schema=schema, method=method)

    def _with_password(self, path: str, operation: Mapping[str, Any]) -> _Route | None:
        for media in (_JSON, _FORM):
            schema = _schema(operation, media)
            properties = self._sampler.properties(schema or {})
            if (
                schema is not None
                and "password" in properties
                and "{" not in path
                and not operation.get("security")
            ):
                return _Route(path=path, schema=schema, media=media)
        return None


def _schema(operation: Mapping[str, Any], media: str) -> Schema | None:
    content = operation.get("requestBody", {}).get("content", {})
    schema: Schema | None = content.get(media, {}).get("schema")
    return schema


def _filled(path: str, key: str) -> str:
    return "/".join(key if part.startswith("{") else part for part in path.split("/"))


def _choose(routes: list[_Route], words: tuple[str, ...]) -> _Route | None:
    for word in words:
        for route in routes:
            if route.path.rstrip("/").rpartition("/")[2] == word:
                return route
    return next((route for word in words for route in routes if word in route.path), None)
