"""Fixtures that every test may ask for."""

from collections.abc import Iterator

import pytest

from chassis.testing.nats import running


@pytest.fixture(scope="session")
def nats_url() -> Iterator[str]:
    """The address of one real nats-server, shared by the session: name your streams apart."""
    with running() as server:
        yield server.url
