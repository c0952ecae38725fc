"""Cancels generations that nobody watches any more, where their user asked for that."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog

from chassis.clock import Clock
from chassis.errors import FailedPreconditionError, NotFoundError, UnavailableError
from orchestrator_svc.settings import AbandonmentSettings
from orchestrator_svc.store.interface import Audiences, Generations

if TYPE_CHECKING:
    from datetime import datetime

AT_ONCE = 100
MISSED_ROUNDS = 3
"""After so many rounds that did not happen, this process was away itself."""

log = structlog.get_logger()


class Abandonment:
    """Looks for abandoned generations for as long as `run` runs; any number of replicas may.

    Bridges tell who watches. While they cannot, because this process or the database is away,
    their silence means nothing: after such a time they are listened to before anything is
    cancelled.
    """

    def __init__(
        self,
        audiences: Audiences,
        generations: Generations,
        settings: AbandonmentSettings,
        *,
        clock: Clock,
        committed: Callable[[], None],
        cancelled: Callable[[], None],
    ) -> None:
        """Prepare to look.

        Args:
            audiences: Tells what is abandoned.
            generations: Cancels it.
            settings: How often to look.
            clock: Tells for how long bridges were heard.
            committed: Called when something was left in the outbox.
            cancelled: Called when a generation was cancelled that may run here.
        """
        self._audiences = audiences
        self._generations = generations
        self._settings = settings
        self._clock = clock
        self._committed = committed
        self._cancelled = cancelled
        self._listening_since: datetime | None = None
        self._last_round = clock.now()

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(self._settings.interval.total_seconds())

    async def look(self) -> None:
        """Cancel what is abandoned, if it would be known that it is not."""
        now = self._clock.now()
        if now - self._last_round > self._settings.interval * MISSED_ROUNDS:
            self._listening_since = None
        self._last_round = now
        try:
            abandoned = await self._audiences.unwatched(AT_ONCE)
            self._listening_since = self._listening_since or now
            if now - self._listening_since >= self._settings.listen_first:
                for each in abandoned:
                    await self._cancel(each.user_id, each.generation_id)
        except UnavailableError as error:
            self._listening_since = None
            log.warning("abandonment.waits", error=error.message)

    async def _cancel(self, user_id: str, generation_id: str) -> None:
        try:
            await self._generations.cancel(user_id, generation_id)
        except (NotFoundError, FailedPreconditionError):
            return
        log.info("generation.abandoned", generation_id=generation_id)
        self._committed()
        self._cancelled()
