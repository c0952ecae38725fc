"""Calls about generations."""

from backsmith.generator.v1 import generator_service_pb2 as generator_pb
from backsmith.orchestrator.v1 import generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.auth import require_internal, require_user
from chassis.errors import NotFoundError
from orchestrator_svc import convert
from orchestrator_svc.calls.parts import Answering, Context
from orchestrator_svc.checks import DESCRIPTION, TITLE, Checks
from orchestrator_svc.domain.model import Generation
from orchestrator_svc.paging import page_size, page_token, read_page_token


class GenerationCalls(Answering):
    """Answers calls about generations."""

    async def StartGeneration(
        self, request: pb.StartGenerationRequest, context: Context
    ) -> pb.StartGenerationResponse:
        """Plan, store and queue a generation."""
        generation = await self._parts.starting.start(require_user(), request)
        return pb.StartGenerationResponse(generation=await self._whole(generation))

    async def StartIteration(
        self, request: pb.StartIterationRequest, context: Context
    ) -> pb.StartIterationResponse:
        """Plan, store and queue a change of a completed generation."""
        generation = await self._parts.iterating.start(require_user(), request)
        return pb.StartIterationResponse(generation=await self._whole(generation))

    async def PlanGeneration(
        self, request: pb.PlanGenerationRequest, context: Context
    ) -> pb.PlanGenerationResponse:
        """Answer the plan that a start or an iteration would run."""
        user_id = require_user()
        if request.parent_generation_id:
            plan = await self._parts.iterating.plan(user_id, request)
        else:
            plan = await self._parts.generator.plan(request.plan)
        return pb.PlanGenerationResponse(plan=plan)

    async def GetGeneration(
        self, request: pb.GetGenerationRequest, context: Context
    ) -> pb.GetGenerationResponse:
        """Return a generation."""
        generation = await self._parts.generations.get(require_user(), request.generation_id)
        return pb.GetGenerationResponse(generation=await self._whole(generation))

    async def ListGenerations(
        self, request: pb.ListGenerationsRequest, context: Context
    ) -> pb.ListGenerationsResponse:
        """List the caller's generations, newest first."""
        user_id = require_user()
        which = convert.filter_from_proto(request)
        size = page_size(request.page_size)
        before = read_page_token(request.page_token, "generations", user_id, which)
        found = await self._parts.generations.list(user_id, which, before=before, limit=size + 1)
        page = found[:size]
        more = len(found) > size
        return pb.ListGenerationsResponse(
            generations=[convert.generation_to_proto(generation) for generation in page],
            next_page_token=(
                page_token(page[-1].generation_id, "generations", user_id, which) if more else ""
            ),
        )

    async def CancelGeneration(
        self, request: pb.CancelGenerationRequest, context: Context
    ) -> pb.CancelGenerationResponse:
        """End a generation for good."""
        generation = await self._parts.generations.cancel(require_user(), request.generation_id)
        self._parts.committed()
        self._parts.cancelled()
        return pb.CancelGenerationResponse(generation=await self._whole(generation))

    async def RetryGeneration(
        self, request: pb.RetryGenerationRequest, context: Context
    ) -> pb.RetryGenerationResponse:
        """Queue a failed generation again."""
        generation = await self._parts.generations.retry(require_user(), request.generation_id)
        self._parts.committed()
        return pb.RetryGenerationResponse(generation=await self._whole(generation))

    async def UpdateGeneration(
        self, request: pb.UpdateGenerationRequest, context: Context
    ) -> pb.UpdateGenerationResponse:
        """Change what its user says about a generation."""
        checks = Checks()
        checks.text("title", request.title, TITLE)
        checks.text("description", request.description, DESCRIPTION)
        checks.tags("tags", request.tags.values)
        checks.require()
        generation = await self._parts.generations.describe(
            require_user(),
            request.generation_id,
            title=request.title if request.HasField("title") else None,
            description=request.description if request.HasField("description") else None,
            tags=sorted(set(request.tags.values)) if request.HasField("tags") else None,
        )
        return pb.UpdateGenerationResponse(generation=await self._whole(generation))

    async def DeleteGeneration(
        self, request: pb.DeleteGenerationRequest, context: Context
    ) -> pb.DeleteGenerationResponse:
        """Forget a generation."""
        await self._parts.generations.delete(
            require_user(), request.generation_id, force=request.force
        )
        self._parts.committed()
        self._parts.cancelled()
        return pb.DeleteGenerationResponse()

    async def GetStatistics(
        self, request: pb.GetStatisticsRequest, context: Context
    ) -> pb.GetStatisticsResponse:
        """Count the caller's generations."""
        which = convert.filter_from_proto(request)
        statistics = await self._parts.generations.statistics(require_user(), which)
        return convert.statistics_to_proto(statistics)

    async def GetReview(
        self, request: pb.GetReviewRequest, context: Context
    ) -> pb.GetReviewResponse:
        """Return the proof report of a generation."""
        generation = await self._parts.generations.get(require_user(), request.generation_id)
        report = await self._parts.generations.review(generation.generation_id)
        if report is None:
            raise NotFoundError("The generation has not been assessed.", reason="REVIEW_UNKNOWN")
        return pb.GetReviewResponse(report=generator_pb.ProofReport.FromString(report))

    async def ListConflicts(
        self, request: pb.ListConflictsRequest, context: Context
    ) -> pb.ListConflictsResponse:
        """List what could not be merged and is not resolved."""
        generation = await self._parts.generations.get(require_user(), request.generation_id)
        return await self._parts.edits.conflicts(generation)

    async def ResolveConflict(
        self, request: pb.ResolveConflictRequest, context: Context
    ) -> pb.ResolveConflictResponse:
        """Settle the conflicts of one file."""
        generation = await self._parts.resolving.resolve(require_user(), request)
        return pb.ResolveConflictResponse(generation=convert.generation_to_proto(generation))

    async def ReplaceSnapshot(
        self, request: pb.ReplaceSnapshotRequest, context: Context
    ) -> pb.ReplaceSnapshotResponse:
        """Record a user's edit."""
        require_internal()
        generation = await self._parts.edits.replace(require_user(), request)
        return pb.ReplaceSnapshotResponse(generation=convert.generation_to_proto(generation))

    async def _whole(self, generation: Generation) -> generation_pb2.Generation:
        """Write a generation with its spec and its context."""
        details = await self._parts.generations.details(generation.generation_id)
        return convert.generation_to_proto(generation, details)
