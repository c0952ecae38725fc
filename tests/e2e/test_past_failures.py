"""Contract 6: what went wrong in earlier systems, and the test that fails if it comes back."""

import ast
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.story import Story, assert_problem
from tests.e2e.support import SPEC, System, frames, start, stored

TESTS = Path(__file__).parent.parent
GUARDS: dict[int, tuple[str, ...]] = {
    1: ("stream URL without its token", "e2e/test_past_failures.py::test_a_missing_token_is_told"),
    2: (
        "events before the client came",
        "e2e/test_whole_path.py::test_a_late_viewer_sees_the_same",
    ),
    3: ("frames of the wrong name", "browser/test_event_source.py::test_both_habits"),
    4: ("0 to 100 or 0 to 1", "e2e/test_whole_path.py::test_the_stream_tells_the_whole_sequence"),
    5: (
        "`phase_info` and `error` lost",
        "unit/bridge/test_stream_behaviour.py::test_ended_generation_in_full",
        "e2e/test_whole_path.py::test_phases_are_told_whole",
    ),
    6: ("a callback not handed down", "e2e/test_whole_path.py::test_every_file_is_announced"),
    7: ("a start without `sse_token`", "unit/bridge/test_api.py::test_start"),
    8: ("progress backwards", "contract/stream_protocol/test_sequence.py::test_whole_stream"),
    9: ("`completed` too early", "e2e/test_past_failures.py::test_all_is_saved_when_it_is_told"),
    10: (
        "no terminal event",
        "integration/orchestrator_svc/test_happy_path.py::test_progress_never_goes_back_and_ends_once",
    ),
    11: (
        "stuck after 50 events",
        "e2e/test_past_failures.py::test_forty_viewers_leave_room_for_requests",
    ),
    12: (
        "tokens gone with a restart",
        "integration/bridge/test_process.py::test_token_of_one_replica_opens_at_another_once",
    ),
    13: (
        "reconnect after the end",
        "contract/stream_protocol/test_resume.py::test_resume_anywhere",
    ),
    14: ("a reconnect loop", "browser/test_event_source.py::test_ended_stream_stops_reconnecting"),
    15: (
        "a fault of ours as success",
        "integration/orchestrator_svc/test_endings.py::test_a_fault_of_ours_is_never_success",
    ),
    16: (
        "a failed phase swallowed",
        "integration/orchestrator_svc/test_endings.py::test_a_phase_that_ends_early_is_a_failure",
    ),
    17: (
        "a retry from the start",
        "integration/orchestrator_svc/test_endings.py::test_retry_resumes_at_the_first_unfinished_phase",
    ),
    18: (
        "cancelled, then completed",
        "integration/orchestrator_svc/test_endings.py::test_cancel_stops_the_running_phase_within_a_second",
    ),
    19: (
        "a parent's files lost",
        "integration/files_svc/matrix/test_matrix.py::test_every_edit_meets_every_iteration",
    ),
    20: (
        "remove taken for add",
        "unit/generator_svc/planner/test_patch.py::test_a_verb_of_dropping_drops",
    ),
    21: ("every version is 1", "e2e/test_http_contract_history.py::test_versions_and_comparisons"),
    22: (
        "an iteration's files out of reach",
        "e2e/test_past_failures.py::test_an_iteration_has_files",
    ),
    23: ("paths that leave the root", "unit/files_svc/test_paths.py::test_refuses_a_bad_path"),
    24: (
        "another user's stream",
        "unit/bridge/test_stream_tokens.py::test_another_users_generation",
    ),
    25: (
        "`/active` taken for an id",
        "unit/bridge/test_openapi.py::test_static_paths_stand_before_ids",
    ),
    26: (
        "an omitted field is a 500",
        "e2e/test_past_failures.py::test_what_is_optional_may_be_left_out",
    ),
    27: (
        "streams exhaust the database",
        "e2e/test_past_failures.py::test_forty_viewers_leave_room_for_requests",
    ),
    28: ("code that does not import", "e2e/test_generated_project.py::test_its_own_tests_pass"),
}
"""What each failure was, and what guards against it."""

