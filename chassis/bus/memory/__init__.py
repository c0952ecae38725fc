"""The bus in one process: for tests, and for a whole system that runs in one process.

Keeps the same promises as `jetstream`, except that nothing outlives the process.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from chassis.bus.interface import EventLog, KeyValue, WorkQueue
from chassis.bus.memory.key_value import MemoryKeyValue
from chassis.bus.memory.log import MemoryLog
from chassis.bus.memory.queue import MemoryQueue
from chassis.bus.subjects import check_name, check_pattern
from chassis.clock import Clock, SystemClock

__all__ = ["MemoryBus", "connect"]


class MemoryBus:
    """Logs, queues and stores by name; who opens the same name shares the same thing."""

    def __init__(self, clock: Clock, *, deduplicate_within: timedelta) -> None:
        self._clock = clock
        self._window = deduplicate_within
        self._logs: dict[str, MemoryLog] = {}
        self._queues: dict[str, MemoryQueue] = {}
        self._stores: dict[str, MemoryKeyValue] = {}

    async def event_log(
        self, name: str, *, subjects: tuple[str, ...], retention: timedelta
    ) -> EventLog:
        """Open a log, making it when it is not there."""
        check_name(name)
        for pattern in subjects:
            check_pattern(pattern)
        if name not in self._logs:
            self._logs[name] = MemoryLog(
                self._clock, subjects=subjects, retention=retention, deduplicate_within=self._window
            )
        return self._logs[name]

    async def work_queue(
        self, name: str, *, acknowledge_within: timedelta, max_deliveries: int
    ) -> WorkQueue:
        """Open a queue, making it when it is not there."""
        check_name(name)
        if name not in self._queues:
            self._queues[name] = MemoryQueue(
                self._clock,
                acknowledge_within=acknowledge_within,
                max_deliveries=max_deliveries,
                deduplicate_within=self._window,
            )
        return self._queues[name]

    async def key_value(self, name: str) -> KeyValue:
        """Open a key-value store, making it when it is not there."""
        check_name(name)
        return self._stores.setdefault(name, MemoryKeyValue(self._clock))

    async def ping(self) -> None:
        """Return at once: memory always answers."""


@asynccontextmanager
async def connect(
    clock: Clock | None = None, *, deduplicate_within: timedelta = timedelta(minutes=2)
) -> AsyncIterator[MemoryBus]:
    """Give a bus of its own, empty at first.

    Args:
        clock: Decides what is expired; the machine's own unless a test brings one.
        deduplicate_within: How long a message id is remembered.
    """
    yield MemoryBus(clock or SystemClock(), deduplicate_within=deduplicate_within)
