"""Users of the bridges: they start over HTTP and watch by server-sent events."""

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import httpx
from httpx_sse import EventSource

from chassis.auth import TokenIssuer
from tests.chaos.system import HEARTBEAT_SECONDS
from tests.chaos.views import View, seen_in_frame

CALL_SECONDS = 5.0
SILENCE_SECONDS = HEARTBEAT_SECONDS * 3.0
PAUSE_SECONDS = 0.1
TRUNCATED = "history_truncated"
BRIDGES_OWN = {"connected", "timeout", "handover", "stream_error"}
"""Stages that are no stored events."""


class PassingError(Exception):
    """A call did not come through; it may when it is made again."""


@dataclass(slots=True, kw_only=True)
class Web:
    """Calls any bridge, again until it answers."""

    bridges: list[str]
    issuer: TokenIssuer
    dice: random.Random
    browser: httpx.AsyncClient
    """Keeps cookies, as a browser does."""
    script: httpx.AsyncClient
    """Keeps none."""

    async def start(self, prompt: str, key: str, user_id: str) -> str:
        """Start a generation and return its id; the key makes a repeat harmless."""
        body = {"prompt": prompt, "generation_mode": "classic"}
        headers = {"Idempotency-Key": key}
        while True:
            try:
                answer = await self._post("/generations/generate", user_id, headers, body)
            except PassingError:
                await asyncio.sleep(PAUSE_SECONDS)
            else:
                return str(answer["generation_id"])

    async def watch(self, generation_id: str, user_id: str, view: View, *, cookies: bool) -> None:
        """Watch a stream to its end, resuming by cookie, or by a new token, when it is cut."""
        url = ""
        while not view.over:
            view.connections += 1
            try:
                url = url or await self._stream_url(generation_id, user_id)
                client = self.browser if cookies else self.script
                url = await self._connect(client, url, view)
            except PassingError:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _stream_url(self, generation_id: str, user_id: str) -> str:
        answer = await self._post(f"/generations/{generation_id}/stream-token", user_id, {}, None)
        return str(answer["event_source_url"])

    async def _connect(self, client: httpx.AsyncClient, url: str, view: View) -> str:
        """Read a stream until it is cut; return the URL to come back to, '' if it is spent."""
        keeps = client is self.browser
        headers = {"Last-Event-ID": view.cursor} if keeps and view.cursor else {}
        resuming = "" if keeps or not view.cursor else f"&last_event_id={view.cursor}"
        address = f"http://{self._any()}{url}{resuming}"
        try:
            async with client.stream("GET", address, headers=headers) as answer:
                if answer.status_code != httpx.codes.OK:
                    return self._turned_away(answer, client, url, view)
                await _read(answer, view)
        except httpx.TransportError:
            await asyncio.sleep(PAUSE_SECONDS)
        return url if keeps else ""

    def _turned_away(
        self, answer: httpx.Response, client: httpx.AsyncClient, url: str, view: View
    ) -> str:
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise PassingError
        may_resume = any(url.startswith(cookie.path) for cookie in client.cookies.jar)
        if answer.status_code != httpx.codes.UNAUTHORIZED or may_resume:
            view.refusal = f"{answer.status_code} to {url.partition('?')[0]}"
        return ""  # the token was burnt by a connection whose answer was lost

    async def _post(
        self, path: str, user_id: str, headers: dict[str, str], body: object
    ) -> dict[str, Any]:
        token = {"Authorization": f"Bearer {self.issuer.user_token(user_id)}"}
        try:
            answer = await self.script.post(
                f"http://{self._any()}{path}",
                headers=headers | token,
                json=body,
                timeout=CALL_SECONDS,
            )
        except httpx.TransportError as error:
            raise PassingError from error
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise PassingError
        answer.raise_for_status()
        result: dict[str, Any] = answer.json()
        return result

    def _any(self) -> str:
        return self.dice.choice(self.bridges)


async def _read(answer: httpx.Response, view: View) -> None:
    async for frame in EventSource(answer).aiter_sse():
        if not frame.data:
            continue
        body = json.loads(frame.data)
        if body["stage"] == TRUNCATED:
            view.refusal = body["message"]
        elif body["stage"] not in BRIDGES_OWN:
            view.events.append(seen_in_frame(frame.id, body))


@asynccontextmanager
async def web(bridges: list[str], issuer: TokenIssuer, dice: random.Random) -> AsyncIterator[Web]:
    """Give users of some bridges for the length of a block."""
    timeout = httpx.Timeout(SILENCE_SECONDS, pool=None)
    limits = httpx.Limits(max_connections=None)
    async with (
        httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False) as browser,
        httpx.AsyncClient(timeout=timeout, limits=limits, trust_env=False) as script,
    ):
        script.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield Web(bridges=bridges, issuer=issuer, dice=dice, browser=browser, script=script)
