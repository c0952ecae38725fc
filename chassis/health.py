"""Health (grpc.health.v1): a process serves while what it needs answers, and says so at once."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from grpc_health.v1 import health_pb2
from grpc_health.v1._async import HealthServicer

from chassis.errors import UnavailableError

Probe = Callable[[], Awaitable[None]]
"""Returns when a dependency answers; raises when it does not."""

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING

log = structlog.get_logger()


@dataclass(slots=True)
class Health:
    """What the probes last said.

    Args:
        probes: A probe by the name of what it asks.
        interval: How often each is asked; also how long one may take.
    """

    probes: Mapping[str, Probe]
    interval: timedelta
    servicer: HealthServicer = field(default_factory=HealthServicer)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def serving(self) -> bool:
        """Whether everything answered when last asked."""
        return not self.failures

    @asynccontextmanager
    async def watch(self, services: Sequence[str]) -> AsyncIterator[None]:
        """Keep the health of the named services, and of the whole, true inside a block."""
        await self.check(services)
        watcher = asyncio.create_task(self._repeat(services), name="health")
        try:
            yield
        finally:
            watcher.cancel()
            await asyncio.wait([watcher])

    async def drain(self) -> None:
        """Tell NOT_SERVING from now on: the process is about to leave."""
        await self.servicer.enter_graceful_shutdown()

    async def check(self, services: Sequence[str] = ()) -> None:
        """Ask every probe once, and set the health accordingly."""
        await asyncio.gather(*(self._ask(name, probe) for name, probe in self.probes.items()))
        for service in ("", *services):
            await self.servicer.set(service, SERVING if self.serving else NOT_SERVING)

    async def _repeat(self, services: Sequence[str]) -> None:
        while True:
            await asyncio.sleep(self.interval.total_seconds())
            await self.check(services)

    async def _ask(self, name: str, probe: Probe) -> None:
        try:
            async with asyncio.timeout(self.interval.total_seconds()):
                await probe()
        except Exception as error:  # noqa: BLE001 - whatever a probe raises means "away"
            if name not in self.failures:
                log.warning("health.lost", dependency=name, error=repr(error))
            self.failures[name] = type(error).__name__
        else:
            if self.failures.pop(name, None):
                log.info("health.recovered", dependency=name)

    def require(self) -> None:
        """Pass while everything answers.

        Raises:
            UnavailableError: Something does not.
        """
        if self.failures:
            away = ", ".join(sorted(self.failures))
            raise UnavailableError(
                f"Not ready: {away} cannot be reached.", retry_after=self.interval
            )
