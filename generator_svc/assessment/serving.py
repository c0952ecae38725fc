"""Runs a generated project as a server, over a Unix socket that leads into its sandbox."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import httpx

from generator_svc.assessment.databases import Database, Sqlite
from generator_svc.assessment.launch import Launch, launch_of
from generator_svc.assessment.project import Project
from generator_svc.assessment.sandbox import Running, Sandbox
from generator_svc.assessment.settings import AssessmentSettings

HEALTH_PATHS = ("/healthz", "/health", "/livez", "/health/live")
_POLL_SECONDS = 0.05
_LIMITS = httpx.Limits(max_keepalive_connections=0)
"""A server hangs up after an error: the next request must not meet the end of that connection."""

_LOG_LINES = 30
_TRACEBACK = "Traceback (most recent call last)"
_PLACE = re.compile(r'File "[^"]*/project/([^"]+)", line (\d+)')
_ERROR = re.compile(r"[A-Za-z_][\w.]*(?:: |$)")


class BootError(Exception):
    """The project did not start to answer; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A generated server that answers."""

    client: httpx.AsyncClient
    launch: Launch
    health_path: str
    socket: Path
    running: Running


class Stage:
    """Where generated servers run.

    Args:
        settings: The deadlines.
        sandbox: What they run in.
    """

    def __init__(self, settings: AssessmentSettings, sandbox: Sandbox) -> None:
        self.settings = settings
        self.sandbox = sandbox

    @asynccontextmanager
    async def serving(
        self, project: Project, database: Database | None = None
    ) -> AsyncIterator[Served]:
        """Migrate an empty database and serve the project on it for the length of a block.

        Raises:
            BootError: It has no application, cannot be migrated or does not answer in time.
        """
        database = database or Sqlite()
        with project.copied() as root:
            async with database.scratch(root) as url:
                launch = launch_of(project, url)
                await self._migrate(project, root, launch, database)
                async with self._started(root, launch, database) as served:
                    yield served

    async def _migrate(
        self, project: Project, root: Path, launch: Launch, database: Database
    ) -> None:
        if "alembic.ini" not in project.files:
            return
        finished = await self.sandbox.run(
            [sys.executable, "-m", "alembic", "upgrade", "head"],
            root=root,
            deadline=self.settings.migration_deadline,
            environment=launch.environment,
            host_network=database.over_network,
        )
        if not finished.succeeded:
            raise BootError(f"the migrations fail: {finished.told()}")

    @asynccontextmanager
    async def _started(
        self, root: Path, launch: Launch, database: Database
    ) -> AsyncIterator[Served]:
        if not launch.application:
            raise BootError("there is no app and no create_app in app/main.py")
        socket = root.parent / "app.sock"
        transport = httpx.AsyncHTTPTransport(uds=str(socket), limits=_LIMITS)
        async with (
            self.sandbox.started(
                launch.command("--uds", str(socket)),
                root=root,
                environment=launch.environment,
                host_network=database.over_network,
            ) as running,
            httpx.AsyncClient(
                transport=transport,
                base_url="http://localhost",
                timeout=self.settings.request_deadline.total_seconds(),
            ) as client,
        ):
            path = await self._answering(client, running)
            yield Served(
                client=client, launch=launch, health_path=path, socket=socket, running=running
            )
            await running.stop(self.settings.sandbox.grace)

    async def _answering(self, client: httpx.AsyncClient, running: Running) -> str:
        deadline = time.monotonic() + self.settings.boot_deadline.total_seconds()
        while time.monotonic() < deadline and not running.ended:
            if path := await _healthy(client):
                return path
            await asyncio.sleep(_POLL_SECONDS)
        ending = "the server ended" if running.ended else "no health route answered in time"
        raise BootError(f"{ending}: {last_lines(running.output)}")


async def _healthy(client: httpx.AsyncClient) -> str:
    try:
        for path in HEALTH_PATHS:
            if (await client.get(path)).status_code == HTTPStatus.OK:
                return path
    except httpx.TransportError:
        return ""
    return ""


def last_lines(text: str) -> str:
    """Return the last lines of a log."""
    return "\n".join(text.strip().splitlines()[-_LOG_LINES:])


def tracebacks(text: str) -> list[str]:
    """Return what each traceback in a log comes to: its error, and where in the project."""
    told: dict[str, None] = {}
    for block in text.split(_TRACEBACK)[1:]:
        places = _PLACE.findall(block)
        error = next((line for line in block.splitlines()[1:] if _ERROR.match(line)), "")
        place = " in {}, line {}".format(*places[-1]) if places else ""
        told[f"{error[:200]}{place}"] = None
    return list(told)


@asynccontextmanager
async def relayed(socket: Path) -> AsyncIterator[str]:
    """Lead a TCP port of the loopback to a Unix socket for the length of a block; yield its URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(socket)
        async with asyncio.TaskGroup() as group:
            group.create_task(_pump(reader, inner_writer))
            group.create_task(_pump(inner_reader, writer))

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(relay(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


_CHUNK = 64 * 1024
_Closing = Callable[[], None]


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
    except ConnectionError:
        return
    finally:
        writer.close()
