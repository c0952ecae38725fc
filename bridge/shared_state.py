"""The key-value store that every replica shares, opened when it is first needed."""

from datetime import timedelta

from chassis.bus.interface import Bus, KeyValue

BUCKET = "stream_tokens"


class SharedState:
    """A key-value store on a bus that may still be away.

    Args:
        bus: Where the store is.
    """

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._store: KeyValue | None = None

    async def create(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        """Store a value that vanishes after `ttl`; False when the key is taken."""
        return await (await self._opened()).create(key, value, ttl=ttl)

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None when it is unknown, taken or expired."""
        return await (await self._opened()).get(key)

    async def take(self, key: str) -> bytes | None:
        """Return and delete a value; of several takers one gets it, the others None."""
        return await (await self._opened()).take(key)

    async def _opened(self) -> KeyValue:
        if self._store is None:
            self._store = await self._bus.key_value(BUCKET)
        return self._store
