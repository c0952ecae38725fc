"""Tells the orchestrator which generations have viewers here: some end when nobody watches them.

A report says everything, so that one that was lost does no harm. It holds for a while after the
last one: a bridge that dies says nothing, and its viewers need time to come back elsewhere.
"""

import asyncio
import contextvars
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import structlog

from bridge.clients import Orchestrator
from bridge.settings import BridgeSettings
from bridge.sse.streams import Streams
from chassis.errors import ServiceError
from chassis.ids import new_id

MISSED_REPORTS = 4
"""A report holds until so many would have followed it."""

LAST_REPORT = timedelta(seconds=2)
"""How long a stop waits for its report to be taken."""

log = structlog.get_logger()


class ViewerReports:
    """Reports at every change of what is watched, and now and then.

    Args:
        orchestrator: Who is told.
        streams: The viewers there are.
        settings: How often to tell, and how long a drain takes.
    """

    def __init__(
        self, orchestrator: Orchestrator, streams: Streams, settings: BridgeSettings
    ) -> None:
        self._orchestrator = orchestrator
        self._streams = streams
        self._settings = settings.stream
        self._drain = settings.drain
        self._bridge_id = new_id("brg")
        self._told: frozenset[str] = frozenset()

    @property
    def hold(self) -> timedelta:
        """How long a report holds; clients that are handed over come back within the drain."""
        held = self._settings.report_interval * MISSED_REPORTS
        return held + 2 * self._drain if self._streams.draining else held

    async def run(self) -> None:
        """Report until cancelled; what fails is told by the next report."""
        while True:
            self._streams.audience_changed.clear()
            try:
                await self.report()
            except ServiceError as error:
                log.warning("viewers.not_reported", reason=error.reason, error=error.message)
            await self._wait()

    async def report(self) -> None:
        """Tell which generations are watched, unless there were none before either."""
        watched = self._streams.watched()
        if watched or self._told:
            await self._orchestrator.report_viewers(self._bridge_id, watched, hold=self.hold)
        self._told = watched

    async def _wait(self) -> None:
        """Wait for a change or the next round; what changes together is told together."""
        rest = self._settings.report_interval.total_seconds()
        together = min(self._settings.report_delay.total_seconds(), rest)
        await asyncio.sleep(together)
        try:
            async with asyncio.timeout(rest - together):
                await self._streams.audience_changed.wait()
        except TimeoutError:
            return


@asynccontextmanager
async def reported(
    orchestrator: Orchestrator, streams: Streams, settings: BridgeSettings
) -> AsyncIterator[None]:
    """Report viewers for the length of a block, and at its end those that were handed over."""
    reports = ViewerReports(orchestrator, streams, settings)
    # A context of its own: the bridge reports for itself, not for a user.
    task = asyncio.create_task(reports.run(), name="viewers", context=contextvars.Context())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})
        try:
            async with asyncio.timeout(LAST_REPORT.total_seconds()):
                await reports.report()
        except (ServiceError, TimeoutError):
            log.warning("viewers.not_reported", reason="STOPPED")
