"""One run of a generation, from its first unfinished phase to its end."""

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack

import structlog
from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.spec.v1.spec_pb2 import ProjectSpec

from chassis.bus.errors import StaleAppendError
from chassis.bus.interface import EventLog
from chassis.errors import InternalError, LimitExceededError, ServiceError
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.model import Generation, Origin
from orchestrator_svc.domain.progress import PHASES, Place, progress_at
from orchestrator_svc.notices import files_changed
from orchestrator_svc.runner.announcer import Announcer, take_over
from orchestrator_svc.runner.assessing import Assessor
from orchestrator_svc.runner.merging import (
    Merging,
    iteration_base,
    kept_entries,
    lost_files,
    merge_edits,
    vanished,
)
from orchestrator_svc.runner.patience import patiently
from orchestrator_svc.runner.phase import PhaseRendering, generated_event
from orchestrator_svc.runner.proof import PATH as PROOF_PATH
from orchestrator_svc.runner.proof import Teller, check_report, proof_file
from orchestrator_svc.runner.workshop import Workshop
from orchestrator_svc.store.errors import ReplacedError
from orchestrator_svc.store.values import Assessment, Checkpoint, Claim, Outgoing

TAKE_OVERS = 5
"""How often a run that still holds its claim reads the log anew after a refused append."""

log = structlog.get_logger()


