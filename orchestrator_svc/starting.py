"""Starting a generation: check, plan, store; nothing is kept of what is refused."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from backsmith.generator.v1.generator_service_pb2 import PlanRequest
from backsmith.orchestrator.v1.orchestrator_service_pb2 import StartGenerationRequest
from backsmith.spec.v1.spec_pb2 import ProjectSpec

from chassis.clock import Clock
from chassis.ids import new_id
from orchestrator_svc.checks import KEY, PROJECT_NAME, PROMPT, Checks
from orchestrator_svc.clients.generator import Generator
from orchestrator_svc.convert import (
    cancel_after_from_proto,
    context_from_proto,
    mode_from_proto,
)
from orchestrator_svc.domain.model import Details, Generation, Mode
from orchestrator_svc.domain.modes import pick_mode
from orchestrator_svc.domain.stages import naming_entity
from orchestrator_svc.repeats import as_started, idempotency_of
from orchestrator_svc.settings import OrchestratorSettings
from orchestrator_svc.store.interface import Starts


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a generation is made from."""

    user_id: str
    project_id: str
    """Empty makes a project."""
    project_name: str
    prompt: str
    mode: Mode
    engine: str
    parent_generation_id: str
    spec: ProjectSpec
    cancel_after: timedelta | None
    """How long it goes on without viewers; None: for as long as it takes."""


class Starting:
    """Starts generations."""

    def __init__(
        self,
        *,
        starts: Starts,
        generator: Generator,
        clock: Clock,
        settings: OrchestratorSettings,
        committed: Callable[[], None],
    ) -> None:
        """Prepare to start.

        Args:
            starts: Where generations are stored.
            generator: Plans them.
            clock: Tells when.
            settings: The orchestrator's.
            committed: Called when something was left in the outbox.
        """
        self._starts = starts
        self._generator = generator
        self._clock = clock
        self._settings = settings
        self._committed = committed

    async def start(self, user_id: str, request: StartGenerationRequest) -> Generation:
        """Accept a generation, or answer what a repeat of the request was answered.

        Raises:
            InvalidInputError: The request or its plan is refused; names each field.
            NotFoundError: The project is unknown.
            AlreadyExistsError: The idempotency key was used with another request.
        """
        self._check(request)
        idempotency = idempotency_of(request)
        if idempotency and (twin := await self._starts.find_start(user_id, idempotency)):
            return as_started(twin, cancel_after=cancel_after_from_proto(request))
        plan = await self._generator.plan(plan_request(request))
        details = Details(
            spec=plan.spec.SerializeToString(deterministic=True),
            context=context_from_proto(request.context),
        )
        started = await self._starts.start(
            drafted(self._draft(user_id, request, plan.spec), self._clock, self._settings),
            details,
            idempotency=idempotency,
        )
        self._committed()
        return as_started(started, cancel_after=cancel_after_from_proto(request))

    def _check(self, request: StartGenerationRequest) -> None:
        checks = Checks()
        if request.prompt or not request.WhichOneof("source"):
            checks.text("prompt", request.prompt, PROMPT)
        if request.project_name:
            checks.text("project_name", request.project_name, PROJECT_NAME)
        checks.text("request_id", request.request_id, KEY)
        checks.size("context", request.context.ByteSize(), self._settings.max_context_bytes)
        checks.cancel_after(request)
        checks.one_of("engine", request.engine, self._settings.engines)
        checks.require()

    def _draft(self, user_id: str, request: StartGenerationRequest, spec: ProjectSpec) -> Draft:
        return Draft(
            user_id=user_id,
            project_id=request.project_id,
            project_name=request.project_name or spec.name,
            prompt=request.prompt,
            mode=mode_from_proto(request.generation_mode),
            engine=request.engine or self._settings.default_engine,
            parent_generation_id="",
            spec=spec,
            cancel_after=cancel_after_from_proto(request),
        )


def drafted(draft: Draft, clock: Clock, settings: OrchestratorSettings) -> Generation:
    """Return a generation that is about to be stored."""
    now = clock.now()
    mode, group = pick_mode(
        draft.mode, user_id=draft.user_id, enhanced_share=settings.enhanced_share
    )
    return Generation(
        generation_id=new_id("gen", clock=clock),
        user_id=draft.user_id,
        project_id=draft.project_id or new_id("prj", clock=clock),
        project_name=draft.project_name[: PROJECT_NAME[1]],
        auto_created_project=not draft.project_id,
        prompt=draft.prompt,
        mode=mode,
        ab_group=group,
        engine=draft.engine,
        entities_count=len(draft.spec.entities),
        entity_name=naming_entity([entity.name for entity in draft.spec.entities]),
        parent_generation_id=draft.parent_generation_id,
        create_time=now,
        update_time=now,
        cancel_after=draft.cancel_after,
    )


def plan_request(request: StartGenerationRequest) -> PlanRequest:
    """Return what to plan for a start."""
    return PlanRequest(
        prompt=request.prompt,
        spec=request.spec if request.HasField("spec") else None,
        spec_document=request.spec_document if request.HasField("spec_document") else None,
        project_name=request.project_name,
        tech_stack=request.tech_stack,
        domain=request.domain,
        constraints=request.constraints,
    )
