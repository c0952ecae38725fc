"""The six phases: their order, their names and the progress that each of them spans."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One step of a generation."""

    number: int
    """Its place, from 1."""

    key: str
    """Its name for machines."""

    name: str
    """Its name for people."""

    progress_start: float
    """The progress, 0.0 to 1.0, at which it begins."""

    progress_end: float
    """The progress at which it is complete."""


PHASES: tuple[Phase, ...] = (
    Phase(
        number=1,
        key="core_infrastructure",
        name="Core Infrastructure",
        progress_start=0.05,
        progress_end=0.20,
    ),
    Phase(number=2, key="entities", name="Entities", progress_start=0.20, progress_end=0.40),
    Phase(
        number=3,
        key="database_migrations",
        name="Database Migrations",
        progress_start=0.40,
        progress_end=0.60,
    ),
    Phase(number=4, key="tests", name="Tests", progress_start=0.60, progress_end=0.80),
    Phase(
        number=5, key="support_files", name="Support Files", progress_start=0.80, progress_end=0.85
    ),
    Phase(
        number=6,
        key="main_application",
        name="Main Application",
        progress_start=0.85,
        progress_end=0.95,
    ),
)


def phase(number: int) -> Phase:
    """Return a phase by its number.

    Raises:
        ValueError: There is no such phase.
    """
    if not 1 <= number <= len(PHASES):
        raise ValueError(f"there is no phase {number}: use 1 to {len(PHASES)}")
    return PHASES[number - 1]
