"""What is done now and then: old idempotency keys are forgotten, unneeded files collected."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import structlog
from backsmith.orchestrator.v1.orchestrator_service_pb2 import ListConflictsResponse

from chassis.auth import Principal, bind_principal
from chassis.bus.interface import Bus
from chassis.errors import ServiceError
from orchestrator_svc.clients.files import Files
from orchestrator_svc.settings import HousekeepingSettings
from orchestrator_svc.store.interface import Housekeeping
from orchestrator_svc.store.values import Live

SERVICE = "orchestrator"
LEADERS = "HOUSEKEEPING"
PAGE = 500

log = structlog.get_logger()


class Housekeeper:
    """Tidies up for as long as `run` runs; of several replicas one does each round."""

    def __init__(
        self, store: Housekeeping, files: Files, bus: Bus, settings: HousekeepingSettings
    ) -> None:
        self._store = store
        self._files = files
        self._bus = bus
        self._settings = settings

    async def run(self) -> None:
        """Tidy up until cancelled; what fails is done in the next round."""
        bind_principal(Principal(user_id="", service=SERVICE))
        while True:
            await asyncio.sleep(self._settings.interval.total_seconds())
            try:
                await self.forget_keys()
                await self.collect_garbage()
            except ServiceError as error:
                log.warning("housekeeping.waits", reason=error.reason, error=error.message)

    async def forget_keys(self) -> None:
        """Forget all idempotency keys that are too old."""
        while await self._store.forget_keys(older_than=self._settings.idempotency_retention):
            log.debug("housekeeping.keys_forgotten")

    async def collect_garbage(self) -> None:
        """Have the files service delete what no generation needs, once a round."""
        rounds = await self._bus.key_value(LEADERS)
        ours = await rounds.create("garbage", b"taken", ttl=self._settings.garbage_interval)
        if ours:
            done = await self._files.collect_garbage(self._live())
            log.info(
                "housekeeping.garbage_collected",
                snapshots=done.snapshots_deleted,
                blobs=done.blobs_deleted,
                size_bytes=done.bytes_deleted,
                lost=list(done.unknown_snapshot_ids)[:PAGE],
            )

    async def _live(self) -> AsyncIterator[Sequence[str]]:
        after = ""
        while page := await self._store.live_snapshots(after=after, limit=PAGE):
            after = page[-1].generation_id
            yield [snapshot for live in page for snapshot in _needed(live)]


def _needed(live: Live) -> Sequence[str]:
    conflicts = ListConflictsResponse.FromString(live.conflicts or b"")
    sides = conflicts.conflict_snapshot_id
    return [*live.snapshot_ids, sides] if sides else live.snapshot_ids
