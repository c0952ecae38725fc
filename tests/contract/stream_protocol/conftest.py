r"""What the suite is pointed at: any deployment, or a bridge of its own.

    BACKSMITH_CONFORMANCE_URL=https://api.example.com BACKSMITH_CONFORMANCE_TOKEN=… \
        pytest tests/contract/stream_protocol
"""

import os
from collections.abc import AsyncIterator

import httpx
import pytest

from tests.contract.stream_protocol.target import Target
from tests.unit.bridge.world import world


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    """Yield the deployment under test, seen from outside."""
    if url := os.environ.get("BACKSMITH_CONFORMANCE_URL"):
        bearer = os.environ["BACKSMITH_CONFORMANCE_TOKEN"]
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            yield Target(url=url.rstrip("/"), bearer=f"Bearer {bearer}", http=http)
        return
    async with world() as running:
        running.orchestrator.plays = True
        bearer = running.as_user()["authorization"]
        yield Target(url=running.url, bearer=bearer, http=running.http)
