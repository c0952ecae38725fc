"""Fixtures that every test may ask for."""

from collections.abc import Iterator

import pytest

from chassis.testing import nats, postgres


@pytest.fixture(scope="session")
def nats_url() -> Iterator[str]:
    """The address of one real nats-server, shared by the session: name your streams apart."""
    with nats.running() as server:
        yield server.url


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL from which scratch databases may be made."""
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres.running(programs, password="proof") as server:
        yield server.url
