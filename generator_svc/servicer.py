"""GeneratorService over gRPC: convert, call, convert."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import TypeVar

import grpc
from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.generator.v1.generator_service_pb2_grpc import GeneratorServiceServicer

from chassis.errors import FieldViolation, InvalidInputError
from generator_svc.assessment import assessed
from generator_svc.convert import plan_request_from_proto, plan_to_proto, spec_from_proto
from generator_svc.convert_assessment import assessment_step_to_proto, receive_project
from generator_svc.convert_base import base_from_proto
from generator_svc.convert_phase import step_to_proto
from generator_svc.domain.validate import validate
from generator_svc.engines.interface import Engine
from generator_svc.phases.registry import PHASES
from generator_svc.planner import plan
from generator_svc.settings import GeneratorSettings

Context = grpc.aio.ServicerContext[object, object]
T = TypeVar("T")


class GeneratorServicer(GeneratorServiceServicer):
    """Plans, renders and assesses; keeps no state between calls.

    Args:
        settings: The service's settings.
        engines: The engines that write files, by the name a request gives.
    """

    def __init__(self, settings: GeneratorSettings, *, engines: Mapping[str, Engine]) -> None:
        self._settings = settings
        self._engines = engines

    async def Plan(self, request: pb.PlanRequest, context: Context) -> pb.PlanResponse:
        """Turn a prompt or a spec as written into a checked spec."""
        planned = await asyncio.to_thread(plan, plan_request_from_proto(request))
        return plan_to_proto(planned)

    async def GeneratePhase(
        self, request: pb.GeneratePhaseRequest, context: Context
    ) -> AsyncIterator[pb.GeneratePhaseResponse]:
        """Render one phase and stream its files as they are done."""
        engine = self._engine(request.engine)
        spec = spec_from_proto(request.spec)
        validate(spec)
        base = base_from_proto(request)
        async for step in stepped(engine.generate(spec, _phase(request.phase), base=base)):
            yield step_to_proto(step)

    async def AssessProject(
        self, request_iterator: AsyncIterator[pb.AssessProjectRequest], context: Context
    ) -> AsyncIterator[pb.AssessProjectResponse]:
        """Run the quality gates over a project and tell each as it goes."""
        limits = self._settings.assessment
        project = await receive_project(request_iterator, limits)
        steps = assessed(project.files, tiers=project.tiers, edited=project.edited, settings=limits)
        async for step in steps:
            yield assessment_step_to_proto(step)

    def _engine(self, name: str) -> Engine:
        try:
            return self._engines[name or self._settings.default_engine]
        except KeyError:
            known = ", ".join(sorted(self._engines))
            message = f"There is no engine {name!r}; use one of: {known}."
            raise _invalid("engine", message, "ENGINE_UNKNOWN") from None


async def stepped(steps: Iterator[T]) -> AsyncIterator[T]:
    """Run an iterator step by step off the event loop; whoever leaves stops it at its next step."""
    done = object()
    while (step := await asyncio.to_thread(next, steps, done)) is not done:
        yield step  # type: ignore[misc]


def _phase(number: int) -> int:
    if 1 <= number <= len(PHASES):
        return number
    raise _invalid("phase", f"A phase is 1 to {len(PHASES)}, not {number}.", "PHASE_UNKNOWN")


def _invalid(field: str, message: str, reason: str) -> InvalidInputError:
    violation = FieldViolation(field=field, message=message, reason=reason)
    return InvalidInputError(message, violations=[violation], reason=reason)
