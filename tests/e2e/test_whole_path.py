"""From a request to files on disk, over the four processes and nats-server."""

import asyncio
import hashlib
import io
import zipfile
from typing import Any

import grpc
import httpx
import pytest
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub

from tests.e2e.support import (
    SPEC,
    System,
    expected_steps,
    frames,
    is_monotone,
    start,
    steps,
    stored,
)

MILESTONES = {
    "queued": 0.0,
    "initializing": 0.01,
    "schema_extraction": 0.03,
    "code_generation": 0.04,
    "phased_generation_started": 0.05,
    "phase_1_complete": 0.20,
    "phase_2_complete": 0.40,
    "phase_3_complete": 0.60,
    "phase_4_complete": 0.80,
    "phase_5_complete": 0.85,
    "phase_6_complete": 0.95,
    "file_management": 0.97,
    "quality_assessment": 0.99,
    "completed": 1.0,
}


@pytest.fixture(scope="module")
def finished(shared: System) -> dict[str, Any]:
    """Run one generation to its end; return its start and all frames of its stream."""
    with shared.client() as client:
        started = start(client, project_name="shop")
    url = f"{shared.url}{started['stream_url']}?token={started['sse_token']}"
    return {**started, "frames": list(frames(url))}


def test_the_stream_tells_the_whole_sequence(finished: dict[str, Any]) -> None:
    """Sends every stage of the contract, in its order and at its progress, and then ends."""
    events = stored(finished["frames"])
    assert steps(events) == expected_steps(len(SPEC["entities"]))
    told = {event["stage"]: event["progress"] for event in events}
    assert {stage: told[stage] for stage in MILESTONES} == pytest.approx(MILESTONES)
    assert is_monotone(events)


def test_the_first_frame_is_no_event(finished: dict[str, Any]) -> None:
    """Opens with a frame that says `connected`, has no id, and no terminal status."""
    first_id, name, first = finished["frames"][0]
    assert first["stage"] == "connected"
    assert first["status"] in {"pending", "processing"}
    assert first_id == ""
    assert name == "progress"


def test_only_the_last_event_is_terminal(finished: dict[str, Any]) -> None:
    """Ends once, with `completed`, and every event before it is of a running generation."""
    statuses = [event["status"] for event in stored(finished["frames"])]
    assert statuses[-1] == "completed"
    assert set(statuses[:-1]) <= {"pending", "processing"}


def test_every_event_has_an_id_of_its_own(finished: dict[str, Any]) -> None:
    """Gives each stored event an id that no other one has."""
    ids = [frame_id for frame_id, _, event in finished["frames"] if event["stage"] != "connected"]
    assert all(ids)
    assert len(set(ids)) == len(ids)


def test_phases_are_told_whole(finished: dict[str, Any]) -> None:
    """Tells with each finished phase its place, its name and both counts of files."""
    told = [
        event["phase_info"]
        for event in stored(finished["frames"])
        if event["stage"].startswith("phase_") and event["stage"].endswith("_complete")
    ]
    assert [info["current_phase"] for info in told] == [1, 2, 3, 4, 5, 6]
    assert {info["total_phases"] for info in told} == {6}
    assert {info["entities_count"] for info in told} == {len(SPEC["entities"])}
    totals = [info["total_files"] for info in told]
    assert totals == sorted(totals)


def test_every_file_is_announced(finished: dict[str, Any], client: httpx.Client) -> None:
    """Names each file of the listing while it is made, but the report on all of them."""
    announced = {event.get("current_file") for event in stored(finished["frames"])}
    listed = {each["path"] for each in listing(client, finished["generation_id"])}
    assert listed
    assert listed - {".backsmith/proof.json"} <= announced


def listing(client: httpx.Client, generation_id: str) -> list[dict[str, Any]]:
    """Return every file of a generation, page by page."""
    files: list[dict[str, Any]] = []
    token = ""
    while True:
        page = client.get(
            f"/generations/{generation_id}/files", params={"page_size": 7, "page_token": token}
        )
        assert page.status_code == 200, page.text
        files += page.json()["files"]
        token = page.json()["next_page_token"]
        if not token:
            return files


