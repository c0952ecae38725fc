"""Renders projects of growing size: the cost of an entity must not grow with their number.

Prints the CPU time per entity, of this process and of the tools it runs, as a ratio to that of the
smallest project; median of interleaved rounds.
"""

import resource
import statistics
import sys

from generator_svc.domain.spec import (
    Entity,
    Field,
    FieldType,
    ProjectSpec,
    Relation,
    RelationKind,
)
from generator_svc.engines.interface import GeneratedFile
from generator_svc.engines.template import TemplateEngine
from generator_svc.phases.registry import PHASES

SIZES = (10, 20, 40, 80)
ROUNDS = 3
MOST = 1.5
"""How much dearer an entity of the largest project may be than one of the smallest."""


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


def render(spec: ProjectSpec) -> None:
    """Render every phase."""
    engine = TemplateEngine()
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
    render(spec)
    return cpu_seconds() - start


def main() -> int:
    """Print the table, and fail when the cost is not linear."""
    taken: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(ROUNDS):
        for size in SIZES:
            taken[size].append(seconds(project(size)))
    each = {size: statistics.median(times) / size for size, times in taken.items()}
    ratios = {size: cost / each[SIZES[0]] for size, cost in each.items()}
    for size in SIZES:
        print(f"{size:3} entities  {each[size] * 1000:6.1f} ms each  ratio {ratios[size]:.2f}")
    return int(ratios[SIZES[-1]] > MOST)


if __name__ == "__main__":
    sys.exit(main())
