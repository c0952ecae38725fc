"""A work queue in the process."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from chassis.bus.memory.recent import RecentIds
from chassis.clock import Clock


@dataclass(slots=True)
class _Entry:
    """A job in the queue; nobody may have it before `free_at`, a time of the loop."""

    place: int
    data: bytes
    free_at: float = 0.0
    deliveries: int = 0


class MemoryJob:
    """A job in a worker's hands."""

    def __init__(self, queue: "MemoryQueue", entry: _Entry, *, spent: bool) -> None:
        self._queue = queue
        self._entry = entry
        self._deliveries = entry.deliveries
        self._spent = spent

    @property
    def data(self) -> bytes:
        """The payload."""
        return self._entry.data

    @property
    def deliveries(self) -> int:
        """How often it was handed out, this time included."""
        return self._deliveries

    @property
    def spent(self) -> bool:
        """Whether it was handed out more often than `max_deliveries` allows."""
        return self._spent

    async def keep(self) -> None:
        """Tell the queue that work goes on."""
        if self._is_ours():
            self._queue.hold(self._entry)

    async def done(self) -> None:
        """Take the job off the queue."""
        self._queue.remove(self._entry)

    async def give_back(self, *, delay: timedelta = timedelta()) -> None:
        """Put the job back, to be handed out again after a delay."""
        if self._is_ours():
            await self._queue.release(self._entry, delay)

    def _is_ours(self) -> bool:
        return self._entry.deliveries == self._deliveries


class MemoryQueue:
    """Jobs in the order they came, each handed to one worker at a time."""

    def __init__(
        self,
        clock: Clock,
        *,
        acknowledge_within: timedelta,
        max_deliveries: int,
        deduplicate_within: timedelta,
    ) -> None:
        self._acknowledge_seconds = acknowledge_within.total_seconds()
        self._max_deliveries = max_deliveries
        self._ids = RecentIds(clock, window=deduplicate_within)
        self._entries: dict[int, _Entry] = {}
        self._last = 0
        self._changed = asyncio.Condition()

    async def put(self, data: bytes, *, message_id: str) -> None:
        """Queue a job, once per `message_id` within the deduplication window."""
        if self._ids.find(message_id) is not None:
            return
        self._last += 1
        self._ids.add(message_id, self._last)
        self._entries[self._last] = _Entry(self._last, data)
        await self._notify()

    async def get(self, *, wait: timedelta) -> MemoryJob | None:
        """Return the next job, or None when none came within `wait`."""
        deadline = _now() + wait.total_seconds()
        async with self._changed:
            while True:
                entry = next(self._free(), None)
                if entry is not None:
                    return self._hand_out(entry)
                if _now() >= deadline:
                    return None
                await self._wait_until(min([deadline, *self._soonest()]))

    def hold(self, entry: _Entry) -> None:
        """Keep a job from others for one more acknowledgement wait."""
        entry.free_at = _now() + self._acknowledge_seconds

    def remove(self, entry: _Entry) -> None:
        """Forget a job; one that is gone already is no error."""
        self._entries.pop(entry.place, None)

    async def release(self, entry: _Entry, delay: timedelta) -> None:
        """Let others have a job after a delay."""
        entry.free_at = _now() + delay.total_seconds()
        await self._notify()

    def _hand_out(self, entry: _Entry) -> MemoryJob:
        entry.deliveries += 1
        self.hold(entry)
        return MemoryJob(self, entry, spent=entry.deliveries > self._max_deliveries)

    def _free(self) -> Iterator[_Entry]:
        now = _now()
        return (entry for entry in self._entries.values() if entry.free_at <= now)

    def _soonest(self) -> list[float]:
        return sorted(entry.free_at for entry in self._entries.values())[:1]

    async def _wait_until(self, moment: float) -> None:
        try:
            async with asyncio.timeout(max(0.0, moment - _now())):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _now() -> float:
    return asyncio.get_running_loop().time()
