"""The whole chain, origin and front, beside Envoy's SSE transcoder over the same gRPC service.

With 1, 10 and 100 viewers a generation: the CPU, user and system, of all processes for a million
delivered events, and how late the latest hundredth of the events comes. Every generation tells an
event an interval; they are spread over a tenth of it each. Rounds are interleaved, medians are
compared, and only ratios count. A viewer that is not sent every event, once and in order, fails
the run.

    python bench/bench_chain.py [--viewers 400] [--events 50] [--rounds 3] [--strict]
"""

import argparse
import importlib.util
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from grpc_tools import protoc

sys.path.insert(0, str(Path(__file__).parent))

from relay.load import Load, request
from relay.processes import HERE, Process, Running, await_port, cpu, first_line, started
from relay.report import Target, report

from chassis.testing.ports import free_port

PROTOS = HERE.parents[1] / "protos"
SERVICE = "backsmith.orchestrator.v1.OrchestratorService"
INTERVAL = 200_000
"""Microseconds between two events of one generation."""
SLOTS = 10
HELLO = b'"hello"'
"""What a viewer is sent once it is really watching."""
CPU = {1: (1.0, 0.5), 10: (0.7, 0.4), 100: (0.35, 0.18)}
"""What the CPU must and should be, beside Envoy's, by viewers a generation."""
LATENCY = {10: (1.0, 0.4), 100: (0.5, 0.25)}


class Options(argparse.Namespace):
    """How much is measured."""

    viewers: int
    events: int
    rounds: int
    strict: bool


def generations(options: Options, sharing: int) -> list[str]:
    """Return the generation that each viewer watches."""
    return [f"gen_{number // sharing}" for number in range(options.viewers)]


@contextmanager
def bridge(options: Options, sharing: int) -> Iterator[Running]:
    """Run the bridge over the origin."""
    script = str(HERE / "bridge_under_load.py")
    with (
        origin(options) as (source, port_of_origin),
        started(sys.executable, script, port_of_origin, "direct") as process,
    ):
        port, token = first_line(process)
        headers = {"Authorization": f"Bearer {token}"}
        requests = [
            request(f"/generations/{each}/stream", headers)
            for each in generations(options, sharing)
        ]
        yield Running(int(port), requests, [process, source], source, process, marker=HELLO)


@contextmanager
def envoy(options: Options, sharing: int) -> Iterator[Running]:
    """Run Envoy over the origin, with one worker."""
    with (
        tempfile.TemporaryDirectory() as folder,
        origin(options) as (source, port_of_origin),
    ):
        port = free_port()
        configuration = Path(folder, "envoy.yaml")
        text = (HERE / "envoy.yaml").read_text().replace("DESCRIPTORS", descriptors(folder))
        configuration.write_text(text.replace("PORT", str(port)).replace("ORIGIN", port_of_origin))
        command = (envoy_program(), "-c", str(configuration), "--concurrency", "1")
        quiet = ("-l", "critical", "--use-dynamic-base-id")
        with started(*command, *quiet) as process:
            await_port(port)
            requests = [
                request(f"/{SERVICE}/WatchGeneration", body=f'{{"generation_id":"{each}"}}')
                for each in generations(options, sharing)
            ]
            processes = [process, source]
            yield Running(port, requests, processes, source, process, marker=HELLO)


@contextmanager
def origin(options: Options) -> Iterator[tuple[Process, str]]:
    """Run the origin; yields it and its port."""
    arguments = (str(options.events), str(INTERVAL), str(SLOTS))
    with started(sys.executable, str(HERE / "origin.py"), *arguments) as process:
        yield process, first_line(process)[0]


def descriptors(folder: str) -> str:
    """Return the path of the service's descriptors, made there."""
    path = f"{folder}/descriptors.pb"
    well_known = Path(str(importlib.util.find_spec("grpc_tools").origin)).parent / "_proto"
    proto = PROTOS / "backsmith/orchestrator/v1/orchestrator_service.proto"
    arguments = [f"--proto_path={PROTOS}", f"--proto_path={well_known}", "--include_imports"]
    if protoc.main(["protoc", *arguments, f"--descriptor_set_out={path}", str(proto)]) != 0:
        raise SystemExit("FAILED: the protos do not compile")
    return path


def envoy_program() -> str:
    """Return the path of Envoy itself, without the wheel's launcher."""
    return str(Path(str(importlib.util.find_spec("envoy").origin)).parent / "_bin/envoy")


Contender = Callable[[Options, int], AbstractContextManager[Running]]


def measure(contender: Contender, options: Options, sharing: int) -> tuple[float, float]:
    """Return the CPU seconds for a million deliveries, and the p99 of lateness in milliseconds."""
    with ExitStack() as held:
        running = held.enter_context(contender(options, sharing))
        load = Load(running.port, timed=True)
        held.callback(load.close)
        load.open(running.requests, marker=running.marker)
        before = cpu(running.processes)
        running.go()
        load.read()
        used = cpu(running.processes) - before
        load.check(options.events)
        late = statistics.quantiles(load.delays, n=100)[-1]
    return used / (options.viewers * options.events) * 1e6, late * 1000


def main() -> None:
    """Run both in turn, several times, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--viewers", type=int, default=400)
    parser.add_argument("--events", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--strict", action="store_true", help="fail over the targets, too")
    options = parser.parse_args(namespace=Options())
    if importlib.util.find_spec("envoy") is None:
        print("skipped: Envoy is not installed (requirements/bench.lock)")
        return
    over = []
    for sharing in CPU:
        over += compare(options, sharing)
    if over and options.strict:
        raise SystemExit(f"over the target: {', '.join(over)}")


def compare(options: Options, sharing: int) -> list[str]:
    """Compare both with so many viewers a generation; return the ratios over their targets."""
    contenders: dict[str, Contender] = {"bridge": bridge, "Envoy": envoy}
    costs: dict[str, list[float]] = defaultdict(list)
    lateness: dict[str, list[float]] = defaultdict(list)
    for number in range(options.rounds):
        for name, contender in contenders.items():
            cost, late = measure(contender, options, sharing)
            costs[name].append(cost)
            lateness[name].append(late)
            told = f"{cost:.0f} CPU s a million deliveries, p99 {late:.1f} ms late"
            print(f"{sharing} viewers a generation, round {number + 1}: {name}: {told}", flush=True)
    over = judge(f"total CPU, {sharing} a generation", costs, CPU[sharing])
    if sharing in LATENCY:
        over += judge(f"p99 latency, {sharing} a generation", lateness, LATENCY[sharing])
    return over


def judge(what: str, rounds: dict[str, list[float]], limits: tuple[float, float]) -> list[str]:
    """Print the ratio of the medians; return its name if it is over what it must be."""
    medians = {name: statistics.median(figures) for name, figures in rounds.items()}
    must, aim = limits
    return report(what, medians, [Target("bridge", "Envoy", must=must, aim=aim)])


if __name__ == "__main__":
    main()
