"""Renders projects of growing size: the cost of an entity must not grow with their number.

Prints the CPU time per entity, of this process and of the tools it runs, as a ratio to that of the
smallest project; then how long small projects take as the service renders them, whose warm process
describes the application, and as a ratio to an application started from nothing. Medians of
interleaved rounds.

    python bench/bench_rendering.py [--strict]
"""

import argparse
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from relay.report import judge

from generator_svc.domain.spec import (
    Entity,
    Field,
    FieldType,
    ProjectSpec,
    Relation,
    RelationKind,
)
from generator_svc.engines.describing import WarmDescriber
from generator_svc.engines.interface import GeneratedFile
from generator_svc.engines.template import TemplateEngine
from generator_svc.phases.registry import PHASES

WAITED_FOR = (3, 30)
SIZES = (10, 20, 40, 80)
ROUNDS = 3
MUST, AIM = 1.5, 1.0
"""How much dearer an entity of the largest project may be than one of the smallest, and should."""


def project(size: int) -> ProjectSpec:
    """Return a spec of that many entities, each with ten fields and a relation to another."""
    kinds = [FieldType.STRING, FieldType.INTEGER, FieldType.DATETIME, FieldType.BOOLEAN]
    fields = tuple(Field(name=f"field {n}", type=kinds[n % len(kinds)]) for n in range(10))
    return ProjectSpec(
        name="bench",
        entities=tuple(
            Entity(name=f"Thing{n}", fields=fields, relations=_relations(n)) for n in range(size)
        ),
    )


def _relations(number: int) -> tuple[Relation, ...]:
    if not number:
        return ()
    return (
        Relation(
            name="parent",
            kind=RelationKind.MANY_TO_ONE,
            target=f"Thing{number // 2}",
            back=f"children {number}",
        ),
    )


def cpu_seconds() -> float:
    """Return the CPU time of this process and of its children so far."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def render(spec: ProjectSpec, engine: TemplateEngine) -> None:
    """Render every phase."""
    files = sum(
        isinstance(step, GeneratedFile)
        for phase in PHASES
        for step in engine.generate(spec, phase.number)
    )
    if files < len(spec.entities):
        raise RuntimeError("files are missing")


def seconds(spec: ProjectSpec) -> float:
    """Return how much CPU time it takes to render every phase."""
    start = cpu_seconds()
    render(spec, TemplateEngine())
    return cpu_seconds() - start


def waited(spec: ProjectSpec, engine: TemplateEngine) -> float:
    """Return how long it takes to render every phase."""
    start = time.perf_counter()
    render(spec, engine)
    return time.perf_counter() - start


def print_waiting() -> None:
    """Print how long users wait for small projects, warm and from nothing."""
    with WarmDescriber() as describer:
        engines = (TemplateEngine(describer.describe), TemplateEngine())
        for size in WAITED_FOR:
            rounds = [[waited(project(size), each) for each in engines] for _ in range(ROUNDS)]
            warm, cold = (statistics.median(times) for times in zip(*rounds, strict=True))
            print(f"{size:3} entities  {warm:6.2f} s, warm ÷ from nothing {warm / cold:.2f}")


def main() -> None:
    """Print the cost of an entity by the size of its project, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strict", action="store_true", help="fail over the target, too")
    options = parser.parse_args()
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size in SIZES:
            taken[size].append(seconds(project(size)))
    each = {size: statistics.median(times) / size for size, times in taken.items()}
    for size, cost in each.items():
        print(f"{size:3} entities  {cost * 1000:6.1f} ms each")
    print_waiting()
    largest, smallest = SIZES[-1], SIZES[0]
    name = f"CPU of an entity: {largest} entities ÷ {smallest}"
    over = judge(name, each[largest] / each[smallest], must=MUST, aim=AIM)
    if over and options.strict:
        raise SystemExit(f"over the target: {', '.join(over)}")


if __name__ == "__main__":
    main()
