"""Contenders' processes: started, measured in CPU and memory, and ended."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
Process = subprocess.Popen[str]


@dataclass
class Running:
    """A contender that waits for viewers."""

    port: int
    requests: list[bytes]
    processes: list[Process]
    starter: Process
    """Begins when it reads a line."""
    front: Process
    """Holds the viewers."""
    marker: bytes = field(default=b"connected")

    def go(self) -> None:
        """Let the events come."""
        assert self.starter.stdin is not None  # noqa: S101 - opened as a pipe
        self.starter.stdin.write("go\n")
        self.starter.stdin.flush()


@contextmanager
def started(*command: str) -> Iterator[Process]:
    """Run a process for the length of a block."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), *sys.path])}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.terminate()


def first_line(process: Process) -> list[str]:
    """Return the words that a process prints first."""
    assert process.stdout is not None  # noqa: S101 - opened as a pipe
    return process.stdout.readline().split()


def await_port(port: int, *, patience: float = 20) -> None:
    """Wait until somebody listens on a port."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"FAILED: nobody listens on port {port}")


def family(process: Process) -> list[int]:
    """Return the ids of a process and of its children."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text()
    return [process.pid, *map(int, children.split())]


def cpu(processes: list[Process]) -> float:
    """Return the CPU that some processes and their children have used, in seconds."""
    ticks = 0
    for pid in (pid for process in processes for pid in family(process)):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(process: Process) -> int:
    """Return the memory of a process and of its children, each page counted once, in bytes.

    Files do not count: what they take of one process changes with what else runs them.
    """
    total = 0
    for pid in family(process):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(("Pss_Anon:", "Pss_Shmem:")):
                total += int(line.split()[1]) * 1024
    return total


def tree_cpu(pid: int) -> float:
    """Return the CPU that a process, and all below it, have used, in seconds; also what is gone."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = sum(map(int, fields[11:15]))
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [child for task in tasks for child in task.read_text().split()]
    return ticks / os.sysconf("SC_CLK_TCK") + sum(tree_cpu(int(child)) for child in children)
