"""Fixtures for tests of the bridge."""

from collections.abc import AsyncIterator

import pytest

from tests.unit.bridge.world import World, world


@pytest.fixture
async def bridge() -> AsyncIterator[World]:
    """A bridge over scripted services."""
    async with world() as running:
        yield running
