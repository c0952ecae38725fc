"""A key-value store in the process."""

from datetime import datetime, timedelta

from chassis.bus.subjects import check_key
from chassis.clock import Clock


class MemoryKeyValue:
    """Values by key, each until it expires."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._values: dict[str, tuple[bytes, datetime]] = {}

    async def create(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        """Store a value that vanishes after `ttl`; False when the key is taken."""
        check_key(key)
        self._forget()
        if key in self._values:
            return False
        self._values[key] = (value, self._clock.now() + ttl)
        return True

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None when it is unknown, taken or expired."""
        check_key(key)
        self._forget()
        value, _ = self._values.get(key, (None, None))
        return value

    async def take(self, key: str) -> bytes | None:
        """Return and delete a value; of several takers one gets it, the others None."""
        check_key(key)
        self._forget()
        value, _ = self._values.pop(key, (None, None))
        return value

    def _forget(self) -> None:
        now = self._clock.now()
        for key in [key for key, (_, expires) in self._values.items() if expires <= now]:
            del self._values[key]
