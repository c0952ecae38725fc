"""Waits until a system answers as a whole: every process is up, and reaches what it needs."""

import asyncio
from datetime import timedelta

import httpx

from cli.errors import StartError

PAUSE = timedelta(milliseconds=50)


async def await_ready(url: str, *, within: timedelta) -> None:
    """Return once the bridge says that it and the services behind it are ready.

    Raises:
        StartError: They are not in time; ends with what the bridge says.
    """
    last = "it does not answer"
    try:
        async with (
            asyncio.timeout(within.total_seconds()),
            httpx.AsyncClient(base_url=url, trust_env=False) as http,
        ):
            while last := await _trouble(http):  # noqa: ASYNC110 - another process tells
                await asyncio.sleep(PAUSE.total_seconds())
    except TimeoutError:
        raise StartError(f"The system is up, and not ready: {last}") from None


async def _trouble(http: httpx.AsyncClient) -> str:
    """Return why the system is not ready; empty when it is."""
    try:
        answer = await http.get("/readyz")
    except httpx.TransportError as error:
        return str(error) or type(error).__name__
    return "" if answer.is_success else answer.text
