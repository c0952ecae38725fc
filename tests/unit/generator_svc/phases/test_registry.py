"""The phases come in order, and there are no others."""

import pytest

from generator_svc.phases.registry import PHASES, phase


def test_phases_come_in_order() -> None:
    """Numbers the six phases from 1, and finds each by its number."""
    assert [each.number for each in PHASES] == [1, 2, 3, 4, 5, 6]
    assert [phase(each.number) for each in PHASES] == list(PHASES)


@pytest.mark.parametrize("number", [0, 7, -1])
def test_unknown_phases(number: int) -> None:
    """Refuses numbers that are no phase."""
    with pytest.raises(ValueError, match="there is no phase"):
        phase(number)
    assert phase(2).name == "Entities"
