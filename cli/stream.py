"""Follows a generation's progress to its end, over as many connections as it takes."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from httpx_sse import EventSource, SSEError

from cli.client import Client, Json, raise_for_problem, unreachable
from cli.errors import UnreachableError

TERMINAL = frozenset({"completed", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How a cut stream is taken up again."""

    silence: timedelta = timedelta(seconds=45)
    """How long nothing, not even a heartbeat, may come before the connection counts as dead."""

    first_pause: timedelta = timedelta(milliseconds=200)
    """How long to wait before the first new attempt."""

    longest_pause: timedelta = timedelta(seconds=5)
    """The longest such wait; it doubles with each attempt in vain."""

    give_up_after: timedelta = timedelta(minutes=2)
    """How long attempts may fail in a row."""


class Follower:
    """One reader of one generation's events; knows where it stopped.

    Args:
        client: The connection to the bridge.
        generation_id: What to follow.
        patience: When to try again, and when to give up.
    """

    def __init__(
        self, client: Client, generation_id: str, *, patience: Patience | None = None
    ) -> None:
        self._client = client
        self._path = f"/generations/{generation_id}/stream"
        self._patience = patience or Patience()
        self._cursor = ""
        self._ended = False

    async def events(self) -> AsyncGenerator[Json]:
        """Yield every event once, in order, the terminal one last.

        Raises:
            RefusedError: The generation is unknown, or the token is not good.
            UnreachableError: The server stayed away for too long.
        """
        loop = asyncio.get_running_loop()
        pause = self._patience.first_pause
        heard = loop.time()
        while True:
            try:
                async with aclosing(self._connection()) as events:
                    async for event in events:
                        yield event
                        heard, pause = loop.time(), self._patience.first_pause
                cause = UnreachableError("The server closed the stream before its end.")
            except httpx.TransportError as error:
                cause = unreachable(self._client.http.base_url, error)
            except UnreachableError as error:
                cause = error
            if self._ended:
                return
            if loop.time() - heard > self._patience.give_up_after.total_seconds():
                raise cause
            await asyncio.sleep(pause.total_seconds() * random.uniform(0.5, 1))  # noqa: S311
            pause = min(pause * 2, self._patience.longest_pause)

    async def _connection(self) -> AsyncGenerator[Json]:
        headers = {"Accept": "text/event-stream"}
        if self._cursor:
            headers["Last-Event-ID"] = self._cursor
        timeout = httpx.Timeout(self._patience.silence.total_seconds(), connect=5)
        async with self._client.http.stream(
            "GET", self._path, headers=headers, timeout=timeout
        ) as response:
            if response.status_code == httpx.codes.NO_CONTENT:
                self._ended = True
                return
            await raise_for_problem(response)
            async with aclosing(self._events_of(response)) as events:
                async for event in events:
                    yield event

    async def _events_of(self, response: httpx.Response) -> AsyncGenerator[Json]:
        try:
            async for frame in EventSource(response).aiter_sse():
                event: Any = json.loads(frame.data) if frame.data else {}
                self._cursor = frame.id or self._cursor
                if not event:
                    continue
                self._ended = event.get("status") in TERMINAL
                yield event
                if self._ended:
                    return
        except (SSEError, ValueError) as error:
            raise UnreachableError(f"The server's stream cannot be read: {error}") from error
