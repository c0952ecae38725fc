"""Crashes while a generation runs: it completes, and its stream has no hole and no repeat."""

import os
import signal
from collections.abc import Iterator, Sequence
from typing import Any

import httpx
import pytest

from tests.e2e.support import (
    SPEC,
    System,
    expected_steps,
    frames,
    is_monotone,
    start,
    steps,
    up,
)


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """Run a system whose processes these tests kill."""
    with up(tmp_path_factory.mktemp("crashing")) as system:
        yield system


def follow(
    system: System, started: dict[str, Any], *, until: str = "", after: str = ""
) -> tuple[list[dict[str, Any]], str]:
    """Read a generation's stream up to a stage or its end; return its events and the last id."""
    url = f"{system.url}/generations/{started['generation_id']}/stream"
    headers = {"Authorization": f"Bearer {system.token()}"}
    if after:
        headers["Last-Event-ID"] = after
    events = []
    for frame_id, _, event in frames(url, **headers):
        after = frame_id or after
        if event["stage"] != "connected":
            events.append(event)
        if event["stage"] == until:
            break
    return events, after


def follow_to_the_end(
    system: System, started: dict[str, Any], after: str
) -> Sequence[dict[str, Any]]:
    """Read the rest of a stream, over as many connections as it takes."""
    events: list[dict[str, Any]] = []
    while not events or events[-1]["status"] not in {"completed", "failed"}:
        system.await_readiness(ready=True)
        try:
            more, after = follow(system, started, after=after)
        except httpx.TransportError:
            continue
        events += more
    return events


@pytest.mark.parametrize("stage", ["phase_1_complete", "phase_4_complete"])
@pytest.mark.parametrize("victim", ["nats", "files", "generator", "orchestrator", "bridge"])
def test_a_generation_survives_a_crash(system: System, victim: str, stage: str) -> None:
    """Completes after any process is killed half-way, every step told once and in order."""
    with system.client() as client:
        started = start(client)
        before, last = follow(system, started, until=stage)
        details = client.get(f"/generations/{started['generation_id']}").json()
        assert details["status"] == "processing"
        pid = system.pids()[victim]
        os.kill(pid, signal.SIGKILL)
        system.await_pid(victim, other_than=pid)
        events = [*before, *follow_to_the_end(system, started, last)]
        assert events[-1]["status"] == "completed", events[-1]
        assert steps(events) == expected_steps(len(SPEC["entities"]))
        assert is_monotone(events)
        history, _ = follow(system, started)
        assert history == events
    assert any(f"{victim}: supervisor: ended (killed by SIGKILL)" in line for line in system.said)


def test_a_service_that_is_away_is_told_and_comes_back(system: System) -> None:
    """Says in its readiness that NATS does not answer, and recovers by itself."""
    nats = system.pids()["nats"]
    os.kill(nats, signal.SIGSTOP)
    try:
        answer = system.await_readiness(ready=False)
        assert answer.status_code == 503
    finally:
        os.kill(nats, signal.SIGCONT)
    system.await_readiness(ready=True)
    with system.client() as client:
        events, _ = follow(system, start(client))
        assert events[-1]["status"] == "completed"
