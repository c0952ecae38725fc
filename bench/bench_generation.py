"""A whole generation beside the rendering of its files in one process.

The generation goes through the services as `backsmith up` runs them, with nats-server, SQL and the
files on disk, and ends with the assessment T0. Its CPU is that of all these processes, user and
system; its time is from the request to the end of its stream. The rendering is the same spec
through the same templates, in one process that keeps nothing. Both are warmed up by one round that
does not count; rounds are interleaved, and medians are compared.

    python bench/bench_generation.py [--entities 10] [--rounds 5] [--strict]
"""

import argparse
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent))

from bench_rendering import cpu_seconds, project, render
from relay.processes import Process, first_line, started, tree_cpu
from relay.report import Target, report

from cli.session import user_token
from cli.system.folder import DataFolder
from generator_svc.domain.dump import spec_document
from generator_svc.domain.spec import ProjectSpec
from generator_svc.engines.template import TemplateEngine

BACKSMITH = str(Path(sys.executable).parent / "backsmith")
TARGETS = [Target("whole generation", "rendering", must=5, aim=2)]
PATIENCE = 120.0


class Options(argparse.Namespace):
    """How much is measured."""

    entities: int
    rounds: int
    strict: bool


class System:
    """A running `backsmith up`, as one user sees it."""

    def __init__(self, process: Process, client: httpx.Client) -> None:
        self._process = process
        self._client = client

    def cpu_seconds(self) -> float:
        """Return the CPU time of all its processes so far."""
        return tree_cpu(self._process.pid)

    def generate(self, spec: ProjectSpec) -> None:
        """Start a generation, and follow it to its end."""
        body = {"spec": spec_document(spec), "generation_mode": "classic"}
        answer = self._client.post("/generations/generate", json=body).raise_for_status().json()
        with self._client.stream("GET", answer["event_source_url"]) as stream:
            told = stream.read().decode()
        if '"status":"completed"' not in told:
            raise SystemExit(f"FAILED: the generation did not complete: {told[-1000:]}")


@contextmanager
def system() -> Iterator[System]:
    """Run all services for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="bench-generation-") as folder:
        data = Path(folder)
        with started(BACKSMITH, "up", "--port", "0", "--data", folder) as process:
            _, url = first_line(process)
            headers = {"Authorization": f"Bearer {user_token(DataFolder(data), 'bench')}"}
            with httpx.Client(
                base_url=url, headers=headers, timeout=PATIENCE, trust_env=False
            ) as client:
                yield System(process, client)


def measured(cpu: Callable[[], float], work: Callable[[], None]) -> tuple[float, float]:
    """Return the CPU that a piece of work takes, by a clock of it, and its time, in seconds."""
    before, begun = cpu(), time.perf_counter()
    work()
    return cpu() - before, time.perf_counter() - begun


def main() -> None:
    """Run both in turn, several times, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entities", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--strict", action="store_true", help="fail over the targets, too")
    options = parser.parse_args(namespace=Options())
    spec = project(options.entities)
    cpu: dict[str, list[float]] = defaultdict(list)
    wall: dict[str, list[float]] = defaultdict(list)
    with system() as running:
        contenders: dict[str, tuple[Callable[[], float], Callable[[], None]]] = {
            "rendering": (cpu_seconds, lambda: render(spec, TemplateEngine())),
            "whole generation": (running.cpu_seconds, lambda: running.generate(spec)),
        }
        for number in range(options.rounds + 1):
            for name, (clock, work) in contenders.items():
                used, took = measured(clock, work)
                print(f"round {number}: {name}: {used:.2f} CPU s, {took:.2f} s", flush=True)
                if number:
                    cpu[name].append(used)
                    wall[name].append(took)
    over = report("CPU", medians(cpu), TARGETS) + report("time", medians(wall), TARGETS)
    if over and options.strict:
        raise SystemExit(f"over the target: {', '.join(over)}")


def medians(rounds: dict[str, list[float]]) -> dict[str, float]:
    """Return the median of each contender's rounds."""
    return {name: statistics.median(figures) for name, figures in rounds.items()}


if __name__ == "__main__":
    main()