MINIMAL: list[tuple[str, dict[str, Any]]] = [
    ("/generations/generate", {"prompt": "A library with authors and books"}),
    ("/generations/generate", {"spec": {"entities": SPEC["entities"], "name": "bare"}}),
    ("/generations/plan", {"prompt": "A library with authors and books"}),
    ("/projects", {"name": "Bare"}),
]


@pytest.mark.parametrize("number", range(1, 29))
def test_every_failure_has_its_test(number: int) -> None:
    """Finds what guards against each of the 28 failures."""
    _, *guards = GUARDS[number]
    for file, _, name in (guard.partition("::") for guard in guards):
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        assert name in {node.name for node in tree.body if isinstance(node, functions)}


@pytest.mark.parametrize("path", ["/generations/generate/{a}/stream", "/generations/{a}/stream"])
def test_a_missing_token_is_told(shared: System, story: Story, path: str) -> None:
    """Says that a token is missing, and where to get one, instead of a bare refusal."""
    answer = httpx.get(f"{shared.url}{story.path(path)}", trust_env=False)
    problem = assert_problem(answer, 401)
    assert problem["reason"] == "STREAM_TOKEN_MISSING"
    assert "stream-token" in problem["detail"]


def test_all_is_saved_when_it_is_told(shared: System, client: httpx.Client) -> None:
    """Lets every file of a phase be read as soon as the phase, and in the end all, is told."""
    started = start(client)
    path = f"/generations/{started['generation_id']}"
    for _, _, event in frames(f"{shared.url}{started['event_source_url']}"):
        if event["stage"].endswith("_complete") and event["stage"].startswith("phase_"):
            assert listed(client, path) >= event["phase_info"]["total_files"]
    assert event["stage"] == "completed"
    details = client.get(path).json()
    assert (details["status"], details["file_count"]) == ("completed", listed(client, path))
    assert client.get(f"{path}/download").status_code == 200


def listed(client: httpx.Client, path: str) -> int:
    """Return how many files can be listed and read, the last of them tried."""
    files = client.get(f"{path}/files").json()["files"]
    assert client.get(f"{path}/files/{files[-1]['path']}").status_code == 200
    return len(files)


def test_an_iteration_has_files(story: Story) -> None:
    """Lists and sends the files of an iteration as those of any generation."""
    listing = story.client.get(story.path("/generations/{b}/files")).json()
    assert listing["file_count"] > story.first["file_count"]
    model = story.client.get(story.path("/generations/{b}/files/app/models/book.py"))
    assert "subtitle" in model.text
    assert story.client.get(story.path("/generations/{b}/download")).content[:2] == b"PK"


@pytest.mark.parametrize(("path", "body"), MINIMAL, ids=range(len(MINIMAL)))
def test_what_is_optional_may_be_left_out(
    client: httpx.Client, path: str, body: dict[str, Any]
) -> None:
    """Takes a body of nothing but what is required."""
    answer = client.post(path, json=body)
    assert answer.is_success, answer.text
    if "generation_id" in answer.json():
        client.post(f"/generations/{answer.json()['generation_id']}/cancel")


def test_forty_viewers_leave_room_for_requests(shared: System, client: httpx.Client) -> None:
    """Sends more than 50 events whole to each of 40 viewers, and answers others meanwhile."""
    started = start(client)
    path = f"/generations/{started['generation_id']}"
    urls = [
        f"{shared.url}{client.post(f'{path}/stream-token').json()['event_source_url']}"
        for _ in range(40)
    ]
    with ThreadPoolExecutor(max_workers=40) as viewers:
        seen = [viewers.submit(lambda url: stored(list(frames(url))), url) for url in urls]
        while not all(each.done() for each in seen):
            assert client.get(path).status_code == 200
    first, *others = (each.result() for each in seen)
    assert len(first) > 50
    assert first[-1]["status"] == "completed"
    assert all(each == first for each in others)
