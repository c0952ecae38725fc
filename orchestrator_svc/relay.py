"""Tells the bus what lies in the outbox: at once after a commit, and what was left behind later.

Any number of replicas may relay at once. An event that opens or ends an attempt is appended with
the place it expects, so that it stands in the log once, whoever tells it.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

import structlog
from backsmith.progress.v1.progress_pb2 import ProgressEvent

from chassis.bus.errors import StaleAppendError
from chassis.bus.interface import EventLog
from chassis.errors import UnavailableError
from orchestrator_svc.backbone import Backbone
from orchestrator_svc.convert import progress_of, progress_record, status_from_proto
from orchestrator_svc.domain.subjects import project_of
from orchestrator_svc.store.interface import Outbox
from orchestrator_svc.store.values import OutboxKind, Outgoing, Stored

BATCH = 200
PARALLEL = 32
LONGEST_PAUSE = timedelta(seconds=2)

log = structlog.get_logger()


class OutboxRelay:
    """Empties the outbox for as long as `run` runs."""

    def __init__(self, outbox: Outbox, backbone: Backbone, *, sweep: timedelta) -> None:
        self._outbox = outbox
        self._backbone = backbone
        self._sweep = sweep.total_seconds()
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """Look into the outbox now: something was put there."""
        self._woken.set()

    async def run(self) -> None:
        """Tell what comes until cancelled; goes on by itself when something was away."""
        while True:
            self._woken.clear()
            try:
                await self.tell_all()
            except UnavailableError as error:
                log.warning("outbox.waits", error=error.message)
                await asyncio.sleep(min(self._sweep, LONGEST_PAUSE.total_seconds()))
                continue
            await self._wait()

    async def tell_all(self) -> None:
        """Tell everything that lies in the outbox now.

        Raises:
            UnavailableError: The bus or the database is away.
        """
        while stored := await self._outbox.pending(BATCH):
            await self._tell(stored)
            await self._outbox.discard([each.outbox_id for each in stored])

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self._sweep):
                await self._woken.wait()
        except TimeoutError:
            return

    async def _tell(self, stored: Sequence[Stored]) -> None:
        """Tell in parallel what is about different projects, and in order what is about one."""
        events = sorted(
            (each for each in stored if each.outgoing.kind is not OutboxKind.JOB),
            key=lambda each: (project_of(each.outgoing.subject), each.outbox_id),
        )
        log_ = await self._backbone.log()
        lanes = [
            [each.outgoing for each in lane]
            for _, lane in groupby(events, key=lambda each: project_of(each.outgoing.subject))
        ]
        gate = asyncio.Semaphore(PARALLEL)
        await _gather([self._tell_in_order(log_, lane, gate) for lane in lanes])
        jobs = [each.outgoing for each in stored if each.outgoing.kind is OutboxKind.JOB]
        await _gather([self._put(job, gate) for job in jobs])

    async def _tell_in_order(
        self, log_: EventLog, lane: Sequence[Outgoing], gate: asyncio.Semaphore
    ) -> None:
        async with gate:
            for outgoing in lane:
                if outgoing.kind is OutboxKind.EVENT:
                    await log_.append(
                        outgoing.subject, outgoing.data, message_id=outgoing.message_id
                    )
                else:
                    await tell_once(log_, outgoing)

    async def _put(self, job: Outgoing, gate: asyncio.Semaphore) -> None:
        async with gate:
            await (await self._backbone.jobs()).put(job.data, message_id=job.message_id)


async def tell_once(log_: EventLog, outgoing: Outgoing) -> None:
    """Append what opens or ends an attempt, unless that stands there; progress never goes back."""
    event = progress_of(outgoing.data)[0]
    while True:
        last = None if _first(outgoing, event) else await log_.last(outgoing.subject)
        if last is not None:
            newest = progress_of(last.data)[-1]
            if _stands(outgoing.kind, event, newest):
                return
            event.progress = max(event.progress, newest.progress)
        expected = last.cursor.sequence if last else 0
        try:
            await log_.append(
                outgoing.subject,
                progress_record([event]),
                message_id=f"{outgoing.message_id}:{expected}",
                expected_last=expected,
            )
        except StaleAppendError:
            if _first(outgoing, event):
                return
        else:
            return


def _first(outgoing: Outgoing, event: ProgressEvent) -> bool:
    """Tell whether nothing can stand before an event but itself."""
    return outgoing.kind is OutboxKind.QUEUED and event.attempt == 1


def _stands(kind: OutboxKind, event: ProgressEvent, newest: ProgressEvent) -> bool:
    """Tell whether what opens or ends an attempt is told already."""
    if newest.attempt != event.attempt:
        return newest.attempt > event.attempt
    return kind is OutboxKind.QUEUED or status_from_proto(newest.status).terminal


async def _gather(work: Sequence[Coroutine[Any, Any, None]]) -> None:
    """Finish all, then raise the first failure; none is left running."""
    outcomes = await asyncio.gather(*work, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, BaseException):
            raise outcome
