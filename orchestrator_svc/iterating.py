"""Starting an iteration: check, plan the change, refuse what would lose data, store."""

from collections.abc import Callable

from backsmith.generator.v1.generator_service_pb2 import PlanRequest, PlanResponse
from backsmith.orchestrator.v1.generation_pb2 import GENERATION_MODE_CLASSIC
from backsmith.orchestrator.v1.orchestrator_service_pb2 import (
    PlanGenerationRequest,
    RollBackVersionRequest,
    StartIterationRequest,
)
from backsmith.spec.v1.spec_pb2 import ProjectSpec

from chassis.clock import Clock
from chassis.errors import FailedPreconditionError, FieldViolation, NotFoundError
from orchestrator_svc.checks import KEY, MODIFICATION, Checks
from orchestrator_svc.clients.generator import Generator
from orchestrator_svc.convert import (
    cancel_after_from_proto,
    context_from_proto,
    mode_from_proto,
)
from orchestrator_svc.domain.model import Details, Generation, Origin
from orchestrator_svc.domain.status import Status
from orchestrator_svc.repeats import as_started, idempotency_of
from orchestrator_svc.settings import OrchestratorSettings
from orchestrator_svc.starting import Draft, drafted
from orchestrator_svc.store.interface import Generations, Starts


class Iterating:
    """Starts iterations."""

    def __init__(
        self,
        *,
        starts: Starts,
        generations: Generations,
        generator: Generator,
        clock: Clock,
        settings: OrchestratorSettings,
        committed: Callable[[], None],
    ) -> None:
        """Prepare to start.

        Args:
            starts: Where generations are stored.
            generations: Where parents are found.
            generator: Plans changes.
            clock: Tells when.
            settings: The orchestrator's.
            committed: Called when something was left in the outbox.
        """
        self._starts = starts
        self._generations = generations
        self._generator = generator
        self._clock = clock
        self._settings = settings
        self._committed = committed

    async def start(self, user_id: str, request: StartIterationRequest) -> Generation:
        """Accept an iteration, or answer what a repeat of the request was answered.

        Raises:
            InvalidInputError: The request or its plan is refused; names each field.
            NotFoundError: The parent is unknown.
            FailedPreconditionError: The parent is not completed, or data would be lost.
            AlreadyExistsError: The idempotency key was used with another request.
        """
        self._check(request)
        idempotency = idempotency_of(request)
        if idempotency and (twin := await self._starts.find_start(user_id, idempotency)):
            return as_started(twin, cancel_after=cancel_after_from_proto(request))
        parent = await self._parent(user_id, request.parent_generation_id)
        before = await self._generations.details(parent.generation_id)
        plan = await self._plan(before, request)
        started = await self._starts.start(
            drafted(self._draft(parent, request, plan.spec), self._clock, self._settings),
            Details(
                spec=plan.spec.SerializeToString(deterministic=True),
                context=context_from_proto(request.context),
                origin=_origin(parent, before, plan),
            ),
            idempotency=idempotency,
        )
        self._committed()
        return as_started(started, cancel_after=cancel_after_from_proto(request))

    async def roll_back(self, user_id: str, request: RollBackVersionRequest) -> Generation:
        """Accept an iteration that changes nothing of an older version: its conflicts are open too.

        Raises:
            NotFoundError: The version is unknown, or another project's.
            FailedPreconditionError: It is not completed.
            AlreadyExistsError: The idempotency key was used with another request.
        """
        idempotency = idempotency_of(request)
        if idempotency and (twin := await self._starts.find_start(user_id, idempotency)):
            return as_started(twin, cancel_after=None)
        # Read first: what is settled meanwhile is told as open once more, and never forgotten.
        conflicts = await self._generations.conflicts(request.generation_id)
        parent = await self._parent(user_id, request.generation_id)
        if parent.project_id != request.project_id:
            raise NotFoundError("There is no such version.", reason="VERSION_UNKNOWN")
        before = await self._generations.details(parent.generation_id)
        spec = ProjectSpec.FromString(before.spec)
        again = StartIterationRequest(
            modification_prompt=f"Roll back to version {parent.version}",
            generation_mode=GENERATION_MODE_CLASSIC,
        )
        started = await self._starts.start(
            drafted(self._draft(parent, again, spec), self._clock, self._settings),
            Details(
                spec=before.spec,
                context={},
                origin=_origin(parent, before, PlanResponse(spec=spec)),
                conflicts=conflicts,
            ),
            idempotency=idempotency,
        )
        self._committed()
        return as_started(started, cancel_after=None)

    async def plan(self, user_id: str, request: PlanGenerationRequest) -> PlanResponse:
        """Return the plan of a change, and what it would lose; nothing is stored.

        Raises:
            InvalidInputError: The plan is refused; names each field.
            NotFoundError: The parent is unknown.
            FailedPreconditionError: The parent is not completed.
        """
        parent = await self._parent(user_id, request.parent_generation_id)
        before = await self._generations.details(parent.generation_id)
        plan = PlanRequest()
        plan.CopyFrom(request.plan)
        plan.base.CopyFrom(ProjectSpec.FromString(before.spec))
        return await self._generator.plan(plan)

    def _check(self, request: StartIterationRequest) -> None:
        checks = Checks()
        if request.modification_prompt or not request.HasField("patch_document"):
            checks.text("modification_prompt", request.modification_prompt, MODIFICATION)
        checks.text("request_id", request.request_id, KEY)
        checks.cancel_after(request)
        checks.size("context", request.context.ByteSize(), self._settings.max_context_bytes)
        checks.require()

    async def _parent(self, user_id: str, generation_id: str) -> Generation:
        parent = await self._generations.get(user_id, generation_id)
        if parent.status is not Status.COMPLETED:
            raise FailedPreconditionError(
                f"The parent is {parent.status}; only a completed generation can be changed.",
                reason="PARENT_NOT_COMPLETED",
                metadata={"status": parent.status.value},
            )
        return parent

    async def _plan(self, before: Details, request: StartIterationRequest) -> PlanResponse:
        plan = await self._generator.plan(
            PlanRequest(
                base=ProjectSpec.FromString(before.spec),
                prompt=request.modification_prompt,
                patch_document=(
                    request.patch_document if request.HasField("patch_document") else None
                ),
            )
        )
        if plan.losses and not request.confirm_destructive:
            raise _destructive(plan)
        return plan

    def _draft(
        self, parent: Generation, request: StartIterationRequest, spec: ProjectSpec
    ) -> Draft:
        return Draft(
            user_id=parent.user_id,
            project_id=parent.project_id,
            project_name=parent.project_name,
            prompt=request.modification_prompt,
            mode=mode_from_proto(request.generation_mode),
            engine=parent.engine,
            parent_generation_id=parent.generation_id,
            spec=spec,
            cancel_after=cancel_after_from_proto(request),
        )


def _origin(parent: Generation, before: Details, plan: PlanResponse) -> Origin:
    return Origin(
        patch=plan.patch.SerializeToString(deterministic=True),
        base_spec=before.spec,
        base_snapshot_id=parent.generated_snapshot_id,
        ours_snapshot_id=parent.snapshot_id,
    )


def _destructive(plan: PlanResponse) -> FailedPreconditionError:
    return FailedPreconditionError(
        "The change would lose stored data; confirm it with `confirm_destructive`.",
        reason="DESTRUCTIVE_CHANGE",
        violations=[
            FieldViolation(field=loss.target, message=loss.message, reason=loss.reason)
            for loss in plan.losses
        ],
    )
