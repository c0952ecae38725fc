"""A deployment, seen from outside."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from tests.unit.bridge.sse import Frame, Stream, open_stream

SPEC = {
    "name": "conformance",
    "tech_stack": "fastapi_sqlite",
    "entities": [{"name": "Post", "fields": [{"name": "title", "type": "string"}]}],
}
TERMINAL = {"completed", "failed", "cancelled"}


@dataclass
class Target:
    """Where to call, and as whom."""

    url: str
    bearer: str
    http: httpx.AsyncClient

    async def start(self) -> Any:
        """Start a generation; return the answer's body."""
        answer = await self.http.post(
            "/generations/generate", json={"spec": SPEC}, headers={"authorization": self.bearer}
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def token(self, generation_id: str, *, path: str = "/generations") -> str:
        """Return a fresh stream token."""
        answer = await self.http.post(
            f"{path}/{generation_id}/stream-token", headers={"authorization": self.bearer}
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["sse_token"])

    @asynccontextmanager
    async def stream(self, path: str, **headers: str) -> AsyncIterator[Stream]:
        """Open a path as a stream."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = path if path.startswith("http") else self.url + path
        async with open_stream(url, headers=named) as stream:
            yield stream

    @asynccontextmanager
    async def watch(
        self, generation_id: str, *, query: str = "", **headers: str
    ) -> AsyncIterator[Stream]:
        """Open a generation's stream with a fresh token."""
        token = await self.token(generation_id)
        path = f"/generations/{generation_id}/stream?token={token}{query}"
        async with self.stream(path, **headers) as stream:
            yield stream

    async def history(self, generation_id: str) -> list[Frame]:
        """Return the stored events of a generation, up to its end."""
        async with self.watch(generation_id) as stream:
            return stored(await stream.rest())


def stored(frames: list[Frame]) -> list[Frame]:
    """Return the frames that the server keeps: those with an id."""
    return [frame for frame in frames if "id" in frame.fields]


def told(frames: list[Frame]) -> list[tuple[str, str]]:
    """Return what identifies events: their ids and their data."""
    return [(frame.fields["id"], frame.fields["data"]) for frame in frames]
