"""The phases come in order and their progress leaves no gap."""

from itertools import pairwise

import pytest

from generator_svc.phases.registry import PHASES, phase


def test_progress_is_one_line() -> None:
    """Begins each phase where the one before it ends."""
    assert [each.number for each in PHASES] == [1, 2, 3, 4, 5, 6]
    for one, other in pairwise(PHASES):
        assert one.progress_start < one.progress_end == other.progress_start


@pytest.mark.parametrize("number", [0, 7, -1])
def test_unknown_phases(number: int) -> None:
    """Refuses numbers that are no phase."""
    with pytest.raises(ValueError, match="there is no phase"):
        phase(number)
    assert phase(2).name == "Entities"
