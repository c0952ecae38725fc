"""Runs generated code, and tools over it, where it can do little harm.

Every command gets a process group of its own, a clean environment, resource limits, a deadline and,
where the kernel permits it, a network with nothing but a loopback. `confine.py` sets these up.
"""

import asyncio
import json
import os
import re
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from generator_svc.assessment import confine
from generator_svc.assessment.settings import SandboxSettings

_CHUNK = 64 * 1024
_DRAIN_SECONDS = 2.0
_ERROR = re.compile(r"(?m)^[\w.]*(?:Error|Exception)\b.*$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a command ended."""

    exit_code: int
    """Its exit code; negative if a signal ended it."""

    output: str
    """The last of what it wrote to either stream."""

    timed_out: bool
    """Whether its deadline passed; it was killed then."""

    seconds: float
    """How long it took."""

    @property
    def succeeded(self) -> bool:
        """Whether it ended in time, with exit code 0."""
        return self.exit_code == 0 and not self.timed_out

    def told(self, lines: int = 15) -> str:
        """Return how it ended, the last error it told of, and the last lines of its output."""
        ending = "timed out" if self.timed_out else f"exit code {self.exit_code}"
        last = self.output.strip().splitlines()[-lines:]
        errors = [line for line in _ERROR.findall(self.output) if line not in last]
        return "\n".join([ending, *errors[-1:], *last])


class Running:
    """A command that has been started."""

    def __init__(
        self, process: asyncio.subprocess.Process, output: asyncio.StreamReader, kept: int
    ) -> None:
        self._process = process
        self._output = output
        self._chunks: deque[bytes] = deque()
        self._kept = kept
        self._reader = asyncio.create_task(self._read())

    @property
    def ended(self) -> bool:
        """Whether the process has ended by itself."""
        return self._process.returncode is not None

    @property
    def output(self) -> str:
        """The last of what it wrote so far."""
        return b"".join(self._chunks)[-self._kept :].decode("utf-8", errors="replace")

    async def wait(self) -> int:
        """Return the exit code once the process has ended."""
        return await self._process.wait()

    async def stop(self, grace: timedelta) -> None:
        """Ask the process to end; whoever is left of its group after the grace is killed."""
        self._signal(signal.SIGTERM)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._process.wait(), grace.total_seconds())
        await self.kill()

    async def kill(self) -> None:
        """Kill the whole process group and collect what it wrote."""
        self._signal(signal.SIGKILL)
        await self._process.wait()
        # a descendant that left the group may still hold the pipe
        await asyncio.wait([self._reader], timeout=_DRAIN_SECONDS)
        self._reader.cancel()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def _read(self) -> None:
        while chunk := await self._output.read(_CHUNK):
            self._chunks.append(chunk)
            while sum(map(len, self._chunks)) - len(self._chunks[0]) >= self._kept:
                self._chunks.popleft()


class Sandbox:
    """Runs commands under the limits of its settings."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._own_network: bool | None = None

    async def isolates(self) -> bool:
        """Tell whether commands get a network of their own; finds out once."""
        if self._own_network is None:
            self._own_network = self._settings.isolate_network and await self._may_isolate()
        return self._own_network

    async def network(self) -> str:
        """Return how far the network reaches, for reports."""
        return "" if await self.isolates() else "the network was not isolated on this machine"

    async def run(
        self,
        command: Sequence[str],
        *,
        root: Path,
        deadline: timedelta,
        environment: Mapping[str, str] | None = None,
        host_network: bool = False,
    ) -> Finished:
        """Run a command in a folder until it ends or its deadline passes."""
        began = time.monotonic()
        timed_out = False
        async with self.started(
            command, root=root, environment=environment, host_network=host_network
        ) as running:
            try:
                await asyncio.wait_for(running.wait(), deadline.total_seconds())
            except TimeoutError:
                timed_out = True
        return Finished(
            exit_code=await running.wait(),
            output=running.output,
            timed_out=timed_out,
            seconds=time.monotonic() - began,
        )

    @asynccontextmanager
    async def started(
        self,
        command: Sequence[str],
        *,
        root: Path,
        environment: Mapping[str, str] | None = None,
        host_network: bool = False,
    ) -> AsyncIterator[Running]:
        """Run a command for the length of a block; nothing of its group outlives it."""
        own = not host_network and await self.isolates()
        async with _pipe() as (output, end):
            process = await asyncio.create_subprocess_exec(
                *self._confined(command, own_network=own),
                cwd=root,
                env=_environment(root) | dict(environment or {}),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=end,
                stderr=end,
                start_new_session=True,
            )
            end.close()
            running = Running(process, output, self._settings.output_bytes)
            try:
                yield running
            finally:
                await asyncio.shield(running.kill())

    def _confined(self, command: Sequence[str], *, own_network: bool) -> list[str]:
        wanted = {"limits": self._limits(), "network": "own" if own_network else "host"}
        return [sys.executable, "-I", str(confine.__file__), json.dumps(wanted), *command]

    def _limits(self) -> dict[str, int]:
        settings = self._settings
        return {
            "CPU": int(settings.cpu.total_seconds()),
            "AS": settings.address_space_bytes,
            "FSIZE": settings.file_bytes,
            "NOFILE": settings.open_files,
            "NPROC": settings.processes,
            "CORE": 0,
        }

    async def _may_isolate(self) -> bool:
        process = await asyncio.create_subprocess_exec(
            *self._confined([], own_network=True),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await process.wait() == 0


@asynccontextmanager
async def _pipe() -> AsyncIterator[tuple[asyncio.StreamReader, BinaryIO]]:
    """Open a pipe of our own: asyncio's would make a wait for the process one for its children."""
    read_end, write_end = os.pipe()
    with os.fdopen(write_end, "wb", buffering=0) as end:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
        )
        try:
            yield reader, end
        finally:
            transport.close()


def _environment(root: Path) -> dict[str, str]:
    temporary = root.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HOME": str(temporary),
        "TMPDIR": str(temporary),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "NO_COLOR": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
    }