class Run:
    """Drives one claimed generation."""

    def __init__(self, claim: Claim, workshop: Workshop) -> None:
        self.generation = claim.generation
        self.progress = claim.generation.progress
        self.ending = False
        """Whether the end is being written: nobody needs to stop this run any more."""
        self._spec = ProjectSpec.FromString(claim.details.spec)
        self._origin = claim.details.origin
        self._conflicts = claim.details.conflicts
        self._known_base: pb.IterationBase | None = None
        self._workshop = workshop
        self._settings = workshop.settings
        self._stopwatch = workshop.paces.begin(claim.generation)

    async def execute(self) -> Generation:
        """Run to the end, and return the generation as it ended.

        Raises:
            ReplacedError: The generation is somebody else's now, or has ended: stop.
        """
        limit = self._settings.generation_deadline.total_seconds()
        try:
            async with asyncio.timeout(limit):
                return await self._execute()
        except ReplacedError:
            raise
        except TimeoutError:
            return await self._fail(f"It took longer than {limit:g} seconds.")
        except ServiceError as error:
            log.warning("run.failed", reason=error.reason, error=error.message)
            return await self._fail(error.message)
        except Exception:
            log.exception("run.broken")
            return await self._fail("An internal error; report it if it stays.")

    async def _execute(self) -> Generation:
        for _ in range(TAKE_OVERS):
            try:
                return await self._attempt()
            except StaleAppendError:
                log.info("run.refused", epoch=self.generation.epoch)
                await self._check_grasp()
        raise InternalError("The progress could not be told.")

    async def _check_grasp(self) -> None:
        """Pass while the claim holds.

        A predecessor that woke may have told something after we had read the log.
        """
        key = self.generation.generation_id
        grasps = await patiently(lambda: self._workshop.runs.grasps([key]), self._settings)
        grasp = grasps.get(key)
        if grasp is None or grasp.status.terminal or grasp.epoch != self.generation.epoch:
            raise ReplacedError("Another runner tells of this generation.")

    async def _attempt(self) -> Generation:
        bus_log = await patiently(self._workshop.backbone.log, self._settings)
        self._stopwatch = self._workshop.paces.begin(self.generation)
        async with AsyncExitStack() as stack:
            announcer = await patiently(
                lambda: stack.enter_async_context(self._take_over(bus_log)), self._settings
            )
            try:
                await self._tell(announcer, *stages.opening(self.generation))
                for phase in PHASES:
                    await self._finish_phase(phase.number, announcer)
                if self._origin:
                    await self._merge(self._origin, announcer)
                await self._assess(announcer)
                await patiently(announcer.flush, self._settings)
            finally:
                self.progress = max(self.progress, announcer.progress)
        self._stopwatch.finish()
        return await patiently(self._complete, self._settings)

    def _take_over(self, bus_log: EventLog) -> AbstractAsyncContextManager[Announcer]:
        events, clock = self._workshop.events, self._workshop.clock
        return take_over(
            bus_log,
            self.generation,
            settings=events,
            clock=clock,
            remaining=self._stopwatch.remaining,
        )

    async def _complete(self) -> Generation:
        self.ending = True
        return await self._workshop.runs.complete(
            self.generation.generation_id, self.generation.epoch
        )

    async def _fail(self, cause: str) -> Generation:
        generation = self.generation
        self.ending = True
        return await patiently(
            lambda: self._workshop.runs.fail(
                generation.generation_id, generation.epoch, error=cause, progress=self.progress
            ),
            self._settings,
        )

    async def _finish_phase(self, number: int, announcer: Announcer) -> None:
        if number > self.generation.phases_completed:
            await patiently(lambda: self._save_in_time(number, announcer), self._settings)
            self._stopwatch.step_done()
        complete = stages.phase_complete(self.generation, number, self.generation.phase_files)
        await self._tell(announcer, complete)

    async def _save_in_time(self, number: int, announcer: Announcer) -> None:
        """Save a phase within its deadline, which waiting for what is away does not use up."""
        limit = self._settings.phase_deadline.total_seconds()
        try:
            async with asyncio.timeout(limit):
                await self._save_phase(number, announcer)
        except TimeoutError as error:
            raise LimitExceededError(
                f"Phase {number} took longer than {limit:g} seconds.", reason="PHASE_TOO_LONG"
            ) from error

    async def _save_phase(self, number: int, announcer: Announcer) -> None:
        """Render, store and record a phase; whatever fails, it can be repeated as a whole."""
        rendering = PhaseRendering(self.generation, number, announcer)
        rendered = await rendering.render(
            self._workshop.generator, self._settings, spec=self._spec, base=await self._base()
        )
        kept = await kept_entries(self._workshop.files, self._origin, rendered.kept_paths)
        entries = await self._workshop.files.write(rendered.files) if rendered.files else []
        snapshot = await self._workshop.files.commit(
            base=self.generation.snapshot_id, add=[*entries, *kept]
        )
        # What is saved has been told of, also if a cancellation comes right after.
        await announcer.flush()
        stage = f"phase_{number}_complete"
        self.generation = await self._workshop.runs.checkpoint(
            self.generation.generation_id,
            self.generation.epoch,
            Checkpoint(
                number=number,
                snapshot_id=snapshot.snapshot_id,
                phase_files=len(entries) + len(kept),
                kept=bool(kept),
                file_count=snapshot.file_count,
                progress=progress_at(Place(stage=stage, phase=number)),
            ),
            told=self._told(
                str(number), [generated_event(self.generation, entry) for entry in entries]
            ),
        )
        self._workshop.committed()

    async def _base(self) -> pb.IterationBase | None:
        """Return what the phases of an iteration need to know of the parent; read once."""
        if self._origin and not self._known_base:
            self._known_base = await iteration_base(
                self._workshop.files, self.generation, self._origin
            )
        return self._known_base

    def _told(self, step: str, events: Sequence[channel_pb2.FileEvent]) -> Sequence[Outgoing]:
        """Return what channels are to hear of a step's files, whatever dies once it is saved."""
        generation = self.generation
        return files_changed(
            generation.user_id,
            generation.project_id,
            events,
            message_id=f"{generation.generation_id}:files:{step}",
        )

    async def _merge(self, origin: Origin, announcer: Announcer) -> None:
        """Merge; what was merged before a stop stays as it is.

        Raises:
            InternalError: Files of the parent would be gone that nobody asked to remove.
        """
        await self._tell(announcer, stages.merging_files(self._last_phase()))
        merging = await patiently(
            lambda: merge_edits(
                self._workshop.files, self.generation, origin, conflicts=self._conflicts
            ),
            self._settings,
        )
        await self._check_nothing_vanished(origin, merging, announcer)
        if not self.generation.generated_snapshot_id:
            await patiently(lambda: self._save_merge(merging), self._settings)

    async def _check_nothing_vanished(
        self, origin: Origin, merging: Merging, announcer: Announcer
    ) -> None:
        before = await self._paths_to_keep(origin.ours_snapshot_id)
        after = await self._paths_to_keep(merging.merge.snapshot_id)
        if gone := vanished(before, after, asked=merging.asked):
            warning = stages.vanished(
                self._last_phase(), gone=len(gone), before=len(before), after=len(after)
            )
            await self._tell(announcer, warning)
            await patiently(announcer.flush, self._settings)
            raise lost_files(gone)

    async def _paths_to_keep(self, snapshot_id: str) -> set[str]:
        """Return a snapshot's paths without the proof, which each run makes anew."""
        files = self._workshop.files
        paths = await patiently(lambda: files.digests(snapshot_id), self._settings)
        return set(paths) - {PROOF_PATH}

    async def _save_merge(self, merging: Merging) -> None:
        generation = self.generation
        self.generation = await self._workshop.runs.merge(
            generation.generation_id,
            generation.epoch,
            merging.merge,
            told=self._told("merge", merging.events),
        )
        self._workshop.committed()

    def _last_phase(self) -> stages.PhaseInfo:
        files = self.generation.phase_files
        return stages.phase_info(self.generation, len(files), in_phase=files[-1], total=sum(files))

    async def _assess(self, announcer: Announcer) -> None:
        info = self._last_phase()
        await self._tell(announcer, stages.file_management(info), stages.quality_assessment(info))
        workshop = self._workshop
        teller = Teller(tell=announcer.tell, info=info, interval=self._settings.max_silence)
        assessor = Assessor(
            files=workshop.files, generator=workshop.generator, settings=self._settings
        )
        report = await assessor.report(self.generation, self._spec, teller)
        await patiently(lambda: self._save_report(report), self._settings)
        check_report(report)
        # Of a conflict the user knows: settling it may be what the gates wait for.
        if self._origin and not self.generation.conflict_count:
            await assessor.compare(report, self.generation, self._origin, teller)

    async def _save_report(self, report: pb.ProofReport) -> None:
        """Put the report among the files and record it; an older one is replaced."""
        entries = await self._workshop.files.write([proof_file(report)])
        snapshot = await self._workshop.files.commit(base=self.generation.snapshot_id, add=entries)
        self.generation = await self._workshop.runs.assess(
            self.generation.generation_id,
            self.generation.epoch,
            Assessment(
                score=report.score,
                report=report.SerializeToString(),
                snapshot_id=snapshot.snapshot_id,
                file_count=snapshot.file_count,
            ),
        )

    async def _tell(self, announcer: Announcer, *announcements: stages.Announcement) -> None:
        await patiently(lambda: announcer.tell(*announcements), self._settings)
