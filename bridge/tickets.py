"""Stream tokens: 256 random bits that open one stream once, kept as hashes all replicas share."""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bridge.errors import StreamTokenError
from bridge.settings import StreamSettings
from chassis.bus.interface import KeyValue
from chassis.clock import Clock

TOKEN_BYTES = 32
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""What 256 bits look like in URL-safe base 64."""

MISSING = "STREAM_TOKEN_MISSING"
MALFORMED = "STREAM_TOKEN_MALFORMED"
UNKNOWN = "STREAM_TOKEN_UNKNOWN"
SPENT = "STREAM_TOKEN_SPENT"
EXPIRED = "STREAM_TOKEN_EXPIRED"
FOREIGN = "STREAM_TOKEN_FOREIGN"

RESUMABLE = {UNKNOWN, SPENT, EXPIRED}
"""Refusals that a resume cookie may overrule: the token may have been good before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """What a token opens, and for whom."""

    user_id: str
    """Whose token it is."""

    stream: str
    """The stream, `generation {id}` or `channel {name}`."""


class Tickets:
    """Makes and burns stream tokens.

    Args:
        store: State that every replica shares.
        settings: How long a token is good, and remembered.
        clock: Decides what is expired.
    """

    def __init__(self, store: KeyValue, settings: StreamSettings, *, clock: Clock) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    @property
    def lifetime(self) -> timedelta:
        """How long a token is good to connect."""
        return self._settings.token_lifetime

    async def issue(self, ticket: Ticket) -> str:
        """Return a new token.

        Raises:
            UnavailableError: The store is away.
        """
        token = secrets.token_urlsafe(TOKEN_BYTES)
        expires = self._clock.now() + self.lifetime
        value = json.dumps([ticket.user_id, ticket.stream, expires.timestamp()]).encode()
        remembered = self.lifetime + self._settings.token_memory
        await self._store.create(_key(token), value, ttl=remembered)
        return token

    async def burn(self, token: str, *, stream: str) -> Ticket:
        """Spend a token on a stream; of simultaneous uses one wins.

        Raises:
            StreamTokenError: It is missing, malformed, unknown, spent, expired, or of another
                stream; in the last case it is not burnt.
            UnavailableError: The store is away.
        """
        key = _checked_key(token)
        value = await self._store.get(key)
        if value is None:
            raise await self._unknown_or_spent(key)
        ticket, expires = _read(value)
        if ticket.stream != stream:
            raise refusal(FOREIGN)
        if self._clock.now() >= expires:
            raise refusal(EXPIRED)
        await self._store.create(_spent(key), b"", ttl=self._settings.token_memory)
        if await self._store.take(key) is None:
            raise refusal(SPENT)
        return ticket

    async def _unknown_or_spent(self, key: str) -> StreamTokenError:
        spent = await self._store.get(_spent(key))
        return refusal(UNKNOWN if spent is None else SPENT)


def refusal(reason: str) -> StreamTokenError:
    """Return the error for a reason."""
    return StreamTokenError(_MESSAGES[reason], reason=reason)


_MESSAGES = {
    MISSING: "This stream needs a token: POST to its stream-token path, then send `?token=`.",
    MALFORMED: "This is not a stream token; ask for one at the stream-token path.",
    UNKNOWN: "This stream token is not known; ask for a new one.",
    SPENT: "This stream token was used; ask for a new one, and send `last_event_id` to resume.",
    EXPIRED: "This stream token has expired; ask for a new one.",
    FOREIGN: "This stream token is for another stream.",
}


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _checked_key(token: str) -> str:
    if not token:
        raise refusal(MISSING)
    if not TOKEN.fullmatch(token):
        raise refusal(MALFORMED)
    return _key(token)


def _spent(key: str) -> str:
    return f"spent.{key}"


def _read(value: bytes) -> tuple[Ticket, datetime]:
    user_id, stream, expires = json.loads(value)
    return Ticket(user_id=user_id, stream=stream), datetime.fromtimestamp(expires, UTC)
