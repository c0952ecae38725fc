"""What channels hear of files, whatever dies between a phase's checkpoint and its telling."""

import asyncio
from typing import Any

from backsmith.orchestrator.v1 import channel_pb2

from chassis.bus.interface import Bus, EventLog
from tests.integration.orchestrator_svc.conftest import System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
from tests.integration.orchestrator_svc.test_channels import channel_events, place

USER = channel_pb2.CHANNEL_KIND_USER
WAIT_SECONDS = 30


class SilentLog:
    """An event log whose answers about files never come."""

    def __init__(self, log: EventLog) -> None:
        self._log = log
        self.asked = asyncio.Event()

    async def append(self, subject: str, data: bytes, **how: Any) -> Any:
        """Append what is not about files."""
        if subject.endswith(".files"):
            self.asked.set()
            await asyncio.Event().wait()
        return await self._log.append(subject, data, **how)

    def __getattr__(self, name: str) -> Any:
        """Do everything else as the log does."""
        return getattr(self._log, name)


class SilentBus:
    """A bus with such a log."""

    def __init__(self, bus: Bus, log: SilentLog) -> None:
        self._bus = bus
        self._log = log

    async def event_log(self, name: str, **how: Any) -> Any:
        """Return the log."""
        del name, how
        return self._log

    def __getattr__(self, name: str) -> Any:
        """Do everything else as the bus does."""
        return getattr(self._bus, name)


async def silent(system: System) -> tuple[SilentLog, Any]:
    """Return a log that is silent about files, and the bus that opens it."""
    events = system.settings.events
    log = SilentLog(
        await system.bus.event_log("EVENTS", subjects=("events.>",), retention=events.retention)
    )
    return log, SilentBus(system.bus, log)


async def test_files_of_a_saved_phase_are_told_by_whoever_comes_later(
    system: System, generator: FakeGenerator
) -> None:
    """Tells a user's channel of every file once, also of a phase whose runner died after it."""
    log, bus = await silent(system)
    hold = generator.hold(2)
    async with system.orchestrator(bus=bus) as first:
        begin = await place(first, USER, "ada")
        started = await first.start()
        async with asyncio.timeout(WAIT_SECONDS):
            await log.asked.wait()
    hold.release.set()
    async with system.orchestrator() as second, asyncio.timeout(WAIT_SECONDS):
        await second.story(started.generation_id)
        paths = []
        async for event in channel_events(second, USER, "ada", after=begin):
            if event.HasField("file"):
                paths.append(event.file.path)
            if event.project.active_generation_id:
                break
    assert generator.rendered[1] == 1
    assert len(set(paths)) == len(paths) == 32
