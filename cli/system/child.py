"""One child process: started, heard until it is ready, stopped within bounded time."""

import asyncio
import ctypes
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from cli.errors import StartError
from cli.system.pipe import Pipe

LAST_WORDS = timedelta(seconds=1)
"""How long to listen on: a grandchild in a group of its own may keep the pipes open."""

PR_SET_PDEATHSIG = 1

Hear = Callable[[str], None]
"""Takes one line that a child wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What to start."""

    argv: Sequence[str]
    """The program and its arguments."""

    environ: Mapping[str, str]
    """Its whole environment."""

    folder: str
    """The folder it starts in."""

    held: int = -1
    """A file descriptor that it inherits, so that a lock lasts as long as it lives."""


class Child:
    """One run of a command, in a process group of its own.

    Being in its own group, a child hears nothing of the terminal's Ctrl-C: its supervisor decides
    the order in which processes stop. It dies with its supervisor, even if that one is killed.

    Args:
        name: What to call it.
        process: The process.
        pipes: What it writes.
        address_in: Finds the address in the line by which the child says that it is ready.
        hear: Takes every line that it writes.
    """

    def __init__(
        self,
        name: str,
        process: Process,
        pipes: Sequence[Pipe],
        *,
        address_in: Callable[[str], str | None],
        hear: Hear,
    ) -> None:
        self.name = name
        self._process = process
        self._address_in = address_in
        self._hear = hear
        self._last_line = ""
        self._address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._pipes = pipes
        self._readers = [asyncio.create_task(self._listen(pipe)) for pipe in pipes]

    @classmethod
    async def start(
        cls, name: str, command: Command, *, address_in: Callable[[str], str | None], hear: Hear
    ) -> "Child":
        """Start a command.

        Raises:
            OSError: The program is not there, or the machine is out of processes.
        """
        pipes = [await Pipe.open(), await Pipe.open()]
        try:
            process = await asyncio.create_subprocess_exec(
                *command.argv,
                stdin=DEVNULL,
                stdout=pipes[0].writer,
                stderr=pipes[1].writer,
                env=dict(command.environ),
                cwd=command.folder,
                pass_fds=(command.held,) if command.held >= 0 else (),
                process_group=0,
                preexec_fn=_die_with_parent(os.getpid()),
            )
        except BaseException:
            for pipe in pipes:
                pipe.close()
            raise
        finally:
            for pipe in pipes:
                pipe.close_writer()
        return cls(name, process, pipes, address_in=address_in, hear=hear)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def ready(self, within: timedelta) -> str:
        """Return the address it serves, once it does.

        Raises:
            StartError: It ended, or said nothing in time.
        """
        ended = asyncio.create_task(self.ended())
        try:
            await asyncio.wait(
                [self._address, ended],
                timeout=within.total_seconds(),
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            ended.cancel()
        if self._address.done():
            return self._address.result()
        if ended.done():
            raise StartError(
                f"{self.name} ended before it was ready ({ended.result()}): {self._last_line}"
            )
        raise StartError(f"{self.name} was not ready after {within.total_seconds():g} seconds")

    async def ended(self) -> str:
        """Wait until it has ended and all it wrote was heard; return how it ended, in words."""
        code = await self._process.wait()
        _kill_group(self.pid)
        await asyncio.wait(self._readers, timeout=LAST_WORDS.total_seconds())
        for pipe in self._pipes:
            pipe.close()
        if code >= 0:
            return f"exit code {code}"
        return f"killed by {signal.Signals(-code).name}"

    async def stop(self, grace: timedelta) -> None:
        """End it: ask, wait as long as the grace, then kill; also whatever it left behind."""
        try:
            with suppress(ProcessLookupError):
                self._process.terminate()
            async with asyncio.timeout(grace.total_seconds()):
                await self._process.wait()
        except TimeoutError:
            pass
        finally:
            _kill_group(self.pid)
        await self.ended()

    async def _listen(self, pipe: Pipe) -> None:
        async for line in pipe.lines():
            if not self._address.done() and (address := self._address_in(line)):
                self._address.set_result(address)
            self._last_line = line.strip() or self._last_line
            self._hear(line)


def _kill_group(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def _die_with_parent(parent: int) -> Callable[[], None] | None:
    """Return what makes a child die with this process, on Linux."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl

    def bind() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return bind
