"""Fixtures for the command's tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.cli.bridge import Bridge, serving
from tests.unit.cli.support import Programs


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Return a maker of small programs."""
    return Programs(tmp_path)


@pytest.fixture
async def bridge() -> AsyncIterator[Bridge]:
    """Serve a bridge that answers what a test sets."""
    async with serving() as server:
        yield server
