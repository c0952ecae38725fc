"""How often one user, and all users together, may do something, counted in this process."""

import time
from collections.abc import Callable
from datetime import timedelta

from chassis.errors import LimitExceededError

MINUTE = 60.0


class Rate:
    """So many a minute for each user; all counts start anew with each minute.

    Args:
        limit: How many for each user.
        in_all: How many for all users together.
        what: What is counted, for the message.
        reason: The refusal's reason.
        now: Seconds that never go back.
    """

    def __init__(
        self,
        limit: int,
        *,
        in_all: int,
        what: str,
        reason: str,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._limit = limit
        self._in_all = in_all
        self._what = what
        self._reason = reason
        self._now = now
        self._begun = now()
        self._counts: dict[str, int] = {}
        self._counted = 0

    def count(self, user_id: str) -> None:
        """Count one more.

        Raises:
            LimitExceededError: It is one too many for this minute.
        """
        self.check(user_id)
        self._counts[user_id] = self._counts.get(user_id, 0) + 1
        self._counted += 1

    def check(self, user_id: str) -> None:
        """Pass while one more may be counted.

        Raises:
            LimitExceededError: It would be one too many for this minute.
        """
        if self._now() - self._begun >= MINUTE:
            self._begun = self._now()
            self._counts.clear()
            self._counted = 0
        if self._counts.get(user_id, 0) >= self._limit:
            raise self._exceeded(f"More than {self._limit} {self._what} in a minute; slow down.")
        if self._counted >= self._in_all:
            raise self._exceeded(f"Too many {self._what} in this minute; try again in the next.")

    def _exceeded(self, message: str) -> LimitExceededError:
        rest = timedelta(seconds=max(1.0, MINUTE - (self._now() - self._begun)))
        return LimitExceededError(message, reason=self._reason, retry_after=rest)
