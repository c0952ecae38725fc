"""A short run of chaos, the same each time; `make chaos` runs long ones."""

import pytest

from tests.chaos.run import Plan, run


@pytest.mark.chaos
@pytest.mark.timeout(400)
async def test_nothing_is_lost_doubled_or_untrue_under_kills_and_pauses() -> None:
    """Ends every generation once, truthfully and with the right files."""
    report = await run(Plan(seed=20, seconds=20, generations=12))
    print("\n".join(report.lines()))  # noqa: T201 - shown when it fails
    assert report.violations == []
