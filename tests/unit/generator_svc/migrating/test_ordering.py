"""Renames never give two things one name, not even in between."""

from collections.abc import Mapping

import pytest

from generator_svc.phases.migrating.ordering import in_waves


@pytest.mark.parametrize(
    "renames",
    [
        {},
        {"a": "b"},
        {"a": "b", "b": "c", "c": "d"},
        {"a": "b", "b": "a"},
        {"a": "b", "b": "c", "c": "a", "x": "y"},
        {"a": "b", "b": "a", "c": "d", "d": "c"},
    ],
    ids=["none", "one", "a chain", "a swap", "a circle", "two swaps"],
)
def test_each_ends_with_its_name(renames: Mapping[str, str]) -> None:
    """Gives everything its name, one at a time, without a clash."""
    now = {name: name for name in renames}
    for wave in in_waves(renames):
        for old, new in wave.items():
            assert new not in now.values()
            found = next(name for name, current in now.items() if current == old)
            now[found] = new
    assert now == renames
