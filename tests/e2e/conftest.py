"""Fixtures for tests over the real processes."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.story import Story, end, iterate
from tests.e2e.support import System, start, up


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run one system for every test that leaves its processes alone."""
    with up(tmp_path_factory.mktemp("data")) as system:
        yield system


@pytest.fixture
def client(shared: System) -> Iterator[httpx.Client]:
    """Return a client of the shared system that acts for a user."""
    with shared.client() as client:
        yield client


@pytest.fixture(scope="session")
def story(shared: System) -> Iterator[Story]:
    """Make two versions of a project, as a user who has nothing else."""
    with shared.client("reader") as client:
        first = end(shared, client, start(client, context={"ticket": [1, 2.5, None]}))
        second = end(shared, client, iterate(client, first["generation_id"]).json())
        yield Story(client=client, first=first, second=second)
