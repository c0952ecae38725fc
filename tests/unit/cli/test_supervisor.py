"""Several programs: their order, their deaths, their end."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from cli.errors import StartError
from cli.system.child import Command
from cli.system.programs import ready_address
from cli.system.supervisor import Policy, Program, supervised
from tests.unit.cli.support import QUICK, Programs, alive, kill


@dataclass
class Ear:
    """Keeps what a supervisor tells."""

    deaths: list[tuple[str, str]] = field(default_factory=list)
    pauses: list[timedelta] = field(default_factory=list)
    returned: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    enough: asyncio.Event = field(default_factory=asyncio.Event)
    lines: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    def line(self, program: str, text: str) -> None:
        """Keep a line."""
        assert program
        self.lines.put_nowait(text)

    def died(self, program: str, how: str, pause: timedelta) -> None:
        """Keep a death."""
        self.deaths.append((program, how))
        if len(self.deaths) == 3:
            self.enough.set()
        self.pauses.append(pause)

    def back(self, program: str) -> None:
        """Keep a return."""
        self.returned.put_nowait(program)


async def test_starts_in_order_and_stops_in_reverse(programs: Programs) -> None:
    """Starts each program after those before it are ready, and ends the last one first."""
    line = [programs.program(name) for name in ("a", "b", "c")]
    async with supervised(line, Ear(), policy=QUICK) as addresses:
        assert list(addresses) == ["a", "b", "c"]
    starts = [(name, "start") for name in ("a", "b", "c")]
    assert programs.did() == [*starts, *((name, "stop") for name in ("c", "b", "a"))]


async def test_a_later_program_knows_the_address_of_an_earlier_one(programs: Programs) -> None:
    """Hands the addresses of what runs to the commands that follow."""
    seen: list[dict[str, str]] = []
    second = programs.program("b")

    def command(addresses: Mapping[str, str]) -> Command:
        seen.append(dict(addresses))
        return second.command(addresses)

    line = [programs.program("a"), replace(second, command=command)]
    async with supervised(line, Ear(), policy=QUICK) as addresses:
        assert seen == [{"a": addresses["a"]}]


async def test_a_killed_program_comes_back_on_its_port(programs: Programs) -> None:
    """Starts a killed program again, where its callers expect it, and tells both."""
    ear = Ear()
    async with supervised([programs.program("a")], ear, policy=QUICK) as addresses:
        before = addresses["a"]
        kill(programs.pid("a"))
        assert await ear.returned.get() == "a"
        assert addresses["a"] == before
        _, writer = await asyncio.open_connection(*before.split(":"))
        writer.close()
        await writer.wait_closed()
    assert ear.deaths == [("a", "killed by SIGKILL")]


async def test_deaths_in_a_row_are_paused_longer_and_longer(programs: Programs) -> None:
    """Doubles the pause with each death, up to a bound."""
    ear = Ear()
    async with supervised([programs.program("a")], ear, policy=QUICK):
        for _ in range(6):
            kill(programs.pid("a"))
            await ear.returned.get()
    assert [round(pause / timedelta(milliseconds=1)) for pause in ear.pauses] == [
        1,
        2,
        4,
        8,
        10,
        10,
    ]


async def test_a_settled_program_starts_afresh(programs: Programs) -> None:
    """Forgets old deaths of a program that has run for a while."""
    ear = Ear()
    policy = replace(QUICK, settled_after=timedelta())
    async with supervised([programs.program("a")], ear, policy=policy):
        for _ in range(3):
            kill(programs.pid("a"))
            await ear.returned.get()
    assert set(ear.pauses) == {QUICK.first_pause}


async def test_a_program_that_cannot_come_back_is_tried_again(programs: Programs) -> None:
    """Goes on trying when a restart fails, and tells why each time."""
    ear = Ear()
    blocked = programs.folder / "blocked"
    code = (
        "import pathlib, sys\n"
        f"if pathlib.Path({str(blocked)!r}).exists(): sys.exit('blocked')\n"
        "print('ready here', flush=True)\n"
        "__import__('time').sleep(600)"
    )
    program = programs.program("a", f"import os; print(os.getpid(), flush=True)\n{code}")
    async with supervised([program], ear, policy=QUICK):
        blocked.touch()
        kill(int(await ear.lines.get()))
        await ear.enough.wait()
        blocked.unlink()
        await ear.returned.get()
    assert "blocked" in ear.deaths[1][1]


async def test_a_failed_start_stops_what_ran_already(programs: Programs) -> None:
    """Leaves nothing running when a later program does not come up."""
    line = [programs.program("a"), programs.program("b", "import sys; sys.exit('no disk')")]
    with pytest.raises(StartError, match=r"b ended .*no disk"):
        async with supervised(line, Ear(), policy=QUICK):
            pytest.fail("the block must not run")
    assert programs.did() == [("a", "start"), ("a", "stop")]


async def test_a_missing_program_is_told() -> None:
    """Names the program that is not installed."""
    command = Command(argv=["no-such-program-anywhere"], environ={}, folder="/")
    program = Program(name="a", command=lambda _: command, address_in=ready_address)
    with pytest.raises(StartError, match="a cannot be started"):
        async with supervised([program], Ear(), policy=QUICK):
            pytest.fail("the block must not run")


async def test_an_interrupted_start_leaves_nothing_behind(programs: Programs) -> None:
    """Stops a program whose start is cancelled half-way."""
    slow = programs.program("a", "import os, time; print(os.getpid(), flush=True); time.sleep(600)")
    ear = Ear()

    async def start() -> None:
        async with supervised([slow], ear, policy=Policy()):
            pytest.fail("the block must not run")

    task = asyncio.create_task(start())
    pid = int(await ear.lines.get())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not alive(pid)
