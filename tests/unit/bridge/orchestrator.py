"""A scripted orchestrator: what the bridge calls, over real gRPC, with nothing behind it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import jwt
from backsmith.generator.v1 import generator_service_pb2 as generator_pb
from backsmith.orchestrator.v1 import channel_pb2, generation_pb2, project_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceServicer
from backsmith.progress.v1 import progress_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import (
    AbortedError,
    FailedPreconditionError,
    FieldViolation,
    InvalidInputError,
    NotFoundError,
    OutOfRangeError,
    ServiceError,
    UnavailableError,
)
from chassis.status import DETAILS_KEY, code_of, status_from_error

PENDING = progress_pb2.GENERATION_STATUS_PENDING
PROCESSING = progress_pb2.GENERATION_STATUS_PROCESSING
COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
FAILED = progress_pb2.GENERATION_STATUS_FAILED
CANCELLED = progress_pb2.GENERATION_STATUS_CANCELLED
TERMINAL = {COMPLETED, FAILED, CANCELLED}


@dataclass
class Script:
    """A generation and what happens to it."""

    generation: generation_pb2.Generation
    events: list[pb.WatchedEvent] = field(default_factory=list)
    epoch: str = "e1"
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    def happen(self, stage: str, progress: float, **more: Any) -> str:
        """Let something happen; return its cursor."""
        status = more.pop("status", PROCESSING)
        event = progress_pb2.ProgressEvent(
            generation_id=self.generation.generation_id,
            status=status,
            stage=stage,
            progress=progress,
            message=more.pop("message", stage.replace("_", " ").capitalize()),
            event_time=Timestamp(seconds=1_800_000_000 + len(self.events), nanos=500_000_000),
            project_id=self.generation.project_id,
            version=self.generation.version,
            **more,
        )
        cursor = f"{self.epoch}-{len(self.events) + 1}"
        self.events.append(pb.WatchedEvent(cursor=cursor, event=event))
        self.generation.status = status
        self.generation.progress = progress
        self._wake()
        return cursor

    def begin_anew(self, epoch: str) -> None:
        """Lose every event, as a log that was made anew."""
        self.epoch = epoch
        self.events.clear()
        self._wake()

    def cut(self) -> None:
        """Wake watchers, so that they see that they are to end."""
        self._wake()

    def _wake(self) -> None:
        self.grown.set()
        self.grown = asyncio.Event()

    def after(self, cursor: str) -> int:
        """Return the index of what follows a cursor."""
        if not cursor:
            return 0
        cursors = [event.cursor for event in self.events]
        if cursor not in cursors:
            raise OutOfRangeError("The cursor is not of this stream.", reason="CURSOR_UNKNOWN")
        return cursors.index(cursor) + 1


def phase_info(number: int, files: int) -> progress_pb2.PhaseInfo:
    """Return the phase of an event, whole."""
    return progress_pb2.PhaseInfo(
        total_phases=6,
        current_phase=number,
        entities_count=2,
        phase=f"phase_{number}",
        name="Core Infrastructure",
        files_generated=files,
        total_files=files,
    )


async def play(script: Script) -> None:
    """Let a whole generation happen, in real time but quickly."""
    script.happen("queued", 0.0, status=PENDING)
    await asyncio.sleep(0.05)
    for stage, progress in (("initializing", 0.01), ("code_generation", 0.04)):
        script.happen(stage, progress)
    ends = (0.2, 0.4, 0.6, 0.8, 0.85, 0.95)
    for number, end in enumerate(ends, start=1):
        for file in range(5):
            script.happen(
                "generating_file",
                end - 0.01,
                current_file=f"app/file_{number}_{file}.py",
                phase_info=phase_info(number, file),
            )
            await asyncio.sleep(0.005)
        script.happen(f"phase_{number}_complete", end, phase_info=phase_info(number, 5 * number))
    script.happen("completed", 1.0, status=COMPLETED, phase_info=phase_info(6, 30))


class FakeOrchestrator(OrchestratorServiceServicer):
    """Generations by id, each with its script; users by the token's subject."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.starts: list[pb.StartGenerationRequest] = []
        self.by_key: dict[str, str] = {}
        self.watching: Counter[str] = Counter()
        self.watches: list[pb.RelaySubscribe] = []
        self.relays = 0
        self.reports: list[pb.ReportViewersRequest] = []
        self.calls: Counter[str] = Counter()
        self.refusal: InvalidInputError | None = None
        self.away = False
        self.cutting = False
        self.races = 0
        self.happened: list[channel_pb2.ChannelEvent] = []
        self.told = asyncio.Event()
        self.changes: list[channel_pb2.FileEvent] = []
        self.planned: list[pb.PlanGenerationRequest] = []
        self.conflicts: list[Any] = []
        self.resolutions: list[pb.ResolveConflictRequest] = []
        self.batch = 100
        self.plays = False
        self._playing: set[asyncio.Task[None]] = set()

    async def cut(self) -> None:
        """Cut every watch, and let the next ones be."""
        self.stop()
        await self.idle()
        self.cutting = False

    def stop(self) -> None:
        """End every watch, those that come included."""
        self.cutting = True
        self.told.set()
        self.told = asyncio.Event()
        for script in self.scripts.values():
            script.cut()

    async def idle(self) -> None:
        """Return when nobody watches."""
        async with asyncio.timeout(5):
            while self.watching.total():  # noqa: ASYNC110 - counted in many places
                await asyncio.sleep(0.001)

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
        await self._enter("StartGeneration", context)
        if self.refusal is not None:
            await _abort(context, self.refusal)
        self.starts.append(request)
        identifier = self.by_key.setdefault(request.request_id, f"gen_{len(self.starts)}")
        if identifier not in self.scripts:
            script = self.add(identifier, user_id=_user(context))
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
        await self._enter("GetGeneration", context)
        script = await self._find(request.generation_id, context)
        return pb.GetGenerationResponse(generation=script.generation)

    async def ListGenerations(self, request: Any, context: Any) -> Any:  # noqa: N802
        """List what is the caller's."""
        del request
        await self._enter("ListGenerations", context)
        user_id = _user(context)
        found = [each.generation for each in self.scripts.values()]
        return pb.ListGenerationsResponse(
            generations=[each for each in found if each.user_id == user_id], next_page_token=""
        )

    async def GetStatistics(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Count what is the caller's."""
        await self._enter("GetStatistics", context)
        del request
        user_id = _user(context)
        mine = [each for each in self.scripts.values() if each.generation.user_id == user_id]
        counted = Counter(each.generation.status for each in mine)
        return pb.GetStatisticsResponse(
            total=len(mine),
            by_status=[pb.StatusCount(status=key, count=n) for key, n in counted.items()],
        )

    async def CancelGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Cancel what has not ended."""
        await self._enter("CancelGeneration", context)
        script = await self._find(request.generation_id, context)
        if script.generation.status in {COMPLETED, FAILED}:
            await _abort(context, FailedPreconditionError("It has ended.", reason="ENDED"))
        if script.generation.status != CANCELLED:
            script.happen("cancelled", script.generation.progress, status=CANCELLED)
        return pb.CancelGenerationResponse(generation=script.generation)

    async def SetCancelAfter(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Note what is to become of a generation."""
        await self._enter("SetCancelAfter", context)
        generation = (await self._find(request.generation_id, context)).generation
        generation.ClearField("cancel_after")
        if request.HasField("cancel_after"):
            generation.cancel_after.CopyFrom(request.cancel_after)
        return pb.SetCancelAfterResponse(generation=generation)

    async def ReportViewers(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Note who watches."""
        await self._enter("ReportViewers", context)
        assert _user(context) == "", "a bridge reports for itself"
        self.reports.append(request)
        return pb.ReportViewersResponse()

    async def UpdateGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Change what is sent."""
        await self._enter("UpdateGeneration", context)
        generation = (await self._find(request.generation_id, context)).generation
        if request.HasField("title"):
            generation.title = request.title
        if request.HasField("tags"):
            generation.tags[:] = sorted(request.tags.values)
        return pb.UpdateGenerationResponse(generation=generation)

    async def DeleteGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Forget what has ended, or is forced."""
        await self._enter("DeleteGeneration", context)
        script = await self._find(request.generation_id, context)
        if script.generation.status not in TERMINAL and not request.force:
            await _abort(context, FailedPreconditionError("It runs.", reason="RUNS"))
        del self.scripts[request.generation_id]
        return pb.DeleteGenerationResponse()

    async def ReplaceSnapshot(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Record an edit, unless it lost a race."""
        await self._enter("ReplaceSnapshot", context)
        script = await self._find(request.generation_id, context)
        if self.races:
            self.races -= 1
            changed = "The files have changed meanwhile; read them again."
            await _abort(context, AbortedError(changed, reason="SNAPSHOT_CHANGED"))
        assert request.expected_snapshot_id == script.generation.snapshot_id
        script.generation.snapshot_id = request.snapshot_id
        self.changes += request.changes
        return pb.ReplaceSnapshotResponse(generation=script.generation)

    async def ListConflicts(self, request: Any, context: Any) -> Any:  # noqa: N802
        """List what is not settled."""
        await self._enter("ListConflicts", context)
        await self._find(request.generation_id, context)
        return pb.ListConflictsResponse(conflicts=self.conflicts, conflict_snapshot_id="sides")

    async def ResolveConflict(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Settle a conflict."""
        await self._enter("ResolveConflict", context)
        script = await self._find(request.generation_id, context)
        if request.path not in {each.path for each in self.conflicts}:
            await _abort(context, NotFoundError("There is no such conflict."))
        self.conflicts = [each for each in self.conflicts if each.path != request.path]
        self.resolutions.append(request)
        return pb.ResolveConflictResponse(generation=script.generation)

    async def RollBackVersion(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Accept a version made of an older one."""
        await self._enter("RollBackVersion", context)
        parent = (await self._find(request.generation_id, context)).generation
        script = self.add(f"{parent.generation_id}_again", user_id=parent.user_id)
        script.generation.is_iteration = True
        script.generation.parent_generation_id = parent.generation_id
        return pb.RollBackVersionResponse(generation=script.generation)

    async def StartIteration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Accept an iteration of a completed generation."""
        await self._enter("StartIteration", context)
        parent = (await self._find(request.parent_generation_id, context)).generation
        if parent.status != COMPLETED:
            await _abort(context, FailedPreconditionError("It is not completed.", reason="PARENT"))
        if not request.confirm_destructive and b"drop" in request.patch_document.content:
            lost = FieldViolation(field="Post.title", message="would be lost", reason="DROPPED")
            error = FailedPreconditionError(
                "Data would be lost.", violations=[lost], reason="DESTRUCTIVE_CHANGE"
            )
            await _abort(context, error)
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
        await self._enter("other", context)
        await _abort(context, NotFoundError("There is no such thing."))

    async def PlanGeneration(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Plan a change of a generation: a relation that loses a title."""
        await self._enter("PlanGeneration", context)
        await self._find(request.parent_generation_id, context)
        self.planned.append(request)
        plan = generator_pb.PlanResponse(
            spec={"name": "blog"},
            patch={"add": [{"target": "Post.editor"}], "drop": ["Post.title"]},
            losses=[{"target": "Post.title", "reason": "DROPPED", "message": "It is lost."}],
        )
        plan.patch.add[0].keys.update({"kind": "many_to_one", "target": "User"})
        return pb.PlanGenerationResponse(plan=plan)

    RetryGeneration = _unknown
    CreateProject = _unknown
    ListProjects = _unknown
    UpdateProject = _unknown
    DeleteProject = _unknown
    GetVersion = _unknown
    ActivateVersion = _unknown

    async def GetReview(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Find everything in order."""
        await self._enter("GetReview", context)
        await self._find(request.generation_id, context)
        return pb.GetReviewResponse(report=generator_pb.ProofReport(score=1.0))

    async def GetProject(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Return a project by any id."""
        await self._enter("GetProject", context)
        return pb.GetProjectResponse(project=project_pb2.Project(project_id=request.project_id))

    async def WatchChannel(  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[pb.WatchChannelResponse]:
        """Stream what happens in the one channel there is, from a place on."""
        await self._enter("WatchChannel", context)
        if request.channel.id not in {_user(context), "prj_1", "fil_1"}:
            await _abort(context, NotFoundError("There is no such channel."))
        cursor = request.after_cursor or f"c1-{len(self.happened)}"
        if not cursor.startswith("c1-"):
            await _abort(context, OutOfRangeError("Unknown.", reason="CURSOR_UNKNOWN"))
        place = int(cursor.partition("-")[2])
        yield pb.WatchChannelResponse(cursor=cursor)
        self.watching["channel"] += 1
        try:
            while not self.cutting:
                told = self.told
                events = self.happened[place:]
                place += len(events)
                if events:
                    yield pb.WatchChannelResponse(events=events)
                await told.wait()
        finally:
            self.watching["channel"] -= 1

    def tell(self, **what: Any) -> str:
        """Let something happen in the channel; return its cursor."""
        cursor = f"c1-{len(self.happened) + 1}"
        self.happened.append(channel_pb2.ChannelEvent(cursor=cursor, **what))
        self.told.set()
        self.told = asyncio.Event()
        return cursor

    async def RelayGenerations(  # noqa: N802
        self, requests: Any, context: Any
    ) -> AsyncIterator[pb.RelayGenerationsResponse]:
        """Carry any number of watches."""
        await self._enter("RelayGenerations", context)
        said: asyncio.Queue[pb.RelayItem] = asyncio.Queue()
        watches: dict[str, asyncio.Task[None]] = {}
        reading = asyncio.create_task(self._subscribe(requests, watches, said))
        self.relays += 1
        try:
            while not self.cutting:
                item = await said.get()
                if not self.cutting:
                    yield pb.RelayGenerationsResponse(items=[item])
        finally:
            self.relays -= 1
            tasks = [reading, *watches.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _subscribe(self, requests: Any, watches: Any, said: Any) -> None:
        async for request in requests:
            if request.WhichOneof("change") == "subscribe":
                name = request.subscribe.watch_id
                watches[name] = asyncio.create_task(self._watch(request.subscribe, said))
            elif request.unsubscribe.watch_id in watches:
                watches.pop(request.unsubscribe.watch_id).cancel()

    async def _watch(self, wanted: pb.RelaySubscribe, said: Any) -> None:
        """Watch a script: history, then what happens."""
        last = pb.RelayItem(watch_id=wanted.watch_id, ended=True)
        self.watches.append(wanted)
        self.watching[wanted.generation_id] += 1
        try:
            script = self._script(wanted.generation_id, wanted.user_id)
            async for item in self._told(script, script.after(wanted.after_cursor)):
                item.watch_id = wanted.watch_id
                await said.put(item)
        except ServiceError as error:
            last.error.code = code_of(error).value[0]
            last.error.reason = error.reason
            last.error.message = error.message
        finally:
            self.watching[wanted.generation_id] -= 1
        await said.put(last)

    async def _told(self, script: Script, index: int) -> AsyncIterator[pb.RelayItem]:
        epoch = script.epoch
        while not self.cutting and script.epoch == epoch:
            grown = script.grown
            events = script.events[index : index + self.batch]
            index += len(events)
            caught_up = index == len(script.events)
            yield pb.RelayItem(events=events, caught_up=caught_up)
            if events and events[-1].event.status in TERMINAL:
                return
            if caught_up:
                await grown.wait()

    async def _enter(self, method: str, context: Any) -> None:
        self.calls[method] += 1
        if self.away:
            await _abort(context, UnavailableError("Away."))

    async def _find(self, generation_id: str, context: Any) -> Script:
        try:
            return self._script(generation_id, _user(context))
        except NotFoundError as error:
            await _abort(context, error)
            raise

    def _script(self, generation_id: str, user_id: str) -> Script:
        script = self.scripts.get(generation_id)
        if script is None or script.generation.user_id != user_id:
            raise NotFoundError("There is no such generation.")
        return script


def _user(context: Any) -> str:
    """Return the user whom the bridge acts for; its own tokens are checked elsewhere."""
    token = dict(context.invocation_metadata())["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["svc"] == "bridge"
    return str(claims["sub"])


async def _abort(context: Any, error: Any) -> None:
    details = status_from_error(error).SerializeToString()
    await context.abort(code_of(error), error.message, ((DETAILS_KEY, details),))
