"""Fan-out: what it costs to tell many viewers the same event, side by side in one run.

Each contender tells every viewer the same events at the same pace; the figure is the CPU, user and
system, of all its processes per delivered event. Opening the streams is not counted, closing them
is. Rounds are interleaved, medians are compared, and only ratios count. A viewer that is not sent
every event, once and in order, fails the run.

    python bench/bench_relay.py [--viewers 1000] [--events 400] [--rounds 3] [--strict]
"""

import argparse
import importlib.util
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from relay.load import Load

HERE = Path(__file__).parent / "relay"
INTERVAL = 20_000
"""Microseconds between two events."""


@dataclass
class Running:
    """A contender that waits for viewers."""

    port: int
    path: str
    processes: list["subprocess.Popen[str]"]
    starter: "subprocess.Popen[str]"
    headers: dict[str, str] = field(default_factory=dict)
    marker: bytes = b"connected"


def cpu(processes: list["subprocess.Popen[str]"]) -> float:
    """Return the CPU that some processes have used, in seconds."""
    ticks = 0
    for process in processes:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def started(*command: str) -> Iterator["subprocess.Popen[str]"]:
    """Run a process for the length of a block."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(HERE.parents[1]), *sys.path[1:]])
    }
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def first_line(process: "subprocess.Popen[str]") -> list[str]:
    """Return the words that a process prints first."""
    assert process.stdout is not None  # noqa: S101 - opened as a pipe
    return process.stdout.readline().split()


@contextmanager
def floor(options: argparse.Namespace, held: ExitStack) -> Iterator[Running]:
    """Run the writer in C: the kernel's send and nothing else."""
    folder = held.enter_context(tempfile.TemporaryDirectory())
    program = f"{folder}/writer"
    subprocess.run(["cc", "-O2", "-o", program, str(HERE / "writer.c")], check=True)
    arguments = (str(options.viewers), str(options.events), str(INTERVAL))
    with started(program, *arguments) as process:
        port = int(first_line(process)[0])
        yield Running(port, "/", [process], process, marker=b"\r\n\r\n")


def bridge(mode: str) -> "Contender":
    """Return the bridge with direct writes or through plain ASGI."""

    @contextmanager
    def run(options: argparse.Namespace, held: ExitStack) -> Iterator[Running]:
        arguments = (str(HERE / "origin.py"), str(options.events), str(INTERVAL))
        origin = held.enter_context(started(sys.executable, *arguments))
        script = str(HERE / "bridge_under_load.py")
        port_of_origin = first_line(origin)[0]
        with started(sys.executable, script, port_of_origin, mode) as process:
            port, token = first_line(process)
            headers = {"Authorization": f"Bearer {token}"}
            path = "/generations/gen_bench/stream"
            yield Running(int(port), path, [process, origin], origin, headers)

    return run


@contextmanager
def sse_starlette(options: argparse.Namespace, held: ExitStack) -> Iterator[Running]:
    """Run sse-starlette."""
    del held
    script = str(HERE / "sse_starlette_under_load.py")
    with started(sys.executable, script, str(options.events), str(INTERVAL)) as process:
        yield Running(int(first_line(process)[0]), "/", [process], process)


Contender = Callable[[argparse.Namespace, ExitStack], object]

CONTENDERS: dict[str, Callable[..., object]] = {
    "C writer": floor,
    "bridge": bridge("direct"),
    "bridge, plain ASGI": bridge("asgi"),
    "sse-starlette": sse_starlette,
}
MUST: dict[str, tuple[str, float]] = {
    "bridge": ("C writer", 1.6),
    "bridge, plain ASGI": ("C writer", 2.2),
    "bridge ": ("sse-starlette", 0.35),
}


def measure(contender: Callable[..., object], options: argparse.Namespace) -> float:
    """Return the CPU per delivery of one round, in microseconds."""
    with ExitStack() as held:
        running: Running = held.enter_context(contender(options, held))  # type: ignore[arg-type]
        load = Load(running.port, running.path, running.headers)
        held.callback(load.close)
        load.open(options.viewers, marker=running.marker)
        before = cpu(running.processes)
        assert running.starter.stdin is not None  # noqa: S101 - opened as a pipe
        running.starter.stdin.write("go\n")
        running.starter.stdin.flush()
        load.read()
        used = cpu(running.processes) - before
        load.check(options.events)
    return used / (options.viewers * options.events) * 1e6


def main() -> None:
    """Run every contender in turn, several times, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--events", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strict", action="store_true", help="fail over the targets, too")
    options = parser.parse_args()
    contenders = dict(CONTENDERS)
    if shutil.which("cc") is None:
        raise SystemExit("no C compiler: the floor cannot be measured")
    if importlib.util.find_spec("sse_starlette") is None:
        print("skipped: sse-starlette is not installed (requirements/bench.lock)")
        del contenders["sse-starlette"]
    rounds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(options.rounds):
        for name, contender in contenders.items():
            rounds[name].append(measure(contender, options))
            print(f"round {number + 1}: {name}: {rounds[name][-1]:.2f} µs a delivery", flush=True)
    report({name: statistics.median(figures) for name, figures in rounds.items()}, options)


def report(medians: dict[str, float], options: argparse.Namespace) -> None:
    """Print the ratios; with `--strict`, fail over a target."""
    over = []
    for name, (base, limit) in MUST.items():
        if name.strip() in medians and base in medians:
            ratio = medians[name.strip()] / medians[base]
            print(f"{name.strip()} ÷ {base}: {ratio:.2f} (must: at most {limit})")
            over += [name] if ratio > limit else []
    if over and options.strict:
        raise SystemExit(f"over the target: {', '.join(over)}")


if __name__ == "__main__":
    main()
