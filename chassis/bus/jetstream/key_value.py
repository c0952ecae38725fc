"""The key-value store in JetStream: a stream in the layout of NATS's own key-value buckets.

Values carry their own time to live. Reads go to the stream's leader, so that what one replica of a
service has stored another one finds. A value is taken by a tombstone that must follow exactly that
value, so one taker wins; the tombstone expires at once.
"""

import secrets
from datetime import timedelta
from math import ceil
from typing import Any

from chassis.bus.jetstream.history import newest
from chassis.bus.jetstream.publish import WrongLastError, store
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.stored import EXPECTED_LAST, MESSAGE_ID, from_api, headers_of
from chassis.bus.jetstream.streams import Stream
from chassis.bus.subjects import check_key

OPERATION = "KV-Operation"
DELETED = "DEL"
TIME_TO_LIVE = "Nats-TTL"
TOMBSTONE_TTL = timedelta(seconds=1)


class JetStreamKeyValue:
    """Values of one bucket."""

    def __init__(self, stream: Stream, settings: BusSettings, *, prefix: str) -> None:
        self._stream = stream
        self._settings = settings
        self._prefix = prefix

    async def create(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        """Store a value that vanishes after `ttl`, in whole seconds; False when it is taken."""
        check_key(key)
        found = await self._find(key)
        if _value(found) is not None:
            return False
        return await self._write(key, value, after=found, ttl=ttl, headers={})

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None when it is unknown, taken or expired."""
        check_key(key)
        return _value(await self._find(key))

    async def take(self, key: str) -> bytes | None:
        """Return and delete a value; of several takers one gets it, the others None."""
        check_key(key)
        found = await self._find(key)
        value = _value(found)
        if value is None:
            return None
        headers = {OPERATION: DELETED}
        won = await self._write(key, b"", after=found, ttl=TOMBSTONE_TTL, headers=headers)
        return value if won else None

    async def _find(self, key: str) -> dict[str, Any] | None:
        return await newest(self._stream, self._prefix + key)

    async def _write(
        self,
        key: str,
        data: bytes,
        *,
        after: dict[str, Any] | None,
        ttl: timedelta,
        headers: dict[str, str],
    ) -> bool:
        """Write after exactly the entry that was read; False when somebody else was first."""
        conditions = {
            MESSAGE_ID: secrets.token_hex(16),
            EXPECTED_LAST: str(0 if after is None else after["seq"]),
            TIME_TO_LIVE: f"{max(1, ceil(ttl.total_seconds()))}s",
        }
        subject = self._prefix + key
        try:
            await store(self._stream, self._settings, subject, data, headers | conditions)
        except WrongLastError:
            return False
        return True


def _value(found: dict[str, Any] | None) -> bytes | None:
    if found is None or OPERATION in headers_of(found):
        return None
    return from_api(found, epoch="").data
