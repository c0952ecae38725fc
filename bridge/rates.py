"""How often one user may do something, counted in this process."""

import time
from collections.abc import Callable
from datetime import timedelta

from chassis.errors import LimitExceededError

MINUTE = 60.0


class Rate:
    """So many a minute for each user; all counts start anew with each minute.

    Args:
        limit: How many.
        what: What is counted, for the message.
        reason: The refusal's reason.
        now: Seconds that never go back.
    """

    def __init__(
        self, limit: int, *, what: str, reason: str, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit = limit
        self._what = what
        self._reason = reason
        self._now = now
        self._begun = now()
        self._counts: dict[str, int] = {}

    def count(self, user_id: str) -> None:
        """Count one more.

        Raises:
            LimitExceededError: It is one too many for this minute.
        """
        if self._now() - self._begun >= MINUTE:
            self._begun = self._now()
            self._counts.clear()
        counted = self._counts.get(user_id, 0) + 1
        if counted > self._limit:
            rest = timedelta(seconds=max(1.0, MINUTE - (self._now() - self._begun)))
            message = f"More than {self._limit} {self._what} in a minute; slow down."
            raise LimitExceededError(message, reason=self._reason, retry_after=rest)
        self._counts[user_id] = counted
