"""What runs in the sandbox is bounded, and nothing of it outlives its deadline."""

import asyncio
import socket
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from generator_svc.assessment import SandboxSettings
from generator_svc.assessment.sandbox import Finished, Sandbox

SECOND = timedelta(seconds=1)
MINUTE = timedelta(seconds=60)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder to run in."""
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


async def run(
    code: str, root: Path, settings: SandboxSettings | None = None, deadline: timedelta = MINUTE
) -> Finished:
    """Run Python code in a sandbox."""
    sandbox = Sandbox(settings or SandboxSettings())
    return await sandbox.run([sys.executable, "-c", code], root=root, deadline=deadline)


async def test_a_command_runs_in_its_folder(root: Path) -> None:
    """Gives back the exit code and both streams."""
    code = "import os, sys; print(os.getcwd()); print('no', file=sys.stderr); sys.exit(3)"
    finished = await run(code, root)
    assert (finished.exit_code, finished.timed_out) == (3, False)
    assert finished.output == f"{root}\nno\n"


async def test_the_environment_is_clean(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hands on none of the service's variables."""
    monkeypatch.setenv("BACKSMITH_SECRET", "s3cret")
    finished = await run("import os; print(sorted(os.environ))", root)
    assert "BACKSMITH" not in finished.output
    assert "PYTHONPATH" not in finished.output


async def test_a_deadline_kills_the_whole_group(root: Path) -> None:
    """Kills children too, even those that ignore SIGTERM."""
    code = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child: print(child, flush=True)\n"
        "time.sleep(600)\n"
    )
    finished = await run(code, root, deadline=SECOND)
    assert finished.timed_out
    assert not finished.succeeded
    await _ended(int(finished.output))


async def test_stragglers_of_a_finished_command_are_killed(root: Path) -> None:
    """Kills what a command left behind when it ended by itself."""
    code = "import os, time\nif child := os.fork(): print(child)\nelse: time.sleep(600)\n"
    finished = await run(code, root)
    assert finished.succeeded
    await _ended(int(finished.output))


async def test_output_is_bounded(root: Path) -> None:
    """Keeps the last of a flood, and lets the command end."""
    settings = SandboxSettings(output_bytes=1000)
    finished = await run("print('x' * 5_000_000); print('end')", root, settings)
    assert finished.succeeded
    assert len(finished.output) == 1000
    assert finished.output.endswith("x\nend\n")


@pytest.mark.parametrize(
    ("code", "settings"),
    [
        ("x = bytearray(1 << 30)", SandboxSettings(address_space_bytes=1 << 29)),
        ("open('f', 'wb').write(bytes(1 << 20))", SandboxSettings(file_bytes=1 << 10)),
        ("x = [open('/dev/null') for _ in range(100)]", SandboxSettings(open_files=50)),
        ("while True: pass", SandboxSettings(cpu=SECOND)),
    ],
)
async def test_resources_are_limited(root: Path, code: str, settings: SandboxSettings) -> None:
    """Fails what takes more memory, disk, descriptors or time than the settings give."""
    finished = await run(code, root, settings)
    assert not finished.succeeded
    assert not finished.timed_out


async def test_the_network_is_a_loopback_of_its_own(root: Path) -> None:
    """Reaches itself, and nothing of the host; told where the kernel does not permit it."""
    sandbox = Sandbox(SandboxSettings())
    with socket.create_server(("127.0.0.1", 0)) as host:
        code = f"import socket; socket.create_connection({host.getsockname()!r}, timeout=5)"
        finished = await sandbox.run([sys.executable, "-c", code], root=root, deadline=MINUTE)
    isolated = await sandbox.isolates()
    assert finished.succeeded is not isolated
    assert (await sandbox.network() == "") is isolated
    itself = "import socket as s; a = s.create_server(('127.0.0.1', 0)).accept"
    itself += "; s.create_connection(a.__self__.getsockname())"
    assert (await run(itself, root)).succeeded


async def test_isolation_can_be_switched_off(root: Path) -> None:
    """Leaves the host's network where the settings say so."""
    sandbox = Sandbox(SandboxSettings(isolate_network=False))
    assert not await sandbox.isolates()
    assert await sandbox.network() == "the network was not isolated on this machine"


async def test_cancelling_kills_the_command(root: Path) -> None:
    """Leaves nothing behind when the caller goes away."""
    sandbox = Sandbox(SandboxSettings())
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    async with sandbox.started([sys.executable, "-c", code], root=root) as running:
        while not running.output:  # noqa: ASYNC110 - the output of a process has no event
            await asyncio.sleep(0.01)
        pid = int(running.output)
        assert _alive(pid)
    await _ended(pid)


async def _ended(pid: int) -> None:
    """Return when the kernel has carried out a kill that was sent."""
    async with asyncio.timeout(10):
        while _alive(pid):  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.01)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").split()[2]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
