"""The message ids seen lately, each with the place its message got."""

from datetime import datetime, timedelta

from chassis.clock import Clock


class RecentIds:
    """Remembers message ids for a while."""

    def __init__(self, clock: Clock, *, window: timedelta) -> None:
        self._clock = clock
        self._window = window
        self._seen: dict[str, tuple[datetime, int]] = {}

    def find(self, message_id: str) -> int | None:
        """Return the place that a message id got within the window, or None."""
        self._forget()
        found = self._seen.get(message_id)
        return None if found is None else found[1]

    def add(self, message_id: str, place: int) -> None:
        """Remember a message id from now on."""
        self._seen[message_id] = (self._clock.now(), place)

    def _forget(self) -> None:
        limit = self._clock.now() - self._window
        while self._seen:
            oldest = next(iter(self._seen))
            if self._seen[oldest][0] > limit:
                return
            del self._seen[oldest]
