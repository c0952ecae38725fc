"""How far a generation is at each of its steps: one function of the plan (contract 4)."""

from dataclasses import dataclass

PHASES_TOTAL = 6
COMPLETED = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phase:
    """One of the six steps that write files."""

    number: int
    name: str
    """For people."""
    noun: str
    """What its files are called in a sentence."""
    start: float
    end: float


PHASES = (
    Phase(number=1, name="Core Infrastructure", noun="core infrastructure", start=0.05, end=0.20),
    Phase(number=2, name="Entities", noun="entity", start=0.20, end=0.40),
    Phase(number=3, name="Database Migrations", noun="database migration", start=0.40, end=0.60),
    Phase(number=4, name="Tests", noun="test", start=0.60, end=0.80),
    Phase(number=5, name="Support Files", noun="support", start=0.80, end=0.85),
    Phase(number=6, name="Main Application", noun="main application", start=0.85, end=0.95),
)

_FIXED = {
    "queued": 0.0,
    "initializing": 0.01,
    "context_analysis": 0.02,
    "intent_detection": 0.02,
    "schema_extraction": 0.03,
    "code_generation": 0.04,
    "phased_generation_started": 0.05,
    "merging_files": 0.96,
    "validation": 0.97,
    "file_management": 0.97,
    "quality_assessment": 0.99,
    "completed": COMPLETED,
}

_FILES_HALFWAY = 8
"""After how many files a step of unknown length counts as half done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place in a generation."""

    stage: str
    phase: int = 0
    """With a phase's own stages: its number."""
    entity: int = 0
    """In phase 2: the entity at work, from 1; 0 before the first."""
    entities: int = 0
    """How many entities there are."""
    files: int = 0
    """How many files the step at work has written: the entity's in phase 2, else the phase's."""


def progress_at(place: Place) -> float:
    """Return how much of a generation is done at a place, 0.0 to 1.0."""
    if place.stage in _FIXED:
        return _FIXED[place.stage]
    phase = PHASES[place.phase - 1]
    return round(phase.start + (phase.end - phase.start) * _share(place), 6)


def _share(place: Place) -> float:
    if place.stage.startswith("phase_"):
        return 1.0
    if place.stage.startswith("entity_complete_"):
        return place.entity / place.entities
    if place.stage.startswith("entity_processing_"):
        return (place.entity - 1) / place.entities
    within = place.files / (place.files + _FILES_HALFWAY)
    if not place.entities:
        return within
    return (max(place.entity - 1, 0) + within) / place.entities if place.entity else 0.0
