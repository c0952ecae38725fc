"""Whether writes come through: a store that answers reads may have no room left to write."""

import time
from datetime import timedelta

from chassis.errors import ServiceError, UnavailableError

NO_ROOM = frozenset({"STORE_FULL", "DATABASE_FULL", "BUS_FULL"})
"""The reasons of errors that say that a disk is full: they pass when somebody makes room."""


class Writes:
    """Remembers that a write failed, until one succeeds, or for a while: nobody may try again.

    Args:
        memory: For how long.
    """

    def __init__(self, *, memory: timedelta = timedelta(seconds=30)) -> None:
        self._memory = memory.total_seconds()
        self._failure: ServiceError | None = None
        self._failed_at = 0.0

    def failed(self, failure: ServiceError) -> None:
        """Note that a write failed for want of what only an operator can give."""
        self._failure, self._failed_at = failure, time.monotonic()

    def succeeded(self) -> None:
        """Note that a write came through."""
        self._failure = None

    def require(self) -> None:
        """Pass unless the last write failed a short while ago.

        Raises:
            UnavailableError: It did; says why.
        """
        if self._failure is not None and time.monotonic() - self._failed_at < self._memory:
            raise UnavailableError(self._failure.message, reason=self._failure.reason)
