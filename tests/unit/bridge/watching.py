"""What the scripted orchestrator streams: relayed generations, and one channel."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import jwt
from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceServicer

from chassis.errors import NotFoundError, OutOfRangeError, ServiceError, UnavailableError
from chassis.status import DETAILS_KEY, code_of, status_from_error
from tests.unit.bridge.script import TERMINAL, Script


class FakeWatching(OrchestratorServiceServicer):
    """Scripts by their generations' ids, and who watches them; users by the token's subject."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.watching: Counter[str] = Counter()
        self.watches: list[pb.RelaySubscribe] = []
        self.relays = 0
        self.calls: Counter[str] = Counter()
        self.away = False
        self.cutting = False
        self.happened: list[channel_pb2.ChannelEvent] = []
        self.told = asyncio.Event()
        self.batch = 100

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

    async def WatchChannel(  # noqa: N802
        self, request: Any, context: Any
    ) -> AsyncIterator[pb.WatchChannelResponse]:
        """Stream what happens in the one channel there is, from a place on."""
        await self.enter("WatchChannel", context)
        if request.channel.id not in {caller_of(context), "prj_1", "fil_1"}:
            await abort(context, NotFoundError("There is no such channel."))
        cursor = request.after_cursor or f"c1-{len(self.happened)}"
        if not cursor.startswith("c1-"):
            await abort(context, OutOfRangeError("Unknown.", reason="CURSOR_UNKNOWN"))
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
        await self.enter("RelayGenerations", context)
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

    async def enter(self, method: str, context: Any) -> None:
        """Count a call, and refuse it while the orchestrator is away."""
        self.calls[method] += 1
        if self.away:
            await abort(context, UnavailableError("Away."))

    async def find(self, generation_id: str, context: Any) -> Script:
        """Return a generation's script, or refuse the call of who may not see it."""
        try:
            return self._script(generation_id, caller_of(context))
        except NotFoundError as error:
            await abort(context, error)
            raise

    def _script(self, generation_id: str, user_id: str) -> Script:
        script = self.scripts.get(generation_id)
        if script is None or script.generation.user_id != user_id:
            raise NotFoundError("There is no such generation.")
        return script


def caller_of(context: Any) -> str:
    """Return the user whom the bridge acts for; its own tokens are checked elsewhere."""
    token = dict(context.invocation_metadata())["authorization"].removeprefix("Bearer ")
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims["svc"] == "bridge"
    return str(claims["sub"])


async def abort(context: Any, error: Any) -> None:
    """Refuse a call."""
    details = status_from_error(error).SerializeToString()
    await context.abort(code_of(error), error.message, ((DETAILS_KEY, details),))
