"""The event log and the job queue of the orchestrator, opened when they are needed."""

from chassis.bus.interface import Bus, EventLog, WorkQueue
from orchestrator_svc.domain.subjects import EVERYTHING
from orchestrator_svc.settings import EventSettings, RunnerSettings

LOG = "EVENTS"
QUEUE = "JOBS"


class Backbone:
    """Opens both by their settings; each is opened once the bus answers."""

    def __init__(self, bus: Bus, *, runner: RunnerSettings, events: EventSettings) -> None:
        self._bus = bus
        self._runner = runner
        self._events = events

    async def log(self) -> EventLog:
        """Return the event log.

        Raises:
            UnavailableError: The bus is away.
        """
        return await self._bus.event_log(
            LOG, subjects=(EVERYTHING,), retention=self._events.retention
        )

    async def jobs(self) -> WorkQueue:
        """Return the job queue.

        Raises:
            UnavailableError: The bus is away.
        """
        return await self._bus.work_queue(
            QUEUE,
            acknowledge_within=self._runner.lease,
            max_deliveries=self._runner.max_claims,
        )

    async def ping(self) -> None:
        """Return when the bus answers.

        Raises:
            UnavailableError: It does not.
        """
        await self._bus.ping()
