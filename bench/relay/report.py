"""Figures beside what they must be, and what they should."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Target:
    """How two contenders should compare."""

    ours: str
    base: str
    must: float
    aim: float


def report(what: str, figures: Mapping[str, float], targets: Sequence[Target]) -> list[str]:
    """Print the ratios of what was measured; return those over what they must be."""
    over = []
    for target in targets:
        if target.ours in figures and target.base in figures:
            ratio = figures[target.ours] / figures[target.base]
            name = f"{what}: {target.ours} ÷ {target.base}"
            over += judge(name, ratio, must=target.must, aim=target.aim)
    return over


def judge(name: str, figure: float, *, must: float, aim: float) -> list[str]:
    """Print a figure beside its targets; return its name if it misses what it must be.

    More is better where the aim is above the must.
    """
    sign, way = ("≤", 1) if aim <= must else ("≥", -1)
    missed = figure * way > must * way
    reached = "aim reached" if figure * way <= aim * way else "must held"
    verdict = "MISSED" if missed else reached
    print(f"{name}: {figure:.2f} (must {sign} {must:g}, aim {sign} {aim:g}): {verdict}")
    return [name] if missed else []
