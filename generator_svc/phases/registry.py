"""The six phases: their order and their names."""

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


PHASES: tuple[Phase, ...] = (
    Phase(number=1, key="core_infrastructure", name="Core Infrastructure"),
    Phase(number=2, key="entities", name="Entities"),
    Phase(number=3, key="database_migrations", name="Database Migrations"),
    Phase(number=4, key="tests", name="Tests"),
    Phase(number=5, key="support_files", name="Support Files"),
    Phase(number=6, key="main_application", name="Main Application"),
)


def phase(number: int) -> Phase:
    """Return a phase by its number.

    Raises:
        ValueError: There is no such phase.
    """
    if not 1 <= number <= len(PHASES):
        raise ValueError(f"there is no phase {number}: use 1 to {len(PHASES)}")
    return PHASES[number - 1]
