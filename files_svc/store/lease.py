"""Which objects are known to be there, and young enough that no collector may take them."""

from collections.abc import Callable
from datetime import datetime, timedelta

from files_svc.store.cache import LruCache

REMEMBERED = 200_000
"""How many keys are remembered; each takes some 200 bytes."""


class Lease:
    """Remembers until when an object may be taken for present without asking the store.

    A collector takes nothing younger than `length`. An object older than half of that is renewed
    when it is used, and one just seen is trusted for a quarter: a user is always a quarter ahead.

    Args:
        length: How long the collector leaves an object alone.
        now: Tells the time.
    """

    def __init__(self, length: timedelta, *, now: Callable[[], datetime]) -> None:
        self._renew_after = length / 2
        self._trust_for = length / 4
        self._now = now
        self._trusted: LruCache[str, datetime] = LruCache(REMEMBERED)

    def trusts(self, key: str) -> bool:
        """Tell whether an object is known to be there for a while."""
        until = self._trusted.get(key)
        return until is not None and self._now() < until

    def trust(self, key: str) -> None:
        """Remember that an object was just stored, or seen young."""
        self._trusted.put(key, self._now() + self._trust_for)

    def forget(self, key: str) -> None:
        """Remember nothing of an object any more."""
        self._trusted.drop(key)

    def due(self, last_modified: datetime) -> bool:
        """Tell whether an object of this age must be renewed before it is relied on."""
        return self._now() - last_modified > self._renew_after
