"""A replica's runners: each takes a ticket, then the generation whose turn it is, and runs it."""

import asyncio
import base64
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog

from chassis.auth import Principal, bind_principal
from chassis.bus.interface import Job
from chassis.errors import ServiceError, UnavailableError
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.jobs import JobUnreadableError, Ticket, read_ticket
from orchestrator_svc.runner import metrics
from orchestrator_svc.runner.leases import OverlongLeases
from orchestrator_svc.runner.run import Run
from orchestrator_svc.runner.workshop import Workshop
from orchestrator_svc.store.errors import ReplacedError
from orchestrator_svc.store.values import Claim

SERVICE = "orchestrator"
JOB_WAIT = timedelta(seconds=5)
NOT_NOW = timedelta(seconds=1)
"""When a ticket is tried again whose turn nobody has."""
HEARTBEATS_PER_LEASE = 3
SWEEP_LIMIT = 200
SHOWN_BYTES = 1024

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True, eq=False)
class Running:
    """A generation that runs here now."""

    run: Run
    task: "asyncio.Task[Generation]"
    replaced: bool = False

    def stop(self) -> None:
        """End the run: its generation is not ours any more."""
        if not self.run.ending:
            self.replaced = True
            self.task.cancel()


class RunnerPool:
    """Runs generations, a bounded number at a time, for as long as `run` runs."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._settings = workshop.settings
        self._overlong = OverlongLeases(workshop.runs, lease=workshop.settings.lease)
        self._running: set[Running] = set()
        self._look = asyncio.Event()

    def look(self) -> None:
        """Look now whether what runs here was cancelled."""
        self._look.set()

    async def run(self) -> None:
        """Take and run generations until cancelled; then give back what is not finished."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._settings.concurrency):
                group.create_task(self._slot(), name=f"runner-{number}")
            group.create_task(self._watch(), name="runner-watch")
            group.create_task(self._sweep(), name="runner-sweep")

    async def _slot(self) -> None:
        while True:
            try:
                jobs = await self._workshop.backbone.jobs()
                job = await jobs.get(wait=JOB_WAIT)
                if job is not None:
                    await self._handle(job)
            except UnavailableError as error:
                log.warning("runner.waits", error=error.message)
                await asyncio.sleep(self._settings.longest_wait.total_seconds())

    async def _handle(self, job: Job) -> None:
        try:
            ticket = read_ticket(job.data)
        except JobUnreadableError as error:
            shown = base64.b64encode(job.data[:SHOWN_BYTES]).decode()
            log.error("job.set_aside", error=str(error), data=shown)  # noqa: TRY400 - no bug of ours
            metrics.SET_ASIDE.inc()
            await job.done()
            return
        await self._serve(job, ticket)

    async def _serve(self, job: Job, ticket: Ticket) -> None:
        runs = self._workshop.runs
        claim = await runs.claim(lease=self._settings.lease, per_user=self._settings.per_user)
        if claim is None:
            # The last tickets are those of generations that run: theirs come back if they stop.
            if await runs.waiting():
                await job.give_back(delay=NOT_NOW)
            else:
                await job.done()
            return
        generation = claim.generation
        with structlog.contextvars.bound_contextvars(
            generation_id=generation.generation_id, epoch=generation.epoch
        ):
            log.info(
                "run.claimed",
                ticket=ticket.generation_id,
                claims=claim.claims,
                phases=generation.phases_completed,
            )
            await self._take(job, claim)
        await job.done()

    async def _take(self, job: Job, claim: Claim) -> None:
        if claim.claims > 1 or claim.generation.phases_completed:
            metrics.RESUMED.inc()
        if claim.claims > self._settings.max_claims:
            await self._give_up(claim)
            return
        bind_principal(Principal(user_id=claim.generation.user_id, service=SERVICE))
        run = Run(claim, self._workshop)
        task = asyncio.create_task(run.execute(), name=claim.generation.generation_id)
        running = Running(run=run, task=task)
        heartbeat = asyncio.create_task(self._keep(job, running), name="heartbeat")
        self._running.add(running)
        try:
            await self._await(running)
        except asyncio.CancelledError:
            task.cancel()
            await asyncio.wait([task])
            await self._release(job, claim)
            raise
        finally:
            self._running.discard(running)
            heartbeat.cancel()
            await asyncio.wait([heartbeat])

    async def _await(self, running: Running) -> None:
        """Wait for a run's end; one that was replaced has none."""
        with metrics.RUNNING.track_inprogress():
            await asyncio.wait([running.task])
        if running.task.cancelled() and running.replaced:
            log.info("run.stopped")
            return
        try:
            generation = running.task.result()
        except ReplacedError:
            log.info("run.replaced")
            return
        self._ended(generation)

    def _ended(self, generation: Generation) -> None:
        log.info("run.ended", status=generation.status.value)
        metrics.ENDED.labels(generation.status.value, generation.ab_group).inc()
        self._workshop.committed()

    async def _give_up(self, claim: Claim) -> None:
        generation = claim.generation
        cause = f"The work stopped without a cause {claim.claims - 1} times in a row."
        failed = await self._workshop.runs.fail(
            generation.generation_id, generation.epoch, error=cause, progress=generation.progress
        )
        self._ended(failed)

    async def _release(self, job: Job, claim: Claim) -> None:
        generation = claim.generation
        try:
            await self._workshop.runs.release(
                generation.generation_id, generation.epoch, blameless=True
            )
            await job.give_back()
        except ServiceError as error:
            # The lease and the queue give the generation back, only later.
            log.info("run.not_released", reason=error.reason)

    async def _keep(self, job: Job, running: Running) -> None:
        """Tell queue and store, well within the lease, that the work goes on."""
        lease = self._settings.lease
        while True:
            await asyncio.sleep(lease.total_seconds() / HEARTBEATS_PER_LEASE)
            generation = running.run.generation
            try:
                await self._workshop.runs.extend(
                    generation.generation_id,
                    generation.epoch,
                    lease=lease,
                    progress=running.run.progress,
                )
                await job.keep()
            except ReplacedError:
                running.stop()
                return
            except UnavailableError as error:
                log.warning("run.not_prolonged", error=error.message)

    async def _watch(self) -> None:
        """Stop the runs whose generations were cancelled or taken by somebody else."""
        interval = self._settings.watch_interval.total_seconds()
        while True:
            self._look.clear()
            try:
                await self._stop_replaced()
            except UnavailableError as error:
                log.warning("runner.cannot_look", error=error.message)
            await _first(self._look, interval)

    async def _stop_replaced(self) -> None:
        if not self._running:
            return
        watched = list(self._running)
        keys = {running.run.generation.generation_id for running in watched}
        grasps = await self._workshop.runs.grasps(sorted(keys))
        for running in watched:
            grasp = grasps.get(running.run.generation.generation_id)
            epoch = running.run.generation.epoch
            if grasp is None or grasp.epoch != epoch or grasp.status.terminal:
                running.stop()

    async def _sweep(self) -> None:
        """Call a runner for generations that wait although nobody has touched them for long."""
        while True:
            await asyncio.sleep(self._settings.sweep_interval.total_seconds())
            for step in (self._end_stalled, self._call_runners):
                try:
                    await step()
                except UnavailableError as error:
                    log.warning("runner.cannot_sweep", error=error.message)

    async def _end_stalled(self) -> None:
        """End transactions that are silent for longer than a lease, and so have lost it."""
        ended = await self._workshop.runs.end_stalled(for_at_least=self._settings.lease)
        if ended:
            log.warning("database.transactions_ended", count=ended)

    async def _call_runners(self) -> None:
        behind = await self._workshop.runs.left_behind(
            for_at_least=2 * self._settings.lease, limit=SWEEP_LIMIT
        )
        called = {each.generation_id: f"{each.epoch}:sweep" for each in behind}
        for key in await self._overlong.end_dead():
            log.warning("run.lease_ended", generation_id=key)
            called[key] = f"{time.monotonic_ns()}:lease"
        jobs = await self._workshop.backbone.jobs()
        for key, why in called.items():
            await jobs.put(Ticket(generation_id=key).to_bytes(), message_id=f"{key}:{why}")


async def _first(event: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return
