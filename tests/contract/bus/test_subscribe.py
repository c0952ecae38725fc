"""What every event log promises to subscribers: everything, once, in order."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from chassis.bus.errors import CursorExpiredError, CursorUnknownError
from chassis.bus.interface import Bus, Cursor, EventLog, Message

WAIT_SECONDS = 20


async def take(batches: AsyncIterator[tuple[Message, ...]], count: int) -> list[Message]:
    """Return the next messages of a subscription, at least so many."""
    found: list[Message] = []
    async with asyncio.timeout(WAIT_SECONDS):
        while len(found) < count:
            batch = await anext(batches)
            assert batch
            found += batch
    return found


async def append(log: EventLog, subject: str, numbers: range) -> None:
    """Append numbered messages, one after the other."""
    for number in numbers:
        await log.append(subject, str(number).encode(), message_id=f"{subject} {number}")


def numbers(messages: list[Message]) -> list[int]:
    """Return the numbers that messages carry."""
    return [int(message.data) for message in messages]


async def test_history_comes_first_then_what_follows(log: EventLog, name: str) -> None:
    """Starts at the oldest message and goes on with new ones."""
    await append(log, f"{name}.a", range(5))
    async with log.subscribe(f"{name}.a") as batches:
        assert numbers(await take(batches, 5)) == list(range(5))
        await append(log, f"{name}.a", range(5, 8))
        assert numbers(await take(batches, 3)) == [5, 6, 7]


async def test_cursor_continues_after_the_message_it_names(log: EventLog, name: str) -> None:
    """Goes on after the last message its holder has seen."""
    await append(log, f"{name}.a", range(6))
    async with log.subscribe(f"{name}.a", after=Cursor(epoch=log.epoch, sequence=4)) as batches:
        assert numbers(await take(batches, 2)) == [4, 5]


async def test_cursor_of_one_replica_is_good_at_another(
    log: EventLog, other_log: EventLog, name: str
) -> None:
    """Resumes wherever the client lands."""
    await append(log, f"{name}.a", range(3))
    async with log.subscribe(f"{name}.a") as batches:
        cursor = (await take(batches, 3))[1].cursor
    await append(log, f"{name}.a", range(3, 5))
    async with other_log.subscribe(f"{name}.a", after=cursor) as batches:
        assert numbers(await take(batches, 3)) == [2, 3, 4]


async def test_only_the_subject_asked_for_arrives(log: EventLog, name: str) -> None:
    """Delivers a subject, a family of subjects or everything."""
    async with (
        log.subscribe(f"{name}.a.1") as exact,
        log.subscribe(f"{name}.*.1") as token,
        log.subscribe(f"{name}.a.>") as family,
        log.subscribe(f"{name}.>") as everything,
    ):
        for number, subject in enumerate(("a.1", "a.2", "b.1", "b.2", "a.1")):
            await log.append(f"{name}.{subject}", str(number).encode(), message_id=str(number))
        assert numbers(await take(exact, 2)) == [0, 4]
        assert numbers(await take(token, 3)) == [0, 2, 4]
        assert numbers(await take(family, 3)) == [0, 1, 4]
        assert numbers(await take(everything, 5)) == [0, 1, 2, 3, 4]


async def test_live_message_equals_the_stored_one(log: EventLog, name: str) -> None:
    """Shows a live reader exactly what the history shows later."""
    async with log.subscribe(f"{name}.a") as batches:
        await append(log, f"{name}.a", range(1))
        live = await take(batches, 1)
    assert live == [message async for message in log.history(f"{name}.a")]


async def test_hand_over_under_concurrent_appends_loses_and_repeats_nothing(
    log: EventLog, other_log: EventLog, name: str
) -> None:
    """Joins history and live tail without a seam, whenever a reader comes."""
    total = 3000
    writers = [
        asyncio.create_task(append((log, other_log)[index], f"{name}.w{index}", range(total // 2)))
        for index in range(2)
    ]

    async def follow(delay: float) -> list[int]:
        await asyncio.sleep(delay)
        async with log.subscribe(f"{name}.>") as batches:
            return [m.cursor.sequence for m in await take(batches, total)]

    readers = [follow(index * 0.05) for index in range(8)]
    for sequences in await asyncio.gather(*readers):
        assert sequences == list(range(1, total + 1))
    await asyncio.gather(*writers)


async def test_slow_subscriber_gets_everything_and_holds_up_nobody(
    log: EventLog, name: str
) -> None:
    """Lets a reader fall behind by far more than its buffer holds."""
    async with log.subscribe(f"{name}.a") as slow, log.subscribe(f"{name}.a") as quick:
        await append(log, f"{name}.a", range(1))
        first = await take(slow, 1)
        await asyncio.gather(
            *(
                log.append(f"{name}.a", str(number).encode(), message_id=str(number))
                for number in range(1, 1000)
            )
        )
        everything = await take(quick, 1000)
        late = first + await take(slow, 999)
        assert [m.cursor.sequence for m in late] == list(range(1, 1001))
        assert late == everything
        await log.append(f"{name}.a", b"1000", message_id="1000")
        assert numbers(await take(slow, 1)) == [1000]


async def test_subscription_that_waits_wakes_up(log: EventLog, name: str) -> None:
    """Delivers to a reader that was waiting on an empty subject."""
    async with log.subscribe(f"{name}.a") as batches:
        waiting = asyncio.create_task(take(batches, 1))
        await append(log, f"{name}.b", range(3))
        assert not waiting.done()
        await append(log, f"{name}.a", range(1))
        assert numbers(await waiting) == [0]


async def test_cancelled_reader_leaves_others_alone(log: EventLog, name: str) -> None:
    """Ends one subscription without a trace."""
    async with log.subscribe(f"{name}.a") as kept:
        async with log.subscribe(f"{name}.a") as dropped:
            waiting = asyncio.create_task(take(dropped, 1))
            await append(log, f"{name}.b", range(1))
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        await append(log, f"{name}.a", range(1))
        assert numbers(await take(kept, 1)) == [0]


async def test_subscribing_again_after_all_have_left(log: EventLog, name: str) -> None:
    """Works when the last subscriber left and a new one comes."""
    for number in range(3):
        async with log.subscribe(f"{name}.a") as batches:
            await append(log, f"{name}.a", range(number, number + 1))
            assert numbers(await take(batches, number + 1)) == list(range(number + 1))


async def test_cursor_of_another_incarnation_is_unknown(log: EventLog, name: str) -> None:
    """Refuses a cursor whose epoch is not the log's."""
    await append(log, f"{name}.a", range(2))
    with pytest.raises(CursorUnknownError):
        async with log.subscribe(f"{name}.a", after=Cursor(epoch="other", sequence=1)):
            pytest.fail("subscribed")


