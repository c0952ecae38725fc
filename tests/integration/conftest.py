"""What proofs of generated projects are run with."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def mypy_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where mypy keeps what it learnt of libraries between the proofs of a session."""
    return tmp_path_factory.mktemp("mypy")
