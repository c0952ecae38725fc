"""Small programs to supervise."""

import json
import os
import signal
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from cli.system.child import Command
from cli.system.programs import ready_address
from cli.system.supervisor import Policy, Program

SERVE = """
import json, os, signal, socket, sys
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
with open(sys.argv[2], "a") as journal:
    journal.write(json.dumps({"name": sys.argv[3], "pid": os.getpid(), "did": "start"}) + "\\n")
def stop(number, frame):
    with open(sys.argv[2], "a") as journal:
        journal.write(json.dumps({"name": sys.argv[3], "pid": os.getpid(), "did": "stop"}) + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
print(f"ready 127.0.0.1:{listener.getsockname()[1]}", flush=True)
while True:
    signal.pause()
"""
QUICK = Policy(
    ready_within=timedelta(seconds=20),
    grace=timedelta(seconds=5),
    first_pause=timedelta(milliseconds=1),
    longest_pause=timedelta(milliseconds=10),
)


class Programs:
    """Makes programs that serve a port, and tells what they did."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.journal = folder / "journal"
        self.journal.touch()

    def program(self, name: str, code: str = SERVE) -> Program:
        """Return a program that runs some Python."""

        def command(addresses: Mapping[str, str]) -> Command:
            port = addresses.get(name, ":0").rpartition(":")[2]
            return self.command(code, port, str(self.journal), name)

        return Program(name=name, command=command, address_in=ready_address)

    def command(self, code: str, *arguments: str) -> Command:
        """Return a command that runs some Python."""
        argv = [sys.executable, "-I", "-c", code, *arguments]
        return Command(argv=argv, environ=os.environ, folder=str(self.folder))

    def did(self) -> list[tuple[str, str]]:
        """Return who started and stopped, in order."""
        return [(each["name"], each["did"]) for each in self._entries()]

    def pid(self, name: str) -> int:
        """Return the process id of a program's newest run."""
        return [int(each["pid"]) for each in self._entries() if each["name"] == name][-1]

    def _entries(self) -> list[dict[str, str]]:
        return [json.loads(line) for line in self.journal.read_text().splitlines()]


def alive(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def kill(pid: int) -> None:
    """End a process as a crash would."""
    os.kill(pid, signal.SIGKILL)


def gone(pid: int) -> None:
    """Return when a process that is no child of ours has ended."""
    deadline = time.monotonic() + 20
    while alive(pid):
        assert time.monotonic() < deadline, f"process {pid} stays"
        time.sleep(0.01)
