"""Users who start, watch and sometimes cancel generations, and never give up."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, TypeVar

import grpc
from backsmith.files.v1 import files_service_pb2 as files_pb
from backsmith.files.v1.files_service_pb2_grpc import FilesServiceStub
from backsmith.orchestrator.v1 import generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub

from chassis.auth import AuthSettings, TokenIssuer
from chassis.channel import ChannelSettings, dial
from orchestrator_svc.convert import status_from_proto
from tests.chaos.system import SECRET, RunningSystem

T = TypeVar("T")
PROMPTS = (
    "A blog with users, posts and comments",
    "A shop with products, customers and orders",
    "A todo app with tasks and tags",
    "A library with books, authors and loans",
)
CALL_SECONDS = 5.0
PAUSE_SECONDS = 0.1
PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
}
"""What a broken connection looks like; a service that means it sends details."""


@dataclass(slots=True, kw_only=True)
class View:
    """What one watcher saw of a generation."""

    events: list[pb.WatchedEvent] = field(default_factory=list)
    resumes: int = 0
    refusal: str = ""
    """What a resume was refused with; nothing should be."""


@dataclass(slots=True, kw_only=True)
class Followed:
    """A generation and who watched it."""

    generation_id: str
    user_id: str
    prompt: str
    views: list[View] = field(default_factory=list)
    cancelled: bool = False
    """Whether a cancel was answered with success."""


class Users:
    """Calls any replica, as any user, again until it answers."""

    def __init__(self, system: RunningSystem, dice: random.Random, stack: AsyncExitStack) -> None:
        self._system = system
        self._dice = dice
        self._stack = stack
        self._issuer = TokenIssuer(AuthSettings(secret=SECRET, mode="development"))
        self._stubs: dict[tuple[str, str], Any] = {}

    async def start(self, number: int, user_id: str) -> Followed:
        """Start a generation; the key makes a repeat harmless."""
        prompt = PROMPTS[number % len(PROMPTS)]
        request = pb.StartGenerationRequest(
            prompt=prompt,
            request_id=f"start-{number}",
            generation_mode=generation_pb2.GENERATION_MODE_CLASSIC,
        )
        answer = await self._again(
            user_id, lambda stub: stub.StartGeneration(request, timeout=CALL_SECONDS)
        )
        return Followed(
            generation_id=answer.generation.generation_id, user_id=user_id, prompt=prompt
        )

    async def cancel(self, followed: Followed) -> None:
        """Cancel a generation, unless it has ended."""
        request = pb.CancelGenerationRequest(generation_id=followed.generation_id)
        try:
            await self._again(
                followed.user_id, lambda stub: stub.CancelGeneration(request, timeout=CALL_SECONDS)
            )
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.FAILED_PRECONDITION:
                raise
        else:
            followed.cancelled = True

    async def generation(self, followed: Followed) -> Any:
        """Return a generation."""
        request = pb.GetGenerationRequest(generation_id=followed.generation_id)
        answer = await self._again(
            followed.user_id, lambda stub: stub.GetGeneration(request, timeout=CALL_SECONDS)
        )
        return answer.generation

    async def watch(self, followed: Followed) -> View:
        """Watch a generation to its end, resuming wherever the stream was cut."""
        view = View()
        followed.views.append(view)
        while not (view.events and status_from_proto(view.events[-1].event.status).terminal):
            after = view.events[-1].cursor if view.events else ""
            stub = await self._stub(followed.user_id)
            call = stub.WatchGeneration(
                pb.WatchGenerationRequest(generation_id=followed.generation_id, after_cursor=after)
            )
            try:
                async for response in call:
                    view.events.extend(response.events)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    view.refusal = f"{error.code().name}: {error.details()}"
                    return view
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                call.cancel()
            view.resumes += 1
        return view

    async def paths(self, snapshot_id: str) -> list[str]:
        """Return the paths of a snapshot."""
        token = self._issuer.internal_token("chaos", user_id="ada")
        async with dial(self._system.files, ChannelSettings(), lambda: token) as channel:
            stub = FilesServiceStub(channel)
            request = files_pb.ListFilesRequest(snapshot_id=snapshot_id)
            return [entry.path for entry in (await stub.ListFiles(request)).entries]

    async def _stub(self, user_id: str) -> Any:
        target = self._dice.choice(self._system.orchestrators)
        if (target, user_id) not in self._stubs:
            token = self._issuer.user_token(user_id)
            channel = await self._stack.enter_async_context(
                dial(target, ChannelSettings(), lambda: token)
            )
            self._stubs[target, user_id] = OrchestratorServiceStub(channel)
        return self._stubs[target, user_id]

    async def _again(self, user_id: str, call: Callable[[Any], Awaitable[T]]) -> T:
        while True:
            try:
                return await call(await self._stub(user_id))
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
