"""An iteration whose outcome is not whole is no success, whatever went wrong on the way."""

from collections.abc import Iterator
from typing import Any

import pytest

from files_svc.domain.merge.tree import Decision, decide
from tests.integration.orchestrator_svc.conftest import Client, System
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator
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
INVOICE = "entities/invoice_0.py"
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


async def test_a_merge_that_breaks_what_held_fails(
    client: Client, system: System, generator: FakeGenerator
) -> None:
    """Compares with the parent as its user left it, says so, and names what broke."""
    parent = await completed(client)
    parent = await edit(client, system, parent, NOTES, b"my own notes\n")
    generator.red = INVOICE
    started = await iterate(client, parent.generation_id)
    story = await client.story(started.generation_id)

    assert story[-1].status == FAILED
    assert "the gate 'types'" in story[-1].error
    assert f"{INVOICE}:1: error" in story[-1].error
    assert story[-2].stage == "quality_gate_1_of_parent"
    assert generator.tiers[-1] == ["t1"]


async def test_what_was_broken_before_is_no_fault_of_the_merge(
    client: Client, system: System, generator: FakeGenerator
) -> None:
    """Completes when the parent fails the same gate, and tells the gate in the report."""
    parent = await completed(client)
    parent = await edit(client, system, parent, NOTES, b"my own notes\n")
    generator.red = NOTES
    started = await iterate(client, parent.generation_id)
    await client.story(started.generation_id)
    assert (await client.get(started.generation_id)).status == COMPLETED


async def test_a_conflict_can_be_settled_before_the_gates_hold(
    client: Client, system: System, generator: FakeGenerator
) -> None:
    """Marks the version by its conflict, which may be the reason, rather than failing it."""
    parent = await completed(client)
    parent = await edit(client, system, parent, INVOICE, b"mine = 1\n")
    generator.red = "entities/invoice_1.py"
    started = await iterate(client, parent.generation_id)
    await client.story(started.generation_id)
    ended = await client.get(started.generation_id)
    assert (ended.status, ended.conflict_count) == (COMPLETED, 1)
