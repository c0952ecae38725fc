"""Users who start, watch and sometimes cancel generations, and never give up."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import grpc
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub

from chassis.auth import AuthSettings, TokenIssuer
from chassis.channel import ChannelSettings, dial
from orchestrator_svc.clients.files import Files
from tests.chaos.system import SECRET, RunningSystem
from tests.chaos.views import Followed, View, seen_in_proto
from tests.chaos.web import CALL_SECONDS, PAUSE_SECONDS, Web, web

T = TypeVar("T")
PROMPTS = (
    "A blog with users, posts and comments",
    "A shop with products, customers and orders",
    "A todo app with tasks and tags",
    "A library with books, authors and loans",
)
WAYS = ("grpc", "cookie", "token")
"""How watchers watch: an orchestrator, or a bridge, which they resume by cookie or a new token."""
PASSING = {
    grpc.StatusCode.UNAVAILABLE,
    grpc.StatusCode.DEADLINE_EXCEEDED,
    grpc.StatusCode.CANCELLED,
    grpc.StatusCode.INTERNAL,
    grpc.StatusCode.UNKNOWN,
}
"""What a broken connection looks like; a service that means it sends details."""


class Users:
    """Calls any replica, as any user, again until it answers."""

    def __init__(
        self, system: RunningSystem, dice: random.Random, *, browsers: Web, stack: AsyncExitStack
    ) -> None:
        self._system = system
        self._dice = dice
        self._web = browsers
        self._stack = stack
        self._issuer = browsers.issuer
        self._stubs: dict[tuple[str, str], Any] = {}

    async def start(self, number: int, user_id: str) -> Followed:
        """Start a generation through a bridge."""
        prompt = PROMPTS[number % len(PROMPTS)]
        generation_id = await self._web.start(prompt, f"start-{number}", user_id)
        return Followed(generation_id=generation_id, user_id=user_id, prompt=prompt)

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

    async def watch(self, followed: Followed, how: str) -> View:
        """Watch a generation to its end, resuming wherever the stream was cut."""
        view = followed.view(how)
        if how == "grpc":
            await self._watch(followed, view)
        else:
            await self._web.watch(
                followed.generation_id, followed.user_id, view, cookies=how == "cookie"
            )
        return view

    async def _watch(self, followed: Followed, view: View) -> None:
        while not view.over:
            view.connections += 1
            stub = await self._stub(followed.user_id)
            call = stub.WatchGeneration(
                pb.WatchGenerationRequest(
                    generation_id=followed.generation_id, after_cursor=view.cursor
                )
            )
            try:
                async for response in call:
                    view.events += map(seen_in_proto, response.events)
            except grpc.aio.AioRpcError as error:
                if error.code() not in PASSING:
                    view.refusal = f"{error.code().name}: {error.details()}"
                await asyncio.sleep(PAUSE_SECONDS)
            finally:
                call.cancel()

    async def contents(self, snapshot_id: str) -> dict[str, bytes]:
        """Return what the files of a snapshot hold, by their paths."""
        token = self._issuer.internal_token("chaos", user_id="ada")
        async with dial(self._system.files, ChannelSettings(), lambda: token) as channel:
            return {file.path: file.content async for file in Files(channel).read_all(snapshot_id)}

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


@asynccontextmanager
async def users_of(system: RunningSystem, dice: random.Random) -> AsyncIterator[Users]:
    """Give the users of a system for the length of a block."""
    issuer = TokenIssuer(AuthSettings(secret=SECRET, mode="development"))
    async with AsyncExitStack() as stack:
        browsers = await stack.enter_async_context(web(system.bridges, issuer, dice))
        yield Users(system, dice, browsers=browsers, stack=stack)
