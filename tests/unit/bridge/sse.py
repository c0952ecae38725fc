"""A client of streams that shows everything: status, headers, and each frame as it was sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

PATIENCE = 30.0
"""How long a frame is waited for, in seconds: a stream that is silent beats every 15."""


@dataclass
class Frame:
    """What stood between two empty lines."""

    fields: dict[str, str] = field(default_factory=dict)
    comment: str | None = None

    @property
    def json(self) -> Any:
        """What the data says."""
        return json.loads(self.fields["data"])

    @property
    def stage(self) -> str:
        """The stage of a progress event; empty for other frames."""
        return str(self.json.get("stage", "")) if "data" in self.fields else ""


class Stream:
    """An open stream, or the answer that there is none."""

    def __init__(self, response: httpx.Response) -> None:
        self._response = response
        self._lines = response.aiter_lines()
        self.status = response.status_code
        self.headers = response.headers
        self.body = b""

    async def frame(self) -> Frame | None:
        """Return the next frame, or None at the end."""
        async with asyncio.timeout(PATIENCE):
            return await self._frame()

    async def _frame(self) -> Frame | None:
        found = Frame()
        async for line in self._lines:
            if not line:
                return found
            name, _, value = line.partition(":")
            if name:
                found.fields[name] = value.removeprefix(" ")
            else:
                found.comment = value.strip()
        return None

    async def event(self) -> Frame | None:
        """Return the next frame that has data, or None at the end."""
        while (found := await self.frame()) is not None and "data" not in found.fields:
            pass
        return found

    async def until(self, stage: str) -> list[Frame]:
        """Return events up to a stage, it included."""
        found = []
        while (event := await self.event()) is not None:
            found.append(event)
            if event.stage == stage:
                return found
        raise AssertionError(f"the stream ended before {stage}: {[each.stage for each in found]}")

    async def rest(self) -> list[Frame]:
        """Return every event up to the end."""
        found = []
        while (event := await self.event()) is not None:
            found.append(event)
        return found


@asynccontextmanager
async def open_stream(
    url: str, *, headers: dict[str, str] | None = None, client: httpx.AsyncClient | None = None
) -> AsyncIterator[Stream]:
    """Open a stream; an answer without one is read whole."""
    async with (
        client or httpx.AsyncClient(timeout=PATIENCE) as using,
        using.stream("GET", url, headers=headers) as response,
    ):
        stream = Stream(response)
        if response.status_code != 200:
            stream.body = await response.aread()
        yield stream


def stages(frames: list[Frame]) -> list[str]:
    """Return the stages of some frames."""
    return [frame.stage for frame in frames]
