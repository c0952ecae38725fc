"""An iteration whose outcome is not whole is no success, whatever went wrong on the way."""

from collections.abc import Iterator
from typing import Any

import pytest

from files_svc.domain.merge.tree import Decision, decide
from tests.integration.orchestrator_svc.conftest import Client, System
from tests.integration.orchestrator_svc.test_endings import FAILED, retry
from tests.integration.orchestrator_svc.test_happy_path import listed
from tests.integration.orchestrator_svc.test_iterations import (
    COMPLETED,
    completed,
    content,
    edit,
    iterate,
)

NOTES = "docs/notes.md"
DECIDE = "files_svc.merging.decide"


async def test_a_merge_that_loses_a_file_fails(
    client: Client, system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Warns with both counts, then fails and names the file; a retry merges anew."""
    parent = await completed(client)
    parent = await edit(client, system, parent, NOTES, b"my own notes\n")

    def forgetful(*trees: Any) -> Iterator[Decision]:
        return (decision for decision in decide(*trees) if decision.path != NOTES)

    monkeypatch.setattr(DECIDE, forgetful)
    started = await iterate(client, parent.generation_id)
    story = await client.story(started.generation_id)
    warning, last = story[-2:]

    assert (warning.stage, warning.warning_type) == ("validation", "data_loss_detection")
    assert (warning.parent_file_count, warning.new_file_count) == (33, 36)
    assert (last.stage, last.status) == ("error", FAILED)
    assert NOTES in last.error
    assert await content(system, parent.snapshot_id, NOTES) == b"my own notes\n"

    monkeypatch.setattr(DECIDE, decide)
    await retry(client, started.generation_id)
    await client.story(started.generation_id)
    ended = await client.get(started.generation_id)
    assert ended.status == COMPLETED
    assert NOTES in await listed(system, ended.snapshot_id)
