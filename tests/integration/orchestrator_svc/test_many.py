"""A thousand generations at once: all end, and every user gets a fair share."""

import asyncio
import statistics
import time
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta

import pytest
from backsmith.progress.v1 import progress_pb2

from chassis.bus import jetstream
from tests.integration.orchestrator_svc.conftest import QUICK, Client, System

STARTS = 1000
USERS = 50
PROMPT = "please make an Invoice"
BUSY = replace(QUICK, lease=timedelta(seconds=30), sweep_interval=timedelta(seconds=5))


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_a_thousand_starts_of_fifty_users_all_end_and_fairly(
    system: System, nats_url: str
) -> None:
    """Ends every generation; no user waits much longer than another for as much."""
    bus_settings = replace(system.settings.bus, url=nats_url)
    async with jetstream.connect(bus_settings) as bus, AsyncExitStack() as stack:
        client = await stack.enter_async_context(system.orchestrator(bus=bus, runner=BUSY))
        begun = time.monotonic()
        started = await asyncio.gather(*(start(client, number) for number in range(STARTS)))
        accepted = time.monotonic() - begun
        ends = await asyncio.gather(*(end(client, *each) for each in started))
        took = time.monotonic() - begun

    last = {user: max(at for who, at in ends if who == user) - begun for user, _ in ends}
    mean = {
        user: statistics.mean(at for who, at in ends if who == user) - begun for user, _ in ends
    }
    spread = max(mean.values()) / min(mean.values())
    print(  # noqa: T201 - the figures are the point
        f"accepted {STARTS} in {accepted:.1f} s, ended in {took:.1f} s; a user's mean wait "
        f"{min(mean.values()):.1f} to {max(mean.values()):.1f} s (ratio {spread:.2f}); "
        f"first user done after {min(last.values()):.1f} s"
    )
    assert len(last) == USERS
    assert spread < 1.5


async def start(client: Client, number: int) -> tuple[str, str]:
    """Start a generation; the first users start all of theirs first."""
    user_id = f"user-{number // (STARTS // USERS)}"
    return user_id, (await client.start(PROMPT, user_id=user_id)).generation_id


async def end(client: Client, user_id: str, generation_id: str) -> tuple[str, float]:
    """Watch a generation to its end; return when that was."""
    async for watched in client.watch(generation_id, user_id=user_id):
        last = watched.event
    assert last.status == progress_pb2.GENERATION_STATUS_COMPLETED
    return user_id, time.monotonic()
