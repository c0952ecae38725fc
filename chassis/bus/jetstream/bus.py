"""The bus: opens logs, queues and stores over one connection."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any

from chassis.bus.interface import EventLog, KeyValue, WorkQueue
from chassis.bus.jetstream.connection import Connection
from chassis.bus.jetstream.key_value import JetStreamKeyValue
from chassis.bus.jetstream.log import JetStreamLog
from chassis.bus.jetstream.queue import JetStreamQueue
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.streams import Stream, nanoseconds, stream
from chassis.bus.subjects import check_name, check_pattern


class JetStreamBus:
    """Logs, queues and stores by name; who opens a name twice gets the same thing."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._logs: dict[str, JetStreamLog] = {}
        self._queues: dict[str, JetStreamQueue] = {}
        self._stores: dict[str, JetStreamKeyValue] = {}
        self._opening = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def event_log(
        self, name: str, *, subjects: tuple[str, ...], retention: timedelta
    ) -> EventLog:
        """Open a log, making it when it is not there."""
        check_name(name)
        for pattern in subjects:
            check_pattern(pattern)
        if name not in self._logs:
            kept = await self._open(_log_config(name, self._settings, subjects, retention))
            opened = JetStreamLog(kept, self._settings, subjects=subjects, spawn=self.spawn)
            self._logs.setdefault(name, opened)
        return self._logs[name]

    async def work_queue(
        self, name: str, *, acknowledge_within: timedelta, max_deliveries: int
    ) -> WorkQueue:
        """Open a queue, making it when it is not there."""
        check_name(name)
        if name not in self._queues:
            subject = f"queue.{name}"
            more = {"subjects": [subject], "retention": "workqueue"}
            queue = JetStreamQueue(
                await self._open(stream(name, self._settings, **more)),
                self._settings,
                subject=subject,
                acknowledge_within=acknowledge_within,
                max_deliveries=max_deliveries,
            )
            await queue.open()
            self._queues.setdefault(name, queue)
        return self._queues[name]

    async def key_value(self, name: str) -> KeyValue:
        """Open a key-value store, making it when it is not there."""
        check_name(name)
        if name not in self._stores:
            kept = await self._open(_store_config(name, self._settings))
            opened = JetStreamKeyValue(kept, self._settings, prefix=f"$KV.{name}.")
            self._stores.setdefault(name, opened)
        return self._stores[name]

    async def ping(self) -> None:
        """Return when JetStream answers, and has stored what was sent last.

        Raises:
            UnavailableError: It does not, or has no room left.
        """
        await self._connection.session().api("INFO")
        self._connection.writes.require()

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a task that ends with the bus."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """End all tasks."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _open(self, config: dict[str, object]) -> Stream:
        opened = Stream(self._connection, config)
        async with self._opening:
            await opened.session()
        return opened


@asynccontextmanager
async def connect(settings: BusSettings) -> AsyncIterator[JetStreamBus]:
    """Give a bus over NATS; after `connect_within` also one that is still away."""
    connection = Connection(settings)
    bus = JetStreamBus(connection)
    running = asyncio.create_task(connection.run())
    running.add_done_callback(connection.on_end)
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(settings.connect_within.total_seconds()):
                await connection.wait()
        yield bus
    finally:
        await bus.close()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def _log_config(
    name: str, settings: BusSettings, subjects: tuple[str, ...], retention: timedelta
) -> dict[str, object]:
    window = min(settings.deduplicate_within, retention)
    return stream(
        name,
        settings,
        subjects=list(subjects),
        max_age=nanoseconds(retention),
        duplicate_window=nanoseconds(window),
        allow_direct=True,
        deny_delete=True,
    )


def _store_config(name: str, settings: BusSettings) -> dict[str, object]:
    return stream(
        f"KV_{name}",
        settings,
        subjects=[f"$KV.{name}.>"],
        max_msgs_per_subject=1,
        allow_msg_ttl=True,
        allow_rollup_hdrs=True,
        deny_delete=True,
        discard="new",
    )