async def test_cursor_of_the_future_is_unknown(log: EventLog, name: str) -> None:
    """Refuses a cursor beyond the newest message."""
    await append(log, f"{name}.a", range(2))
    with pytest.raises(CursorUnknownError):
        async with log.subscribe(f"{name}.a", after=Cursor(epoch=log.epoch, sequence=3)):
            pytest.fail("subscribed")


async def test_cursor_at_the_end_waits_for_more(log: EventLog, name: str) -> None:
    """Accepts the newest message's place, and the place before the first."""
    start = Cursor(epoch=log.epoch, sequence=0)
    async with log.subscribe(f"{name}.a", after=start) as batches:
        await append(log, f"{name}.a", range(2))
        end = (await take(batches, 2))[-1].cursor
    async with log.subscribe(f"{name}.a", after=end) as batches:
        await append(log, f"{name}.a", range(2, 3))
        assert numbers(await take(batches, 1)) == [2]


async def test_end_is_where_the_future_begins(backend: object, name: str) -> None:
    """Shows what follows and nothing before, also when nothing is kept any more."""
    bus: Bus = backend.bus  # type: ignore[attr-defined]
    log = await bus.event_log(name, subjects=(f"{name}.>",), retention=timedelta(seconds=1))
    assert await log.end() == Cursor(epoch=log.epoch, sequence=0)
    await append(log, f"{name}.a", range(2))
    assert await log.end() == Cursor(epoch=log.epoch, sequence=2)
    await backend.elapse(timedelta(seconds=1.6))  # type: ignore[attr-defined]
    assert await log.last(f"{name}.a") is None
    async with log.subscribe(f"{name}.a", after=await log.end()) as batches:
        await append(log, f"{name}.a", range(2, 3))
        assert numbers(await take(batches, 1)) == [2]


async def test_cursor_before_what_is_kept_has_expired(backend: object, name: str) -> None:
    """Tells a reader that what it asks for is gone, instead of passing over it."""
    bus: Bus = backend.bus  # type: ignore[attr-defined]
    log = await bus.event_log(name, subjects=(f"{name}.>",), retention=timedelta(seconds=1))
    await append(log, f"{name}.a", range(2))
    await backend.elapse(timedelta(seconds=1.6))  # type: ignore[attr-defined]
    await append(log, f"{name}.a", range(2, 4))
    with pytest.raises(CursorExpiredError):
        async with log.subscribe(f"{name}.a", after=Cursor(epoch=log.epoch, sequence=1)):
            pytest.fail("subscribed")
    after_the_gap = Cursor(epoch=log.epoch, sequence=2)
    async with log.subscribe(f"{name}.a", after=after_the_gap) as batches:
        assert numbers(await take(batches, 2)) == [2, 3]
    async with log.subscribe(f"{name}.a") as batches:
        assert numbers(await take(batches, 2)) == [2, 3]


async def test_quiet_reader_survives_the_expiry_of_what_it_has_seen(
    backend: object, name: str
) -> None:
    """Keeps a live reader live, although everything up to its last message is gone."""
    bus: Bus = backend.bus  # type: ignore[attr-defined]
    log = await bus.event_log(name, subjects=(f"{name}.>",), retention=timedelta(seconds=1))
    await append(log, f"{name}.a", range(1))
    async with log.subscribe(f"{name}.a") as batches:
        assert numbers(await take(batches, 1)) == [0]
        await append(log, f"{name}.b", range(5))
        await backend.elapse(timedelta(seconds=1.6))  # type: ignore[attr-defined]
        await append(log, f"{name}.b", range(5, 10))
        await append(log, f"{name}.a", range(1, 2))
        assert numbers(await take(batches, 1)) == [1]
