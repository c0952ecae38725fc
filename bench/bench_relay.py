"""Fan-out: what it costs to tell many viewers the same event, side by side in one run.

Each contender tells every viewer the same events at the same pace; the figure is the CPU, user and
system, of all its processes per delivered event. Opening the streams is not counted, closing them
is. Rounds are interleaved, medians are compared, and only ratios count. A viewer that is not sent
every event, once and in order, fails the run.

    python bench/bench_relay.py [--viewers 1000] [--events 400] [--rounds 3] [--strict]
"""

import argparse
import importlib.util
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from relay.load import Load, request
from relay.processes import (
    HERE,
    Running,
    await_port,
    cpu,
    first_line,
    memory,
    started,
)
from relay.report import Target, report

from chassis.testing.ports import free_port

INTERVAL = 20_000
"""Microseconds between two events."""
NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
WARM = 100
"""How many viewers are there before memory is first looked at."""


class Options(argparse.Namespace):
    """How much is measured."""

    viewers: int
    events: int
    rounds: int
    strict: bool


@contextmanager
def floor(options: Options) -> Iterator[Running]:
    """Run the writer in C: the kernel's send and nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        program = f"{folder}/writer"
        subprocess.run(["cc", "-O2", "-o", program, str(HERE / "writer.c")], check=True)
        arguments = (str(options.viewers), str(options.events), str(INTERVAL))
        with started(program, *arguments) as process:
            port = int(first_line(process)[0])
            requests = [request("/")] * options.viewers
            yield Running(port, requests, [process], process, process, marker=b"\r\n\r\n")


def bridge(mode: str) -> "Contender":
    """Return the bridge with direct writes or through plain ASGI."""

    @contextmanager
    def run(options: Options) -> Iterator[Running]:
        arguments = (str(HERE / "origin.py"), str(options.events), str(INTERVAL))
        script = str(HERE / "bridge_under_load.py")
        with (
            started(sys.executable, *arguments) as origin,
            started(sys.executable, script, first_line(origin)[0], mode) as process,
        ):
            port, token = first_line(process)
            asked = request("/generations/gen_bench/stream", {"Authorization": f"Bearer {token}"})
            requests = [asked] * options.viewers
            processes = [process, origin]
            yield Running(int(port), requests, processes, origin, process, marker=b'"hello"')

    return run


@contextmanager
def sse_starlette(options: Options) -> Iterator[Running]:
    """Run sse-starlette."""
    script = str(HERE / "sse_starlette_under_load.py")
    with started(sys.executable, script, str(options.events), str(INTERVAL)) as process:
        requests = [request("/")] * options.viewers
        yield Running(int(first_line(process)[0]), requests, [process], process, process)


@contextmanager
def nchan(options: Options) -> Iterator[Running]:
    """Run nchan in nginx, and a process that publishes to it."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        written = (HERE / "nchan.conf").read_text()
        configuration = Path(folder, "nginx.conf")
        configuration.write_text(written.replace("{folder}", folder).replace("{port}", str(port)))
        publisher = (str(HERE / "publisher.py"), str(port), str(options.events), str(INTERVAL))
        with (
            started("nginx", "-p", folder, "-c", str(configuration)) as nginx,
            started(sys.executable, *publisher) as process,
        ):
            await_port(port)
            requests = [request("/stream")] * options.viewers
            processes = [nginx, process]
            yield Running(port, requests, processes, process, nginx, marker=b"\r\n\r\n")


Contender = Callable[[Options], AbstractContextManager[Running]]

CONTENDERS: dict[str, Contender] = {
    "C writer": floor,
    "bridge": bridge("direct"),
    "bridge, plain ASGI": bridge("asgi"),
    "sse-starlette": sse_starlette,
    "nchan": nchan,
}
TARGETS = [
    Target("bridge", "C writer", must=1.6, aim=1.15),
    Target("bridge, plain ASGI", "C writer", must=2.2, aim=1.5),
    Target("bridge", "nchan", must=1.3, aim=0.8),
    Target("bridge", "sse-starlette", must=0.35, aim=0.2),
]
MEMORY = [Target("bridge", "nchan", must=1.5, aim=1.0)]


def measure(contender: Contender, options: Options) -> tuple[float, float]:
    """Return the CPU per delivery of one round, in µs, and the memory of an idle viewer, in KB."""
    with ExitStack() as held:
        running = held.enter_context(contender(options))
        load = Load(running.port)
        held.callback(load.close)
        load.open(running.requests[:WARM], marker=running.marker)
        empty = memory(running.front)
        load.open(running.requests[WARM:], marker=running.marker)
        each = (memory(running.front) - empty) / max(1, options.viewers - WARM)
        before = cpu(running.processes)
        running.go()
        load.read()
        used = cpu(running.processes) - before
        load.check(options.events)
    return used / (options.viewers * options.events) * 1e6, each / 1000


def available() -> dict[str, Contender]:
    """Return the contenders that this machine has, and say which it has not."""
    found = dict(CONTENDERS)
    if shutil.which("cc") is None:
        raise SystemExit("no C compiler: the floor cannot be measured")
    if importlib.util.find_spec("sse_starlette") is None:
        print("skipped: sse-starlette is not installed (requirements/bench.lock)")
        del found["sse-starlette"]
    if shutil.which("nginx") is None or not NCHAN.exists():
        print("skipped: nchan is not installed (Debian: nginx-light and libnginx-mod-nchan)")
        del found["nchan"]
    return found


def main() -> None:
    """Run every contender in turn, several times, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=1000)
    parser.add_argument("--events", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strict", action="store_true", help="fail over the targets, too")
    options = parser.parse_args(namespace=Options())
    costs: dict[str, list[float]] = defaultdict(list)
    sizes: dict[str, list[float]] = defaultdict(list)
    contenders = available()
    for number in range(options.rounds):
        for name, contender in contenders.items():
            cost, size = measure(contender, options)
            costs[name].append(cost)
            sizes[name].append(size)
            told = f"{cost:.2f} µs a delivery, {size:.1f} KB an idle viewer"
            print(f"round {number + 1}: {name}: {told}", flush=True)
    over = report("CPU per delivery", medians(costs), TARGETS)
    over += report("memory per idle viewer", medians(sizes), MEMORY)
    if over and options.strict:
        raise SystemExit(f"over the target: {', '.join(over)}")


def medians(rounds: dict[str, list[float]]) -> dict[str, float]:
    """Return the median of each contender's rounds."""
    return {name: statistics.median(figures) for name, figures in rounds.items()}


if __name__ == "__main__":
    main()
