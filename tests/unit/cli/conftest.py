"""Fixtures for the command's tests."""

from pathlib import Path

import pytest

from tests.unit.cli.support import Programs


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Return a maker of small programs."""
    return Programs(tmp_path)
