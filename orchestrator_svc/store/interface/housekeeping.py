"""What is kept, and for how long."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from orchestrator_svc.store.values import Live


class Housekeeping(Protocol):
    """What keeps the store from growing for ever."""

    async def forget_keys(self, *, older_than: timedelta) -> int:
        """Forget some of the idempotency keys that are too old; return how many."""
        ...

    async def live_snapshots(self, *, after: str, limit: int) -> Sequence[Live]:
        """Return which snapshots generations need, by generation id, after one of them."""
        ...
