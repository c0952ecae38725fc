"""Identifiers are prefixed, unique and sortable by time."""

from datetime import UTC, datetime, timedelta

from chassis.ids import new_id


class SteppingClock:
    """A clock that moves only when told."""

    def __init__(self) -> None:
        """Start at a round instant."""
        self.instant = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the instant it stands at."""
        return self.instant


def test_has_prefix_and_fixed_length() -> None:
    """An id is its prefix, an underscore and 26 digits."""
    prefix, _, digits = new_id("gen").partition("_")
    assert prefix == "gen"
    assert len(digits) == 26


def test_ids_of_one_millisecond_differ() -> None:
    """The randomness keeps ids of one instant apart."""
    clock = SteppingClock()
    assert len({new_id("gen", clock=clock) for _ in range(1000)}) == 1000


def test_sorts_by_time() -> None:
    """A later id sorts after an earlier one."""
    clock = SteppingClock()
    ids = []
    for _ in range(100):
        ids.append(new_id("gen", clock=clock))
        clock.instant += timedelta(milliseconds=1)
    assert ids == sorted(ids)
