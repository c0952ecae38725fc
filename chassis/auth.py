"""Who is calling: bearer tokens (JWT, RFC 7519), verified and made.

A user's token comes from an identity provider whose keys are read from a JWKS (RFC 7517) URL, or,
in development, from this module with a shared secret. An internal token is what one service shows
another: made here, short-lived, naming the service and the user it acts for.
"""

import asyncio
import secrets
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Literal

import jwt

from chassis.clock import Clock, SystemClock
from chassis.errors import PermissionDeniedError, UnauthenticatedError, UnavailableError
from chassis.settings import SettingsError

INTERNAL_ISSUER = "backsmith-internal"
ASYMMETRIC = ("RS256", "ES256", "EdDSA")
MIN_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthSettings:
    """How tokens are verified and made."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_AUTH"

    secret: str
    """The secret that services share, 32 bytes at least; it signs their tokens to each other."""

    mode: Literal["development", "production"] = "production"
    """In development the shared secret makes users' tokens too; in production only the JWKS."""

    jwks_url: str = ""
    """Where the identity provider publishes its keys; required in production for users' tokens."""

    issuer: str = "backsmith"
    """The `iss` that a user's token must have."""

    audience: str = "backsmith"
    """The `aud` that every token must have."""

    user_token_lifetime: timedelta = timedelta(hours=12)
    """How long a development token is good, in seconds."""

    internal_token_lifetime: timedelta = timedelta(minutes=5)
    """How long one service's token to another is good, in seconds."""

    leeway: timedelta = timedelta(seconds=5)
    """How far the clocks of issuer and verifier may differ, in seconds."""

    def __post_init__(self) -> None:
        """Refuse a secret that could be guessed.

        Raises:
            SettingsError: The secret is too short.
        """
        if len(self.secret.encode()) < MIN_SECRET_BYTES:
            raise SettingsError(
                f"BACKSMITH_AUTH_SECRET is shorter than {MIN_SECRET_BYTES} bytes; "
                "make one with `openssl rand -hex 32`"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is calling."""

    user_id: str
    """The user, or the user a service acts for; empty when it acts for none."""

    service: str = ""
    """The service that calls; empty for a user's own call."""

    @property
    def internal(self) -> bool:
        """Whether a service calls."""
        return bool(self.service)


_principal: ContextVar[Principal] = ContextVar("principal")


def bind_principal(principal: Principal) -> None:
    """Make a principal the caller of everything that runs in this context from now on."""
    _principal.set(principal)


def current_principal() -> Principal:
    """Return who is calling.

    Raises:
        UnauthenticatedError: Nobody has been bound to this context.
    """
    try:
        return _principal.get()
    except LookupError:
        raise UnauthenticatedError("This call carries no credentials.") from None


def require_user() -> str:
    """Return the id of the calling user.

    Raises:
        UnauthenticatedError: The call is made for no user.
    """
    if user_id := current_principal().user_id:
        return user_id
    raise UnauthenticatedError("This call is made for no user; act for one.")


def require_internal() -> None:
    """Pass only services.

    Raises:
        PermissionDeniedError: A user calls.
    """
    if not current_principal().internal:
        raise PermissionDeniedError("Only services may call this; go through the bridge.")


class TokenIssuer:
    """Makes tokens with the shared secret."""

    def __init__(self, settings: AuthSettings, *, clock: Clock | None = None) -> None:
        self._settings = settings
        self._clock = clock or SystemClock()

    def user_token(self, user_id: str) -> str:
        """Return a user's token; for development."""
        return self._sign(
            {"iss": self._settings.issuer, "sub": user_id}, self._settings.user_token_lifetime
        )

    def internal_token(self, service: str, *, user_id: str = "") -> str:
        """Return a token by which a service acts, for a user if one is named."""
        return self._sign(
            {"iss": INTERNAL_ISSUER, "sub": user_id, "svc": service},
            self._settings.internal_token_lifetime,
        )

    def _sign(self, claims: dict[str, Any], lifetime: timedelta) -> str:
        now = self._clock.now()
        payload = claims | {
            "aud": self._settings.audience,
            "iat": now,
            "exp": now + lifetime,
            "jti": secrets.token_urlsafe(12),
        }
        return jwt.encode(payload, self._settings.secret, algorithm="HS256")


class Authenticator:
    """Verifies bearer tokens."""

    def __init__(self, settings: AuthSettings) -> None:
        self._settings = settings
        self._keys = jwt.PyJWKClient(settings.jwks_url) if settings.jwks_url else None

    async def verify(self, token: str) -> Principal:
        """Return whom a token names.

        Raises:
            UnauthenticatedError: It is malformed, forged, expired, or of another issuer.
            UnavailableError: The identity provider's keys cannot be read.
        """
        try:
            issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
            if issuer == INTERNAL_ISSUER:
                claims = self._decode(token, self._settings.secret, ("HS256",), INTERNAL_ISSUER)
                return Principal(user_id=claims["sub"], service=str(claims["svc"]))
            claims = await self._decode_user(token)
        except jwt.ExpiredSignatureError:
            raise UnauthenticatedError(
                "The token has expired; get a new one.", reason="TOKEN_EXPIRED"
            ) from None
        except (jwt.InvalidTokenError, KeyError, UnicodeError) as error:
            raise UnauthenticatedError("The token is not valid.", reason="TOKEN_INVALID") from error
        return Principal(user_id=claims["sub"])

    async def _decode_user(self, token: str) -> dict[str, Any]:
        if self._keys:
            try:
                key = await asyncio.to_thread(self._keys.get_signing_key_from_jwt, token)
            except jwt.PyJWKClientConnectionError as error:
                raise UnavailableError(
                    "The identity provider cannot be reached; try again shortly.",
                    retry_after=timedelta(seconds=5),
                ) from error
            return self._decode(token, key.key, ASYMMETRIC, self._settings.issuer)
        if self._settings.mode == "development":
            return self._decode(token, self._settings.secret, ("HS256",), self._settings.issuer)
        raise jwt.InvalidIssuerError("no identity provider is configured")

    def _decode(
        self, token: str, key: Any, algorithms: tuple[str, ...], issuer: str
    ) -> dict[str, Any]:
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=list(algorithms),
            issuer=issuer,
            audience=self._settings.audience,
            leeway=self._settings.leeway,
            options={"require": ["exp", "iat", "sub"]},
        )
        return claims
