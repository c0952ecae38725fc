"""Starts: what is stored, numbered and left in the outbox, once for each key."""

import asyncio
from dataclasses import replace

import pytest

from chassis.errors import AlreadyExistsError
from orchestrator_svc.store.store import Store
from orchestrator_svc.store.values import Filter, Idempotency, OutboxKind
from tests.contract.store.support import DETAILS, new_generation, start


async def test_returns_what_was_stored(store: Store) -> None:
    """Reads a generation back, to the microsecond and the character."""
    stored = await start(store, 1)
    assert stored == replace(new_generation(1), version=1)
    assert await store.generations.get("ada", stored.generation_id) == stored
    assert await store.generations.details(stored.generation_id) == DETAILS
    assert await store.generations.review(stored.generation_id) is None


async def test_numbers_versions_without_gaps_or_doubles(store: Store) -> None:
    """Counts concurrent versions of one project up by one each."""
    first = await start(store, 0)
    later = await asyncio.gather(
        *(start(store, number, project_id=first.project_id) for number in range(1, 25))
    )
    assert sorted(each.version for each in later) == list(range(2, 26))
    project = await store.projects.get_project("ada", first.project_id)
    assert project.latest_version == 25


async def test_a_start_that_is_refused_leaves_no_gap(store: Store) -> None:
    """Takes back the number when the start does not hold."""
    first = await start(store, 1)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever a doubled id raises
        await start(store, 1, project_id=first.project_id)
    assert (await start(store, 2, project_id=first.project_id)).version == 2


async def test_one_key_starts_once_however_many_try(store: Store) -> None:
    """Returns the twin to every concurrent repeat."""
    starts = await asyncio.gather(*(start(store, number, key="key") for number in range(10)))
    assert len({each.generation_id for each in starts}) == 1
    assert len(await store.generations.list("ada", Filter(), before="", limit=50)) == 1


async def test_one_key_with_two_requests_is_refused(store: Store) -> None:
    """Refuses the second request, whether asked for or started."""
    await start(store, 1, key="key")
    other = Idempotency(key="key", request_hash="0" * 64)
    with pytest.raises(AlreadyExistsError):
        await store.starts.find_start("ada", other)
    with pytest.raises(AlreadyExistsError):
        await store.starts.start(new_generation(2), DETAILS, idempotency=other)
    assert await store.starts.find_start("eve", other) is None


async def test_leaves_in_the_outbox_what_a_start_means(store: Store) -> None:
    """Keeps the job and the events with the generation, in order, until they are discarded."""
    await start(store, 1)
    stored = await store.outbox.pending(10)
    assert [each.outgoing.kind for each in stored] == [
        OutboxKind.QUEUED,
        OutboxKind.JOB,
        OutboxKind.EVENT,
    ]
    assert await store.outbox.holds(stored[0].outgoing.subject)
    await store.outbox.discard([each.outbox_id for each in stored])
    assert await store.outbox.pending(10) == []
    assert not await store.outbox.holds(stored[0].outgoing.subject)
