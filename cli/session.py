"""Finds the server that a command talks to: a named one, one that runs here, or one of its own."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from chassis.auth import AuthSettings, TokenIssuer
from cli.client import Client, Server, connected, unreachable
from cli.errors import RefusedError, UnreachableError
from cli.system.embedded import system
from cli.system.folder import DataFolder, FolderBusyError, Holder
from cli.system.programs import secret_of

DEFAULT_USER = "developer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """What the user said about the server."""

    server: str = ""
    """Its URL; empty means this machine's."""

    token: str = ""
    """The bearer token; empty asks a development server for one."""

    user: str = DEFAULT_USER
    """The user to be, where this machine makes the token."""

    data: Path
    """The data folder of this machine's system."""


def default_data_folder() -> Path:
    """Return where data is kept unless the user names a folder."""
    base = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(base).expanduser() / "backsmith"


def user_token(folder: DataFolder, user: str) -> str:
    """Return a development token that the system on a folder accepts."""
    secret = secret_of(folder, os.environ)
    return TokenIssuer(AuthSettings(secret=secret, mode="development")).user_token(user)


@asynccontextmanager
async def session(where: Where, *, say: Callable[[str], None]) -> AsyncIterator[Client]:
    """Talk to the right server for the length of a block.

    Without a named server, that is the one that `backsmith up` runs on the data folder, or else
    one that is started for this block alone.

    Raises:
        UnreachableError: The server does not answer, or cannot be started.
        RefusedError: It wants a token.
    """
    async with AsyncExitStack() as stack:
        if where.server:
            server = await _named(where)
        else:
            server = await _local(where, stack, say)
        yield await stack.enter_async_context(connected(server))


async def _named(where: Where) -> Server:
    url = where.server.rstrip("/")
    return Server(url=url, token=where.token or await _development_token(url, where.user))


async def _development_token(url: str, user: str) -> str:
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as http:
            answer = await http.post("/auth/dev-token", json={"user": user})
    except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
        raise RefusedError(f"{url!r} is not the URL of a server: {error}") from error
    except httpx.TransportError as error:
        raise unreachable(httpx.URL(url), error) from error
    if not answer.is_success:
        raise RefusedError(f"{url} wants a token: give one with --token or BACKSMITH_TOKEN.")
    return str(answer.json()["access_token"])


async def _local(where: Where, stack: AsyncExitStack, say: Callable[[str], None]) -> Server:
    folder = DataFolder(where.data)
    try:
        own = await stack.enter_async_context(system(folder, lasting=False, say=say))
    except FolderBusyError as busy:
        return await _beside(busy.holder, folder, where, stack, say)
    return Server(url=own.url, token=user_token(folder, where.user))


async def _beside(
    holder: Holder,
    folder: DataFolder,
    where: Where,
    stack: AsyncExitStack,
    say: Callable[[str], None],
) -> Server:
    """Use the system that holds the folder if it stays; if not, run one on a folder of our own."""
    if holder.lasting and holder.url:
        return Server(url=holder.url, token=user_token(folder, where.user))
    if holder.lasting:
        raise UnreachableError(f"Process {holder.pid} is still starting; try again in a moment.")
    say(f"Process {holder.pid} uses {str(folder.root)!r} for itself; this run keeps no history.")
    own = DataFolder(Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="backsmith-"))))
    running = await stack.enter_async_context(system(own, lasting=False, say=say))
    return Server(url=running.url, token=user_token(own, where.user))
