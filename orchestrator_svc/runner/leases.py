"""Ends leases that no clock will end: a runner whose clock was ahead died, or the clock went back.

A runner that lives prolongs its lease and so changes its end. One whose end has stayed the same for
two leases, by seconds that never jump, has none.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from orchestrator_svc.store.interface import Claims

LEASES = 2
"""For how many leases an end has to stay the same."""


class OverlongLeases:
    """Watches leases that end later than any runner asks for.

    Args:
        claims: Where they stand.
        lease: What runners ask for.
        now: Seconds that never go back.
    """

    def __init__(
        self, claims: Claims, *, lease: timedelta, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._claims = claims
        self._lease = lease
        self._now = now
        self._seen: dict[str, tuple[datetime, float]] = {}

    async def end_dead(self) -> Sequence[str]:
        """End the leases whose runners are dead; return the generations, free now."""
        now = self._now()
        held = await self._claims.overlong(lease=self._lease)
        before, self._seen = self._seen, {}
        for key, end in held.items():
            known = before.get(key)
            self._seen[key] = known if known and known[0] == end else (end, now)
        longest = LEASES * self._lease.total_seconds()
        dead = [key for key, (_, since) in self._seen.items() if now - since > longest]
        for key in dead:
            await self._claims.end_lease(key, held[key])
        return dead
