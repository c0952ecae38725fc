"""What a stream keeps while it is open: nothing of the request that opened it."""

import asyncio
import weakref

from starlette.types import Message, Receive, Scope, Send

from bridge.sse.response import Handoff, StreamResponse


class _Leftover:
    """Something that a framework puts into its scope."""


async def test_scope_of_the_framework_goes() -> None:
    """Keeps nothing that the framework put into the scope while the stream's body runs."""
    left: list[weakref.ref[_Leftover]] = []
    running, over = asyncio.Event(), asyncio.Event()

    async def body(receive: Receive, send: Send) -> None:
        del receive, send
        running.set()
        await over.wait()

    async def framework(scope: Scope, receive: Receive, send: Send) -> None:
        scope["leftover"] = leftover = _Leftover()
        left.append(weakref.ref(leftover))
        await StreamResponse(body, {})(scope, receive, send)

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        del message

    scope: Scope = {"type": "http"}
    async with asyncio.TaskGroup() as group:
        group.create_task(Handoff(framework)(scope, receive, send))
        await running.wait()
        kept = left[0]()
        over.set()
    assert kept is None
    assert scope == {"type": "http"}