def test_files_and_zip_are_the_same(finished: dict[str, Any], client: httpx.Client) -> None:
    """Lists each file once, and gives the same bytes alone and in the zip."""
    path = f"/generations/{finished['generation_id']}"
    files = listing(client, finished["generation_id"])
    archive = client.get(f"{path}/download")
    assert archive.status_code == 200
    with zipfile.ZipFile(io.BytesIO(archive.content)) as packed:
        zipped = {name: packed.read(name) for name in packed.namelist()}
    alone = {}
    for each in files:
        answer = client.get(f"{path}/files/{each['path']}")
        assert answer.status_code == 200, each
        assert hashlib.sha256(answer.content).hexdigest() == each["digest"]
        assert len(answer.content) == each["size_bytes"]
        alone[each["path"]] = answer.content
    assert alone == zipped
    assert len(alone) == len(files)
    assert client.get(f"{path}/download").content == archive.content


def test_the_details_agree(finished: dict[str, Any], client: httpx.Client) -> None:
    """Answers the finished generation with its status, version, quality and number of files."""
    details = client.get(f"/generations/{finished['generation_id']}").json()
    assert details["status"] == "completed"
    assert details["progress"] == 1.0
    assert details["version"] == 1
    assert details["file_count"] == len(listing(client, finished["generation_id"]))
    assert 0.0 <= details["quality_score"] <= 1.0


def test_a_late_viewer_sees_the_same(
    shared: System, finished: dict[str, Any], client: httpx.Client
) -> None:
    """Gives a viewer who comes after the end the whole history and the end."""
    token = client.post(f"/generations/{finished['generation_id']}/stream-token").json()
    late = list(frames(f"{shared.url}{token['event_source_url']}"))
    assert stored(late) == stored(finished["frames"])
    assert {name for _, name, _ in late} == {"message"}


def test_a_resumed_stream_has_the_rest(shared: System, finished: dict[str, Any]) -> None:
    """Sends exactly what follows the last event that a returning reader has."""
    whole = [(one, event) for one, _, event in finished["frames"] if event["stage"] != "connected"]
    middle = len(whole) // 2
    rest = list(
        frames(
            f"{shared.url}/generations/{finished['generation_id']}/stream",
            **{"Authorization": f"Bearer {shared.token()}", "Last-Event-ID": whole[middle][0]},
        )
    )
    assert stored(rest) == [event for _, event in whole[middle + 1 :]]


def test_grpc_sees_the_same(shared: System, finished: dict[str, Any]) -> None:
    """Streams the same events, in the same order, from WatchGeneration."""
    seen = asyncio.run(watch(shared, finished["generation_id"]))
    assert [(event.stage, event.progress) for event in seen] == [
        (event["stage"], event["progress"]) for event in stored(finished["frames"])
    ]


async def watch(system: System, generation_id: str) -> list[Any]:
    """Return all events of a generation over gRPC."""
    async with grpc.aio.insecure_channel(system.grpc) as channel:
        stub = OrchestratorServiceStub(channel)
        call = stub.WatchGeneration(
            pb.WatchGenerationRequest(generation_id=generation_id),
            metadata=(("authorization", f"Bearer {system.token()}"),),
            timeout=30,
        )
        return [each.event async for batch in call for each in batch.events]


def test_somebody_else_sees_nothing(shared: System, finished: dict[str, Any]) -> None:
    """Does not tell another user that a generation exists."""
    with shared.client("eve") as other:
        for path in ("", "/files", "/download"):
            answer = other.get(f"/generations/{finished['generation_id']}{path}")
            assert answer.status_code == 404
            assert answer.headers["content-type"] == "application/problem+json"


def test_the_same_key_starts_one_generation(client: httpx.Client) -> None:
    """Answers a repeated start with the first one's generation."""
    headers = {"Idempotency-Key": "the-same-key"}
    body = {"spec": SPEC, "generation_mode": "classic"}
    first, second = (
        client.post("/generations/generate", json=body, headers=headers).json() for _ in range(2)
    )
    assert first["generation_id"] == second["generation_id"]


def test_every_service_is_healthy_and_says_what_it_serves(shared: System) -> None:
    """Answers readiness, liveness and its own description."""
    for path in ("/readyz", "/healthz", "/openapi.json"):
        assert httpx.get(f"{shared.url}{path}", trust_env=False).status_code == 200
