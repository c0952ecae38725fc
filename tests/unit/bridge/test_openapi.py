"""The OpenAPI document tells the truth: schemathesis finds no 5xx and no violation."""

import asyncio
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.world import World, world

SCHEMATHESIS = str(Path(sys.executable).parent / "schemathesis")


async def test_streams_are_described(bridge: World) -> None:
    """Describes what streams send, by OpenAPI 3.2's `itemSchema`."""
    document = (await bridge.http.get("/openapi.json")).json()
    assert document["openapi"] == "3.2.0"
    for path in ("/generations/{generation_id}/stream", "/api/events/{channel}"):
        content = document["paths"][path]["get"]["responses"]["200"]["content"]
        item = content["text/event-stream"]["itemSchema"]
        assert item["properties"]["data"]["contentMediaType"] == "application/json"


async def test_static_paths_stand_before_ids(bridge: World) -> None:
    """Declares every static path before one with an id that would take it."""
    paths = list((await bridge.http.get("/openapi.json")).json()["paths"])
    static = ["/generations/active", "/generations/recent", "/generations/statistics"]
    by_id = paths.index("/generations/{generation_id}")
    assert all(paths.index(path) < by_id for path in static)


@pytest.mark.slow
async def test_schemathesis() -> None:
    """Refuses whatever schemathesis thinks of by an answer that the document promises.

    A body that is well formed may still be refused for its meaning, which no schema tells.
    """
    async with world(stream_idle_timeout=timedelta(milliseconds=50)) as running:
        script = running.orchestrator.add()
        script.happen("completed", 1.0, status=COMPLETED)
        script.generation.snapshot_id = "snapshot"
        command = [
            SCHEMATHESIS,
            "run",
            f"{running.url}/openapi.json",
            "--header",
            f"Authorization: {running.as_user()['authorization']}",
            "--phases=examples,coverage,fuzzing",
            "--max-examples=20",
            "--request-timeout=10",
            "--exclude-checks=positive_data_acceptance",
            "--generation-database=none",
        ]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, check=False
        )
    assert done.returncode == 0, done.stdout
