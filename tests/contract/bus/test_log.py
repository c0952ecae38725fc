"""What every event log promises to writers and to those who read its history."""

import asyncio
from datetime import UTC, datetime

import pytest

from chassis.bus.errors import StaleAppendError
from chassis.bus.interface import EventLog, Message
from chassis.errors import InvalidInputError


async def read(log: EventLog, subject: str) -> list[Message]:
    """Return a subject's history."""
    return [message async for message in log.history(subject)]


async def test_append_returns_growing_places(log: EventLog, name: str) -> None:
    """Gives every message a place after the one before, whatever its subject."""
    places = [
        await log.append(f"{name}.{index % 2}", b"x", message_id=str(index)) for index in range(6)
    ]
    assert [place.sequence for place in places] == [1, 2, 3, 4, 5, 6]
    assert {place.epoch for place in places} == {log.epoch}


async def test_history_has_all_of_a_subject_in_order(log: EventLog, name: str) -> None:
    """Reads back what was appended to a subject, and nothing else."""
    for index in range(7):
        await log.append(f"{name}.{index % 2}", str(index).encode(), message_id=str(index))
    found = await read(log, f"{name}.0")
    assert [message.data for message in found] == [b"0", b"2", b"4", b"6"]
    assert {message.subject for message in found} == {f"{name}.0"}


async def test_history_reads_many_pages(log: EventLog, name: str) -> None:
    """Reads a history that is longer than any page."""
    await asyncio.gather(
        *(log.append(f"{name}.a", b"x", message_id=str(index)) for index in range(701))
    )
    found = await read(log, f"{name}.a")
    assert [message.cursor.sequence for message in found] == list(range(1, 702))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("a.b.c", [1]),
        ("a.*.c", [1, 2]),
        ("a.>", [1, 2, 3, 4]),
        ("*.b.>", [1, 5]),
        ("a.*", [4]),
        (">", [1, 2, 3, 4, 5]),
        ("c.>", []),
    ],
)
async def test_history_understands_wildcards(
    log: EventLog, name: str, pattern: str, expected: list[int]
) -> None:
    """Matches one token with `*`, and one or more with a last `>`."""
    for subject in ("a.b.c", "a.x.c", "a.x.d", "a.b", "b.b.c"):
        await log.append(f"{name}.{subject}", b"x", message_id=subject)
    found = await read(log, f"{name}.{pattern}")
    assert [message.cursor.sequence for message in found] == expected


async def test_message_knows_its_subject_place_and_time(log: EventLog, name: str) -> None:
    """Keeps what was appended, where and when."""
    place = await log.append(f"{name}.a", b"\x00\xff payload", message_id="m")
    found = await log.last(f"{name}.a")
    assert found is not None
    assert (found.subject, found.data, found.cursor) == (f"{name}.a", b"\x00\xff payload", place)
    assert found.time.tzinfo is UTC
    assert found.time > datetime(2020, 1, 1, tzinfo=UTC)
    assert await read(log, f"{name}.a") == [found]


async def test_empty_payload_comes_back_empty(log: EventLog, name: str) -> None:
    """Keeps a message without data, which some servers report without the field."""
    await log.append(f"{name}.a", b"", message_id="m")
    found = await log.last(f"{name}.a")
    assert found is not None
    assert found.data == b""
    assert [message.data for message in await read(log, f"{name}.a")] == [b""]


async def test_last_is_the_newest_of_the_subject(log: EventLog, name: str) -> None:
    """Finds the newest message of a subject, also behind a wildcard, or none."""
    assert await log.last(f"{name}.a") is None
    for number, subject in enumerate(("a", "b", "a", "c")):
        await log.append(f"{name}.{subject}", b"x", message_id=str(number))
    newest = await log.last(f"{name}.a")
    newest_of_all = await log.last(f"{name}.>")
    assert newest is not None
    assert newest_of_all is not None
    assert (newest.cursor.sequence, newest_of_all.cursor.sequence) == (3, 4)


async def test_repeat_returns_the_first_place(log: EventLog, name: str) -> None:
    """Stores a message id once and answers a repeat with the place it has."""
    first = await log.append(f"{name}.a", b"1", message_id="same")
    await log.append(f"{name}.a", b"2", message_id="other")
    assert await log.append(f"{name}.a", b"1", message_id="same") == first
    assert len(await read(log, f"{name}.a")) == 2


async def test_repeat_of_a_fenced_append_returns_the_first_place(log: EventLog, name: str) -> None:
    """Knows its own message again although the subject has moved on since."""
    first = await log.append(f"{name}.a", b"1", message_id="same", expected_last=0)
    again = await log.append(f"{name}.a", b"1", message_id="same", expected_last=0)
    await log.append(f"{name}.a", b"2", message_id="next", expected_last=first.sequence)
    later = await log.append(f"{name}.a", b"1", message_id="same", expected_last=0)
    assert first == again == later


async def test_fence_refuses_who_was_replaced(
    log: EventLog, other_log: EventLog, name: str
) -> None:
    """Tells a writer that somebody else has written to the subject."""
    first = await log.append(f"{name}.a", b"old", message_id="1", expected_last=0)
    taken = await other_log.append(
        f"{name}.a", b"new", message_id="2", expected_last=first.sequence
    )
    with pytest.raises(StaleAppendError):
        await log.append(f"{name}.a", b"late", message_id="3", expected_last=first.sequence)
    with pytest.raises(StaleAppendError):
        await log.append(f"{name}.a", b"late", message_id="4", expected_last=0)
    assert [message.data for message in await read(log, f"{name}.a")] == [b"old", b"new"]
    assert (await log.last(f"{name}.a") or pytest.fail("gone")).cursor == taken


async def test_fence_is_of_the_subject_alone(log: EventLog, name: str) -> None:
    """Lets others write to other subjects meanwhile."""
    first = await log.append(f"{name}.a", b"1", message_id="1", expected_last=0)
    await log.append(f"{name}.b", b"2", message_id="2", expected_last=0)
    third = await log.append(f"{name}.a", b"3", message_id="3", expected_last=first.sequence)
    assert third.sequence == 3


async def test_one_of_many_racing_writers_wins(
    log: EventLog, other_log: EventLog, name: str
) -> None:
    """Lets exactly one append follow a given message."""
    writers = [
        (log, other_log)[index % 2].append(
            f"{name}.a", b"x", message_id=str(index), expected_last=0
        )
        for index in range(50)
    ]
    results = await asyncio.gather(*writers, return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert sum(isinstance(result, StaleAppendError) for result in results) == 49


@pytest.mark.parametrize("subject", ["a.*", "a.>", "a..b", "", "a b", "a.\r\nPUB x 0\r\n"])
async def test_append_refuses_what_is_no_subject(log: EventLog, name: str, subject: str) -> None:
    """Refuses wildcards, empty tokens, blanks and what would break the protocol."""
    with pytest.raises(InvalidInputError):
        await log.append(f"{name}.{subject}", b"x", message_id="1")


async def test_append_refuses_a_subject_of_another_log(log: EventLog) -> None:
    """Refuses a subject that the log does not keep."""
    with pytest.raises(InvalidInputError):
        await log.append("elsewhere.a", b"x", message_id="1")


async def test_replicas_agree(log: EventLog, other_log: EventLog, name: str) -> None:
    """Shows every replica the same incarnation and the same messages."""
    await log.append(f"{name}.a", b"1", message_id="1")
    await other_log.append(f"{name}.a", b"2", message_id="2")
    assert log.epoch == other_log.epoch
    assert await read(log, f"{name}.a") == await read(other_log, f"{name}.a")
