"""One child process."""

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta

import pytest

from cli.errors import StartError
from cli.system.child import Child, Command
from cli.system.programs import ready_address
from tests.unit.cli.support import SERVE, Programs, alive, gone, kill

SOON = timedelta(seconds=20)
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready x", flush=True)
while True:
    signal.pause()
"""


async def started(command: Command, heard: list[str] | None = None) -> Child:
    """Start a command whose lines go to a list."""
    lines = [] if heard is None else heard
    return await Child.start("it", command, address_in=ready_address, hear=lines.append)


def serving(programs: Programs) -> Command:
    """Return a command that serves a free port."""
    return programs.command(SERVE, "0", str(programs.journal), "it")


async def test_tells_the_address_once_it_serves(programs: Programs) -> None:
    """Returns the address of the ready line."""
    child = await started(serving(programs))
    address = await child.ready(SOON)
    _, writer = await asyncio.open_connection(*address.split(":"))
    writer.close()
    await writer.wait_closed()
    await child.stop(SOON)


async def test_hears_both_streams_and_the_last_line_without_an_end(programs: Programs) -> None:
    """Hears what is written to standard output and error, to the last byte."""
    heard: list[str] = []
    code = "import sys; print('out'); sys.stdout.flush(); sys.stderr.write('err, cut'); sys.exit(3)"
    child = await started(programs.command(code), heard)
    assert await child.ended() == "exit code 3"
    assert sorted(heard) == ["err, cut", "out"]


async def test_a_line_without_end_comes_in_pieces(programs: Programs) -> None:
    """Keeps no more than a bounded part of an endless line in memory."""
    heard: list[str] = []
    child = await started(programs.command("print('x' * 3_000_000)"), heard)
    await child.ended()
    assert sum(map(len, heard)) == 3_000_000
    assert max(map(len, heard)) < 1_200_000


async def test_an_early_end_says_how_and_why(programs: Programs) -> None:
    """Names the exit code and the last words of a program that never served."""
    child = await started(programs.command("import sys; sys.exit('port 80 is taken')"))
    with pytest.raises(StartError, match=r"it ended .*exit code 1.*port 80 is taken"):
        await child.ready(SOON)


async def test_a_silent_program_is_not_waited_for_without_end(programs: Programs) -> None:
    """Gives up on a program that never says that it is ready."""
    child = await started(programs.command("import time; time.sleep(60)"))
    with pytest.raises(StartError, match="not ready after"):
        await child.ready(timedelta(milliseconds=50))
    await child.stop(SOON)


async def test_stop_asks_first(programs: Programs) -> None:
    """Lets a program end itself."""
    child = await started(serving(programs))
    await child.ready(SOON)
    await child.stop(SOON)
    assert programs.did() == [("it", "start"), ("it", "stop")]
    assert not alive(child.pid)


async def test_stop_kills_who_does_not_listen(programs: Programs) -> None:
    """Kills a program that ignores the request when the grace is over."""
    child = await started(programs.command(STUBBORN))
    await child.ready(SOON)
    await child.stop(timedelta(milliseconds=50))
    assert await child.ended() == "killed by SIGKILL"


async def test_what_a_program_left_behind_goes_with_it(programs: Programs) -> None:
    """Kills the helpers that a killed program had started."""
    code = (
        "import subprocess, sys, time\n"
        "helper = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "print('ready', helper.pid, flush=True)\n"
        "time.sleep(600)"
    )
    child = await started(programs.command(code))
    helper = int(await child.ready(SOON))
    kill(child.pid)
    await child.ended()
    await asyncio.to_thread(gone, helper)


async def test_a_stopped_wait_leaves_nothing_running(programs: Programs) -> None:
    """Kills the program when whoever stops it is itself interrupted."""
    child = await started(programs.command(STUBBORN))
    await child.ready(SOON)
    stopping = asyncio.create_task(child.stop(timedelta(minutes=1)))
    await asyncio.sleep(0)
    stopping.cancel()
    with suppress(asyncio.CancelledError):
        await stopping
    assert await child.ended() == "killed by SIGKILL"


async def test_hears_nothing_of_the_terminal(programs: Programs) -> None:
    """Runs in a process group of its own, so that Ctrl-C reaches its supervisor alone."""
    child = await started(serving(programs))
    await child.ready(SOON)
    assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
    await child.stop(SOON)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's promise on Linux")
def test_dies_with_a_killed_supervisor(programs: Programs) -> None:
    """Leaves no orphan behind when the supervisor is killed."""
    code = (
        "import asyncio, os, sys, time\n"
        "from cli.system.child import Child, Command\n"
        "async def main():\n"
        "    command = Command(argv=[sys.executable, '-c', sys.argv[1]], environ=os.environ, "
        "folder='/')\n"
        "    child = await Child.start('it', command, address_in=lambda line: line, hear=id)\n"
        "    await child.ready(__import__('datetime').timedelta(seconds=20))\n"
        "    print(child.pid, flush=True)\n"
        "    await asyncio.sleep(600)\n"
        "asyncio.run(main())\n"
    )
    grandchild = "print('ready x', flush=True); __import__('time').sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", code, grandchild], stdout=subprocess.PIPE, text=True
    ) as supervisor:
        assert supervisor.stdout
        pid = int(supervisor.stdout.readline())
        assert alive(pid)
        supervisor.send_signal(signal.SIGKILL)
        supervisor.wait()
        gone(pid)
