"""Starts programs in order, keeps them running, stops them in reverse."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from cli.errors import StartError
from cli.system.child import Child, Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program to keep running."""

    name: str
    """What to call it."""

    command: Callable[[Mapping[str, str]], Command]
    """Makes the command from the addresses of what runs already, by name.

    Its own address is among them when it is started again: it shall serve on the same one.
    """

    address_in: Callable[[str], str | None]
    """Finds the address in the line by which the program says that it is ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How patient a supervisor is."""

    ready_within: timedelta = timedelta(minutes=1)
    """How long a program may take until it is ready."""

    grace: timedelta = timedelta(seconds=10)
    """How long a program may take to stop before it is killed."""

    first_pause: timedelta = timedelta(milliseconds=100)
    """How long to wait before a program that died is started again."""

    longest_pause: timedelta = timedelta(seconds=5)
    """The longest such wait; it doubles with each death in a row."""

    settled_after: timedelta = timedelta(seconds=10)
    """How long a program must have run for its next death to count as the first."""


class Listener(Protocol):
    """Hears what happens to programs."""

    def line(self, program: str, text: str) -> None:
        """Hear a line that a program wrote."""
        ...

    def died(self, program: str, how: str, pause: timedelta) -> None:
        """Hear that a program died, and when it will be started again."""
        ...

    def back(self, program: str) -> None:
        """Hear that a program that had died is ready again."""
        ...


@asynccontextmanager
async def supervised(
    programs: Sequence[Program], listener: Listener, *, policy: Policy
) -> AsyncIterator[Mapping[str, str]]:
    """Run programs for the length of a block: each is ready before the next one starts.

    Yields:
        The address of each, by name.

    Raises:
        StartError: One of them did not come up; those before it are stopped.
    """
    addresses: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        for program in programs:
            keeper = _Keeper(program, listener, addresses, policy)
            await stack.enter_async_context(keeper.running())
        yield addresses


class _Keeper:
    """Keeps one program running."""

    def __init__(
        self, program: Program, listener: Listener, addresses: dict[str, str], policy: Policy
    ) -> None:
        self._program = program
        self._listener = listener
        self._addresses = addresses
        self._policy = policy
        self._child: Child | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the program running inside a block."""
        try:
            await self._start()
            keeping = asyncio.create_task(self._keep(), name=f"keep {self._program.name}")
            try:
                yield
            finally:
                keeping.cancel()
                await asyncio.wait([keeping])
        finally:
            await self._stop()

    async def _start(self) -> None:
        try:
            self._child = await Child.start(
                self._program.name,
                self._program.command(self._addresses),
                address_in=self._program.address_in,
                hear=lambda text: self._listener.line(self._program.name, text),
            )
        except OSError as error:
            raise StartError(f"{self._program.name} cannot be started: {error}") from error
        self._addresses[self._program.name] = await self._child.ready(self._policy.ready_within)

    async def _stop(self) -> None:
        if self._child is not None:
            await self._child.stop(self._policy.grace)

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        pause = self._policy.first_pause
        while self._child is not None:
            started = loop.time()
            how = await self._child.ended()
            if loop.time() - started > self._policy.settled_after.total_seconds():
                pause = self._policy.first_pause
            pause = await self._revive(how, pause)

    async def _revive(self, how: str, pause: timedelta) -> timedelta:
        """Start the program again, as often as it takes; return the next pause."""
        while True:
            self._listener.died(self._program.name, how, pause)
            await asyncio.sleep(pause.total_seconds())
            pause = min(pause * 2, self._policy.longest_pause)
            try:
                await self._start()
            except StartError as error:
                how = error.message
                await self._stop()
            else:
                self._listener.back(self._program.name)
                return pause
