"""What proofs of generated projects are run with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from chassis.testing.postgres import find_programs, running


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a PostgreSQL from which scratch databases may be made."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with running(programs, password="proof") as port:
        yield f"postgresql://backsmith:proof@127.0.0.1:{port}/backsmith"


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mypy keeps what it learnt of libraries between the proofs of a session."""
    return tmp_path_factory.mktemp("mypy")
