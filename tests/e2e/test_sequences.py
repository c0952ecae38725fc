"""Contract 4 and 3.3: stages, progress, words and shape of the events of every kind of run."""

import re
import time
from typing import Any

import httpx
import pytest

from tests.e2e.story import Story, iterate
from tests.e2e.support import SPEC, System, frames, start, steps, stored

Frame = tuple[str, str, dict[str, Any]]
USERS = [{"name": "User", "fields": [{"name": "name", "type": "string"}]}, *SPEC["entities"]]

OPENING = [
    ("queued", 0.0, "Waiting for a runner"),
    ("initializing", 0.01, r"Starting {mode} generation\.\.\."),
]
PLANNING = [
    ("schema_extraction", 0.03, r"Extracting project schema and entities\.\.\."),
    ("code_generation", 0.04, r"Generating code using template engine\.\.\."),
    ("phased_generation_started", 0.05, "Starting phased generation for {n} entities"),
    ("phase_1_complete", 0.20, r"Phase 1 complete: {made} \d+ core infrastructure files{kept}"),
]
PHASES = [
    ("phase_2_complete", 0.40, r"Phase 2 complete: {made} \d+ entity files{kept}"),
    ("phase_3_complete", 0.60, r"Phase 3 complete: {made} \d+ database migration files{kept}"),
    ("phase_4_complete", 0.80, r"Phase 4 complete: {made} \d+ test files{kept}"),
    ("phase_5_complete", 0.85, r"Phase 5 complete: {made} \d+ support files{kept}"),
    ("phase_6_complete", 0.95, r"Phase 6 complete: {made} \d+ main application files{kept}"),
]
CLOSING = [
    ("file_management", 0.97, r"Organizing and saving files\.\.\."),
    ("quality_assessment", 0.99, r"Running quality assessment\.\.\."),
    ("completed", 1.0, r"{kind} completed successfully with \d+ files"),
]
REQUIRED = {
    *("generation_id", "status", "stage", "progress", "message", "timestamp"),
    *("project_id", "version"),
}
OPTIONAL = {
    *("generation_mode", "ab_group", "enhanced_features", "estimated_time_remaining"),
    *("current_file", "partial_output", "phase_info", "error"),
    *("warning_type", "parent_file_count", "new_file_count"),
}
PHASE_INFO = {
    *("total_phases", "current_phase", "entities_count", "phase", "name"),
    *("files_generated", "total_files"),
}


@pytest.fixture(scope="module")
def enhanced(shared: System) -> list[Frame]:
    """Run an enhanced generation that has users; return all its frames."""
    with shared.client() as client:
        started = start(client, spec=SPEC | {"entities": USERS}, generation_mode="enhanced")
    return list(frames(f"{shared.url}{started['event_source_url']}"))


@pytest.fixture(scope="module")
def iterated(shared: System, story: Story) -> list[Frame]:
    """Return all frames of an iteration."""
    return list(frames(url_of(shared, story)))


def entities(names: list[str]) -> list[tuple[str, float, str]]:
    """Return the rows of the entities of a run."""
    n = len(names)
    made = "{made} 4 %s entity files{kept}"
    return [
        row
        for k, name in enumerate(names, start=1)
        for row in (
            (
                f"entity_processing_{k}",
                0.2 + 0.2 * (k - 1) / n,
                f"Processing entity {k}/{n}: {name}",
            ),
            (f"entity_complete_{k}", 0.2 + 0.2 * k / n, f"Entity {k}/{n} complete: {made % name}"),
        )
    ]


def assert_told(told: list[Frame], table: list[tuple[str, float, str]], **words: str) -> None:
    """Check that a run told the rows of a table, in their order, and nothing else in between."""
    events = stored(told)
    assert steps(events) == [stage for stage, _, _ in table]
    of_stage = {event["stage"]: event for event in events}
    for stage, progress, shape in table:
        assert of_stage[stage]["progress"] == pytest.approx(progress, abs=1e-6), stage
        pattern = re.sub(r"\{(\w+)\}", lambda found: words[found[1]], shape)
        assert re.fullmatch(pattern, of_stage[stage]["message"]), of_stage[stage]["message"]


def test_an_enhanced_generation(enhanced: list[Frame]) -> None:
    """Analyses the context first, and names its features in every event."""
    analysis = [("context_analysis", 0.02, ".+")]
    made = entities(["User", "Author", "Book"])
    table = [*OPENING, *analysis, *PLANNING, *made, *PHASES, *CLOSING]
    words = {"mode": "enhanced", "n": "3", "made": "Generated", "kept": "", "kind": "Generation"}
    assert_told(enhanced, table, **words)
    assert all(event["generation_mode"] == "enhanced" for event in stored(enhanced))
    assert all("context_analysis" in event["enhanced_features"] for event in stored(enhanced))
    names = {event["phase_info"]["name"] for event in stored(enhanced) if "phase_info" in event}
    assert names == {
        *("Core Infrastructure", "User Entity", "Database Migrations"),
        *("Tests", "Support Files", "Main Application"),
    }


def test_an_iteration(iterated: list[Frame]) -> None:
    """Detects the intent, merges, and says of each phase whether the change touched it."""
    intent = [("intent_detection", 0.02, ".+")]
    merging = [("merging_files", 0.96, ".+")]
    made = entities(["Author", "Book"])
    table = [*OPENING, *intent, *PLANNING, *made, *PHASES, *merging, *CLOSING]
    words = {"mode": "classic", "n": "2", "made": "(Generated|Kept)", "kind": "Iteration"}
    assert_told(iterated, table, kept="(, which the change does not touch)?", **words)


def test_every_event_has_the_shape_of_the_contract(
    enhanced: list[Frame], iterated: list[Frame]
) -> None:
    """Has all fields that an event must have, no others, and none without a value."""
    now = time.time()
    for _, _, event in [*enhanced, *iterated]:
        assert event.keys() >= REQUIRED
        assert event.keys() - REQUIRED <= OPTIONAL
        assert None not in event.values()
        assert 0.0 <= event["progress"] <= 1.0
        assert isinstance(event["timestamp"], float)
        assert now - 3600 < event["timestamp"] <= now
        assert event.get("phase_info", dict.fromkeys(PHASE_INFO)).keys() == PHASE_INFO


def test_only_files_that_vanish_unasked_are_warned_of(
    shared: System, iterated: list[Frame], client: httpx.Client
) -> None:
    """Passes over `validation` when an iteration keeps every file, or drops what it names."""
    assert "validation" not in {event["stage"] for _, _, event in iterated}
    parent = start(client)
    list(frames(f"{shared.url}{parent['event_source_url']}"))
    change = {"modification_prompt": "Remove the books", "confirm_destructive": True}
    dropped = iterate(client, parent["generation_id"], **change).json()
    events = stored(list(frames(f"{shared.url}{dropped['event_source_url']}")))
    assert "validation" not in {event["stage"] for event in events}
    assert events[-1]["status"] == "completed"


def url_of(shared: System, story: Story) -> str:
    """Return a URL that opens the stream of the story's iteration."""
    token = story.client.post(story.path("/generations/{b}/stream-token")).json()
    return f"{shared.url}{token['event_source_url']}"
