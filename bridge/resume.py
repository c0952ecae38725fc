"""The resume cookie: lets an EventSource, whose token is spent, come back to its stream."""

import hashlib
import hmac
from datetime import timedelta
from http.cookies import Morsel
from typing import Any

import jwt

from bridge.settings import StreamSettings
from bridge.tickets import Ticket
from chassis.clock import Clock

NAME = "backsmith_stream"
PURPOSE = b"backsmith stream resume v1"


class ResumeCookies:
    """Makes and reads resume cookies: signed, of one user and one stream, scoped to its path.

    Args:
        secret: What all replicas sign with; a key of its own is derived from it.
        settings: How long a stream may be resumed.
        clock: Tells when a cookie is made.
    """

    def __init__(self, secret: str, settings: StreamSettings, *, clock: Clock) -> None:
        self._key = hmac.digest(secret.encode(), PURPOSE, hashlib.sha256)
        self._settings = settings
        self._clock = clock

    @property
    def lifetime(self) -> timedelta:
        """How long a cookie is good."""
        return self._settings.resume_lifetime

    def header(self, ticket: Ticket, *, path: str, secure: bool) -> str:
        """Return the `Set-Cookie` header for the first connection of a stream."""
        now = self._clock.now()
        claims = {"sub": ticket.user_id, "stream": ticket.stream, "exp": now + self.lifetime}
        cookie: Morsel[str] = Morsel()
        value = jwt.encode(claims, self._key, algorithm="HS256")
        cookie.set(NAME, value, value)
        cookie["path"] = path
        cookie["httponly"] = True
        cookie["samesite"] = self._settings.cookie_same_site.capitalize()
        cookie["max-age"] = int(self.lifetime.total_seconds())
        cookie["secure"] = secure or self._settings.cookie_same_site == "none"
        return cookie.OutputString()

    def read(self, value: str, *, stream: str) -> Ticket | None:
        """Return what a cookie is good for, or None when that is not this stream."""
        try:
            claims: dict[str, Any] = jwt.decode(
                value, self._key, algorithms=["HS256"], options={"require": ["exp", "sub"]}
            )
        except jwt.InvalidTokenError:
            return None
        if claims.get("stream") != stream:
            return None
        return Ticket(user_id=claims["sub"], stream=stream)
