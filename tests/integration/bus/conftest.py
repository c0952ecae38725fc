"""Servers of a test's own, to be killed."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from chassis.bus import jetstream
from chassis.bus.interface import Bus
from chassis.testing.nats import NatsServer, running, running_cluster


@pytest.fixture
def server(tmp_path: Path) -> Iterator[NatsServer]:
    """One server with an empty store."""
    with running(tmp_path / "nats") as started:
        yield started


@pytest.fixture
def settings(server: NatsServer) -> jetstream.BusSettings:
    """Settings that notice a loss soon."""
    return jetstream.BusSettings(
        url=server.url,
        answer_within=timedelta(seconds=1),
        heartbeat=timedelta(milliseconds=200),
        reconnect_wait_limit=timedelta(milliseconds=200),
        subscriber_buffer=64,
    )


@pytest.fixture
async def bus(settings: jetstream.BusSettings) -> AsyncIterator[Bus]:
    """A bus on the server."""
    async with jetstream.connect(settings) as connected:
        yield connected


@pytest.fixture
def cluster() -> Iterator[tuple[NatsServer, ...]]:
    """Three servers with empty stores."""
    with running_cluster() as servers:
        yield servers
