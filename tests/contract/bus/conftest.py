"""Every implementation of the bus, each behind the same few fixtures."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chassis.bus import jetstream, memory
from chassis.bus.interface import Bus, EventLog

Elapse = Callable[[timedelta], Awaitable[None]]


class HandClock:
    """A clock that a test moves on."""

    def __init__(self) -> None:
        self._now = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return where the hands stand."""
        return self._now

    async def elapse(self, duration: timedelta) -> None:
        """Move the hands."""
        self._now += duration


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A bus as two replicas of a service see it."""

    kind: str
    bus: Bus
    other: Bus
    elapse: Elapse


async def _sleep(duration: timedelta) -> None:
    await asyncio.sleep(duration.total_seconds())


@pytest.fixture(params=["memory", "jetstream"])
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[Backend]:
    """One implementation, twice connected where it has connections."""
    async with AsyncExitStack() as stack:
        if request.param == "memory":
            clock = HandClock()
            bus: Bus = await stack.enter_async_context(memory.connect(clock))
            yield Backend(kind="memory", bus=bus, other=bus, elapse=clock.elapse)
        else:
            url = request.getfixturevalue("nats_url")
            settings = jetstream.BusSettings(url=url, subscriber_buffer=64, replay_batch=50)
            bus = await stack.enter_async_context(jetstream.connect(settings))
            other = await stack.enter_async_context(jetstream.connect(settings))
            yield Backend(kind="jetstream", bus=bus, other=other, elapse=_sleep)


@pytest.fixture
def bus(backend: Backend) -> Bus:
    """The bus, as one replica sees it."""
    return backend.bus


@pytest.fixture
def name() -> str:
    """A name of this test's own: the server is shared."""
    return f"t{secrets.token_hex(6)}"


@pytest.fixture
async def log(bus: Bus, name: str) -> EventLog:
    """A log of the subjects below its own name."""
    return await bus.event_log(name, subjects=(f"{name}.>",), retention=timedelta(hours=1))


@pytest.fixture
async def other_log(backend: Backend, log: EventLog, name: str) -> EventLog:
    """The same log, as another replica sees it."""
    return await backend.other.event_log(
        name, subjects=(f"{name}.>",), retention=timedelta(hours=1)
    )
