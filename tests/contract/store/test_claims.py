"""Claims: whose turn it is, for how long, and what a replaced runner can do."""

import asyncio

import pytest

from orchestrator_svc.domain.status import Status
from orchestrator_svc.store.errors import ReplacedError
from orchestrator_svc.store.store import Store
from tests.contract.store.support import DETAILS, LEASE, SetClock, assessed, claim, phase, start


async def test_a_claim_holds_until_its_lease_ends(store: Store, clock: SetClock) -> None:
    """Gives a generation to one runner at a time, with a higher epoch each time."""
    await start(store, 1)
    first = await claim(store)
    assert (first.generation.status, first.generation.epoch, first.claims) == (
        Status.PROCESSING,
        1,
        1,
    )
    assert first.details == DETAILS
    assert await store.runs.claim(lease=LEASE, per_user=9) is None
    assert await store.runs.waiting() == 0

    clock.time += LEASE
    assert await store.runs.waiting() == 1
    second = await claim(store)
    assert (second.generation.epoch, second.claims) == (2, 2)


async def test_one_of_many_claimers_gets_it(store: Store) -> None:
    """Gives each generation to exactly one of concurrent claimers."""
    for number in range(5):
        await start(store, number, user_id=f"u{number % 2}")
    claims = await asyncio.gather(*(store.runs.claim(lease=LEASE, per_user=9) for _ in range(12)))
    taken = [each.generation.generation_id for each in claims if each]
    assert sorted(taken) == [f"gen_{number:04}" for number in range(5)]


async def test_a_lease_can_be_prolonged(store: Store, clock: SetClock) -> None:
    """Keeps others away for longer, and keeps the progress."""
    await start(store, 1)
    held = (await claim(store)).generation
    clock.time += LEASE / 2
    await store.runs.extend(held.generation_id, held.epoch, lease=LEASE, progress=0.3)
    clock.time += LEASE * 0.9
    assert await store.runs.claim(lease=LEASE, per_user=9) is None
    assert (await store.generations.get("ada", held.generation_id)).progress == 0.3


async def test_turns_are_fair(store: Store) -> None:
    """Serves users in turn, and each user's oldest first."""
    for number in range(6):
        await start(store, number, user_id="ada")
    await start(store, 10, user_id="bob")
    await start(store, 11, user_id="eve")
    await start(store, 12, user_id="eve")

    order = []
    for _ in range(9):
        held = (await claim(store)).generation
        order.append(held.generation_id)
        await store.runs.complete(held.generation_id, held.epoch)

    assert [int(each[4:]) for each in order] == [0, 10, 11, 1, 12, 2, 3, 4, 5]


async def test_a_user_has_a_bounded_number_of_claims(store: Store) -> None:
    """Passes over a user who has as many running as allowed."""
    for number in range(3):
        await start(store, number)
    await start(store, 9, user_id="eve")
    for _ in range(3):
        await claim(store, per_user=2)
    assert await store.runs.claim(lease=LEASE, per_user=2) is None
    assert await store.runs.waiting() == 1


async def test_a_replaced_runner_can_write_nothing(store: Store, clock: SetClock) -> None:
    """Refuses every write of an older epoch."""
    await start(store, 1)
    old = (await claim(store)).generation
    clock.time += LEASE
    new = (await claim(store)).generation
    key = old.generation_id
    for call in (
        store.runs.extend(key, old.epoch, lease=LEASE, progress=0.9),
        store.runs.checkpoint(key, old.epoch, phase(1)),
        store.runs.assess(key, old.epoch, assessed(0.1)),
        store.runs.release(key, old.epoch, blameless=False),
        store.runs.complete(key, old.epoch),
        store.runs.fail(key, old.epoch, error="late", progress=0.9),
    ):
        with pytest.raises(ReplacedError):
            await call
    assert await store.generations.get("ada", key) == new
    assert await store.generations.review(key) is None


async def test_a_released_generation_is_free_at_once(store: Store) -> None:
    """Lets the next claim have it, blamed or not."""
    await start(store, 1)
    first = await claim(store)
    key = first.generation.generation_id
    await store.runs.release(key, first.generation.epoch, blameless=True)
    second = await claim(store)
    assert second.claims == 1
    await store.runs.release(key, second.generation.epoch, blameless=False)
    assert (await claim(store)).claims == 2


async def test_finds_what_is_left_behind(store: Store, clock: SetClock) -> None:
    """Names what nobody works on and nobody has touched for a while."""
    await start(store, 1)
    await start(store, 2)
    await claim(store)
    left = store.runs.left_behind
    assert await left(for_at_least=LEASE, limit=9) == []
    clock.time += LEASE / 2
    clock.time += LEASE
    assert [each.generation_id for each in await left(for_at_least=LEASE, limit=9)] == [
        "gen_0001",
        "gen_0002",
    ]
