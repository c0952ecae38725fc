"""Tokens name their caller, and only good ones do."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest

from chassis.auth import (
    Authenticator,
    AuthSettings,
    Principal,
    TokenIssuer,
    bind_principal,
    current_principal,
    require_internal,
    require_user,
)
from chassis.errors import PermissionDeniedError, UnauthenticatedError
from chassis.settings import SettingsError

SECRET = "a-secret-of-at-least-thirty-two-bytes"
DEVELOPMENT = AuthSettings(secret=SECRET, mode="development")
PRODUCTION = AuthSettings(secret=SECRET, mode="production")


class PastClock:
    """A clock that stands a day ago."""

    def now(self) -> datetime:
        """Return that instant."""
        return datetime.now(UTC) - timedelta(days=1)


async def reason(settings: AuthSettings, token: str) -> str:
    """Return the reason for which a token is refused."""
    with pytest.raises(UnauthenticatedError) as caught:
        await Authenticator(settings).verify(token)
    return caught.value.reason


async def test_user_token_names_its_user() -> None:
    """A development token comes back as the user it was made for."""
    token = TokenIssuer(DEVELOPMENT).user_token("alice")
    assert await Authenticator(DEVELOPMENT).verify(token) == Principal(user_id="alice")


async def test_internal_token_names_service_and_user() -> None:
    """A service's token tells the service and whom it acts for."""
    token = TokenIssuer(PRODUCTION).internal_token("bridge", user_id="alice")
    principal = await Authenticator(PRODUCTION).verify(token)
    assert principal == Principal(user_id="alice", service="bridge")


async def test_production_takes_no_self_made_user_token() -> None:
    """The shared secret makes users' tokens in development alone."""
    token = TokenIssuer(PRODUCTION).user_token("alice")
    assert await reason(PRODUCTION, token) == "TOKEN_INVALID"


async def test_expired_token_is_told_apart() -> None:
    """An expired token has a reason of its own."""
    token = TokenIssuer(DEVELOPMENT, clock=PastClock()).user_token("alice")
    assert await reason(DEVELOPMENT, token) == "TOKEN_EXPIRED"


@pytest.mark.parametrize("issuer", ["backsmith", "backsmith-internal", "elsewhere"])
async def test_forged_token_is_refused(issuer: str) -> None:
    """A token signed with another secret is refused, whoever it claims to be from."""
    claims = {
        "iss": issuer,
        "aud": "backsmith",
        "sub": "alice",
        "svc": "bridge",
        "iat": datetime.now(UTC),
        "exp": datetime.now(UTC) + timedelta(hours=1),
    }
    forged = jwt.encode(claims, "another-secret-of-thirty-two-bytes!", algorithm="HS256")
    assert await reason(DEVELOPMENT, forged) == "TOKEN_INVALID"


async def test_unsigned_token_is_refused() -> None:
    """The `none` algorithm is no algorithm."""
    claims = {"iss": "backsmith", "aud": "backsmith", "sub": "alice", "exp": 2**33, "iat": 0}
    assert await reason(DEVELOPMENT, jwt.encode(claims, "", algorithm="none")) == "TOKEN_INVALID"


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "\ud800", "é" * 5000])
async def test_garbage_is_refused(token: str) -> None:
    """What is no token at all is refused like a forged one."""
    assert await reason(DEVELOPMENT, token) == "TOKEN_INVALID"


def test_short_secret_is_refused() -> None:
    """A secret that could be guessed stops the process before it serves."""
    with pytest.raises(SettingsError, match="32 bytes"):
        AuthSettings(secret="short")


def test_requirements_of_a_caller() -> None:
    """A user is no service, and a service that acts for nobody is no user."""
    with pytest.raises(UnauthenticatedError):
        current_principal()
    bind_principal(Principal(user_id="alice"))
    assert require_user() == "alice"
    with pytest.raises(PermissionDeniedError):
        require_internal()
    bind_principal(Principal(user_id="", service="bridge"))
    require_internal()
    with pytest.raises(UnauthenticatedError):
        require_user()
