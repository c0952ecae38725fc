"""Ratios beside what they must be, and what they should."""

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
            verdict = judged(ratio, target.must, target.aim)
            print(f"{name}: {ratio:.2f} (must ≤ {target.must:g}, aim ≤ {target.aim:g}): {verdict}")
            over += [name] if ratio > target.must else []
    return over


def judged(ratio: float, must: float, aim: float) -> str:
    """Return a ratio's place among its targets, in words."""
    if ratio <= aim:
        return "aim reached"
    return "must held" if ratio <= must else "MISSED"
