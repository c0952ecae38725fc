"""How far a generation is at each place."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_svc.domain.progress import PHASES, Place, progress_at

TABLE = {
    "queued": 0.0,
    "initializing": 0.01,
    "context_analysis": 0.02,
    "schema_extraction": 0.03,
    "code_generation": 0.04,
    "phased_generation_started": 0.05,
    "validation": 0.97,
    "file_management": 0.97,
    "quality_assessment": 0.99,
    "completed": 1.0,
}
PHASE_ENDS = {1: 0.20, 2: 0.40, 3: 0.60, 4: 0.80, 5: 0.85, 6: 0.95}


@pytest.mark.parametrize(("stage", "progress"), TABLE.items())
def test_fixed_stages_stand_where_the_contract_says(stage: str, progress: float) -> None:
    """Gives every stage of the contract's table its value."""
    assert progress_at(Place(stage=stage)) == progress


@pytest.mark.parametrize(("number", "progress"), PHASE_ENDS.items())
def test_phases_end_where_the_contract_says(number: int, progress: float) -> None:
    """Gives the end of every phase its value."""
    assert progress_at(Place(stage=f"phase_{number}_complete", phase=number)) == progress


def test_phases_join_without_a_gap() -> None:
    """Starts each phase where the one before ended."""
    ends = [0.05, *(phase.end for phase in PHASES)]
    assert [phase.start for phase in PHASES] == ends[:-1]


def way(entities: int, files: int) -> Iterator[Place]:
    """Yield the places of a whole run, in order."""
    for stage in list(TABLE)[:6]:
        yield Place(stage=stage)
    for phase in range(1, 7):
        if phase == 2:
            yield from entity_way(entities, files)
        else:
            for file in range(1, files + 1):
                yield Place(stage="generating_file", phase=phase, files=file)
        yield Place(stage=f"phase_{phase}_complete", phase=phase)
    for stage in list(TABLE)[6:]:
        yield Place(stage=stage)


def entity_way(entities: int, files: int) -> Iterator[Place]:
    """Yield the places of the second phase, in order."""
    for entity in range(1, entities + 1):
        common = {"phase": 2, "entity": entity, "entities": entities}
        yield Place(stage=f"entity_processing_{entity}", **common)  # type: ignore[arg-type]
        for file in range(1, files + 1):
            yield Place(stage="generating_file", files=file, **common)  # type: ignore[arg-type]
        yield Place(stage=f"entity_complete_{entity}", **common)  # type: ignore[arg-type]


@given(entities=st.integers(1, 60), files=st.integers(0, 60))
def test_progress_never_goes_back_along_a_run(entities: int, files: int) -> None:
    """Rises from 0 to 1 for any number of entities and files."""
    values = [progress_at(place) for place in way(entities, files)]
    assert values == sorted(values)
    assert (values[0], values[-1]) == (0.0, 1.0)


def test_entities_share_the_second_phase_evenly() -> None:
    """Ends entity k of N at 0.20 + 0.20 · k/N."""
    ends = [
        progress_at(Place(stage=f"entity_complete_{k}", phase=2, entity=k, entities=4))
        for k in range(1, 5)
    ]
    assert ends == pytest.approx([0.25, 0.30, 0.35, 0.40])
