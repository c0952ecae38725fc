"""Writers and readers that outlast a server."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import TypeVar

from chassis.bus.interface import Bus, EventLog, Message
from chassis.errors import UnavailableError

HOUR = timedelta(hours=1)
WAIT_SECONDS = 30

T = TypeVar("T")


async def open_log(bus: Bus) -> EventLog:
    """Open the log of these tests."""
    return await bus.event_log("log", subjects=("e.>",), retention=HOUR)


async def eventually(call: Callable[[], Awaitable[T]]) -> T:
    """Repeat a call while the bus is away, as its users do."""
    async with asyncio.timeout(WAIT_SECONDS):
        while True:
            try:
                return await call()
            except UnavailableError:
                await asyncio.sleep(0.02)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Return when a condition holds of which the server gives no notice."""
    async with asyncio.timeout(WAIT_SECONDS):
        while not await holds():  # noqa: ASYNC110 - nothing sets an event
            await asyncio.sleep(0.05)


async def take(batches: AsyncIterator[tuple[Message, ...]], last: int) -> list[int]:
    """Return the sequences that arrive, up to a given one."""
    found: list[int] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while not found or found[-1] < last:
            found += [message.cursor.sequence for message in await anext(batches)]
    return found


async def write(log: EventLog, writer: int, stop: asyncio.Event) -> list[tuple[str, int]]:
    """Append until stopped; return what was acknowledged, and where."""
    acknowledged: list[tuple[str, int]] = []
    number = 0
    while not stop.is_set():
        name = f"{writer} {number}"
        append = partial(log.append, f"e.{writer}", name.encode(), message_id=name)
        place = await eventually(append)
        acknowledged.append((name, place.sequence))
        number += 1
    return acknowledged
