"""A scripted orchestrator: what the bridge calls, over real gRPC, with nothing behind it."""

import asyncio
from collections import Counter
from typing import Any

from backsmith.generator.v1 import generator_service_pb2 as generator_pb
from backsmith.orchestrator.v1 import channel_pb2, generation_pb2, project_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import (
    AbortedError,
    FailedPreconditionError,
    FieldViolation,
    InvalidInputError,
    NotFoundError,
)
from tests.unit.bridge.script import CANCELLED, COMPLETED, FAILED, PENDING, TERMINAL, Script, play
from tests.unit.bridge.watching import FakeWatching, abort, caller_of


class FakeOrchestrator(FakeWatching):
    """Answers about generations, each with its script."""

    def __init__(self) -> None:
        super().__init__()
        self.starts: list[pb.StartGenerationRequest] = []
        self.by_key: dict[str, str] = {}
        self.reports: list[pb.ReportViewersRequest] = []
        self.refusal: InvalidInputError | None = None
        self.races = 0
        self.changes: list[channel_pb2.FileEvent] = []
        self.left_out: list[str] = []
        self.planned: list[pb.PlanGenerationRequest] = []
        self.conflicts: list[Any] = []
        self.resolutions: list[pb.ResolveConflictRequest] = []
        self.plays = False
        self._playing: set[asyncio.Task[None]] = set()

    def add(self, generation_id: str = "gen_1", *, user_id: str = "alice") -> Script:
        """Add a generation of a user."""
        now = Timestamp(seconds=1_800_000_000)
        script = Script(
            generation_pb2.Generation(
                generation_id=generation_id,
                user_id=user_id,
                project_id="prj_1",
                project_name="Blog",
                auto_created_project=True,
                version=1,
                status=PENDING,
                prompt="A blog with posts",
                generation_mode=generation_pb2.GENERATION_MODE_CLASSIC,
                engine="template",
                create_time=now,
                update_time=now,
                attempt=1,
            )
        )
        self.scripts[generation_id] = script
        return script

    async def StartGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Accept anything, once a key."""
        await self.enter("StartGeneration", context)
        if self.refusal is not None:
            await abort(context, self.refusal)
        self.starts.append(request)
        identifier = self.by_key.setdefault(request.request_id, f"gen_{len(self.starts)}")
        if identifier not in self.scripts:
            script = self.add(identifier, user_id=caller_of(context))
            script.generation.prompt = request.prompt
            script.generation.context.CopyFrom(request.context)
            if request.HasField("cancel_after"):
                script.generation.cancel_after.CopyFrom(request.cancel_after)
            if self.plays:
                task = asyncio.create_task(play(script))
                self._playing.add(task)
                task.add_done_callback(self._playing.discard)
        return pb.StartGenerationResponse(generation=self.scripts[identifier].generation)

    async def GetGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return what is the caller's."""
        await self.enter("GetGeneration", context)
        script = await self.find(request.generation_id, context)
        return pb.GetGenerationResponse(generation=script.generation)

    async def ListGenerations(self, request: Any, context: Any) -> Any:  # noqa: N802
        """List what is the caller's."""
        del request
        await self.enter("ListGenerations", context)
        user_id = caller_of(context)
        found = [each.generation for each in self.scripts.values()]
        return pb.ListGenerationsResponse(
            generations=[each for each in found if each.user_id == user_id], next_page_token=""
        )

    async def GetStatistics(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Count what is the caller's."""
        await self.enter("GetStatistics", context)
        del request
        user_id = caller_of(context)
        mine = [each for each in self.scripts.values() if each.generation.user_id == user_id]
        counted = Counter(each.generation.status for each in mine)
        return pb.GetStatisticsResponse(
            total=len(mine),
            by_status=[pb.StatusCount(status=key, count=n) for key, n in counted.items()],
        )

    async def CancelGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Cancel what has not ended."""
        await self.enter("CancelGeneration", context)
        script = await self.find(request.generation_id, context)
        if script.generation.status in {COMPLETED, FAILED}:
            await abort(context, FailedPreconditionError("It has ended.", reason="ENDED"))
        if script.generation.status != CANCELLED:
            script.happen("cancelled", script.generation.progress, status=CANCELLED)
        return pb.CancelGenerationResponse(generation=script.generation)

    async def SetCancelAfter(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Note what is to become of a generation."""
        await self.enter("SetCancelAfter", context)
        generation = (await self.find(request.generation_id, context)).generation
        generation.ClearField("cancel_after")
        if request.HasField("cancel_after"):
            generation.cancel_after.CopyFrom(request.cancel_after)
        return pb.SetCancelAfterResponse(generation=generation)

    async def ReportViewers(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Note who watches."""
        await self.enter("ReportViewers", context)
        assert caller_of(context) == "", "a bridge reports for itself"
        self.reports.append(request)
        return pb.ReportViewersResponse()

    async def UpdateGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change what is sent."""
        await self.enter("UpdateGeneration", context)
        generation = (await self.find(request.generation_id, context)).generation
        if request.HasField("title"):
            generation.title = request.title
        if request.HasField("tags"):
            generation.tags[:] = sorted(request.tags.values)
        return pb.UpdateGenerationResponse(generation=generation)

    async def DeleteGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Forget what has ended, or is forced."""
        await self.enter("DeleteGeneration", context)
        script = await self.find(request.generation_id, context)
        if script.generation.status not in TERMINAL and not request.force:
            await abort(context, FailedPreconditionError("It runs.", reason="RUNS"))
        del self.scripts[request.generation_id]
        return pb.DeleteGenerationResponse()

    async def ReplaceSnapshot(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Record an edit, unless it lost a race."""
        await self.enter("ReplaceSnapshot", context)
        script = await self.find(request.generation_id, context)
        if self.races:
            self.races -= 1
            changed = "The files have changed meanwhile; read them again."
            await abort(context, AbortedError(changed, reason="SNAPSHOT_CHANGED"))
        assert request.expected_snapshot_id == script.generation.snapshot_id
        script.generation.snapshot_id = request.snapshot_id
        self.changes += request.changes
        return pb.ReplaceSnapshotResponse(generation=script.generation)

    async def ListConflicts(self, request: Any, context: Any) -> Any:  # noqa: N802
        """List what is not settled."""
        await self.enter("ListConflicts", context)
        await self.find(request.generation_id, context)
        return pb.ListConflictsResponse(conflicts=self.conflicts, conflict_snapshot_id="sides")

    async def ResolveConflict(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Settle a conflict."""
        await self.enter("ResolveConflict", context)
        script = await self.find(request.generation_id, context)
        if request.path not in {each.path for each in self.conflicts}:
            await abort(context, NotFoundError("There is no such conflict."))
        self.conflicts = [each for each in self.conflicts if each.path != request.path]
        self.resolutions.append(request)
        return pb.ResolveConflictResponse(generation=script.generation)

    async def RollBackVersion(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Accept a version made of an older one."""
        await self.enter("RollBackVersion", context)
        parent = (await self.find(request.generation_id, context)).generation
        script = self.add(f"{parent.generation_id}_again", user_id=parent.user_id)
        script.generation.is_iteration = True
        script.generation.parent_generation_id = parent.generation_id
        return pb.RollBackVersionResponse(generation=script.generation)

    async def StartIteration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Accept an iteration of a completed generation."""
        await self.enter("StartIteration", context)
        parent = (await self.find(request.parent_generation_id, context)).generation
        if parent.status != COMPLETED:
            await abort(context, FailedPreconditionError("It is not completed.", reason="PARENT"))
        if not request.confirm_destructive and b"drop" in request.patch_document.content:
            lost = FieldViolation(field="Post.title", message="would be lost", reason="DROPPED")
            error = FailedPreconditionError(
                "Data would be lost.", violations=[lost], reason="DESTRUCTIVE_CHANGE"
            )
            await abort(context, error)
        script = self.add(f"{parent.generation_id}_next", user_id=parent.user_id)
        script.generation.is_iteration = True
        script.generation.parent_generation_id = parent.generation_id
        script.generation.version = parent.version + 1
        if request.HasField("cancel_after"):
            script.generation.cancel_after.CopyFrom(request.cancel_after)
        return pb.StartIterationResponse(generation=script.generation)

    async def _unknown(self, request: Any, context: Any) -> Any:
        """Know nothing."""
        del request
        await self.enter("other", context)
        await abort(context, NotFoundError("There is no such thing."))

    async def PlanGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Plan, and leave out what a test says; a change adds a relation and loses a title."""
        await self.enter("PlanGeneration", context)
        self.planned.append(request)
        if not request.parent_generation_id:
            plan = generator_pb.PlanResponse(spec={"name": "blog"})
            plan.unresolved.extend(generator_pb.TextSpan(text=text) for text in self.left_out)
            return pb.PlanGenerationResponse(plan=plan)
        await self.find(request.parent_generation_id, context)
        plan = generator_pb.PlanResponse(
            spec={"name": "blog"},
            patch={"add": [{"target": "Post.editor"}], "drop": ["Post.title"]},
            losses=[{"target": "Post.title", "reason": "DROPPED", "message": "It is lost."}],
        )
        plan.patch.add[0].keys.update({"kind": "many_to_one", "target": "User"})
        return pb.PlanGenerationResponse(plan=plan)

    async def GetReview(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Find everything in order."""
        await self.enter("GetReview", context)
        await self.find(request.generation_id, context)
        return pb.GetReviewResponse(report=generator_pb.ProofReport(score=1.0))

    async def GetProject(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return a project by any id."""
        await self.enter("GetProject", context)
        return pb.GetProjectResponse(project=project_pb2.Project(project_id=request.project_id))

    RetryGeneration = _unknown
    CreateProject = _unknown
    ListProjects = _unknown
    UpdateProject = _unknown
    DeleteProject = _unknown
    GetVersion = _unknown
    ActivateVersion = _unknown
