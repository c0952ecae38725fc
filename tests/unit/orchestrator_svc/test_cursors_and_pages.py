"""Cursors, page tokens and tickets: opaque, and refused where they do not belong."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.bus.errors import CursorUnknownError
from chassis.bus.interface import Cursor, Message
from chassis.errors import InvalidInputError
from orchestrator_svc.cursors import Cursors, Place
from orchestrator_svc.jobs import JobUnreadableError, Ticket, read_ticket
from orchestrator_svc.paging import page_size, page_token, read_page_token

HERE = Cursors("events.a", "e1")


def message(sequence: int) -> Message:
    """Return a message of the log."""
    cursor = Cursor(epoch="e1", sequence=sequence)
    return Message(subject="events.a", data=b"", cursor=cursor, time=datetime.now(UTC))


def test_goes_on_after_the_last_event_of_a_message() -> None:
    """Reads the next message from its start."""
    place = HERE.read(HERE.write(message(7), 3, last=True))
    assert place == Place(after=Cursor(epoch="e1", sequence=7))


def test_goes_on_within_a_message() -> None:
    """Reads the same message again, and skips what the watcher has."""
    place = HERE.read(HERE.write(message(7), 3, last=False))
    assert place == Place(after=Cursor(epoch="e1", sequence=6), skip=4)
    first = HERE.read(HERE.write(message(1), 0, last=False))
    assert first == Place(after=None, skip=1)


def test_names_the_start_and_an_end_that_is_not_kept() -> None:
    """Reads both back, the end also in a later incarnation."""
    assert HERE.read("") == HERE.read(HERE.start()) == Place()
    assert HERE.read(HERE.end()).ended
    assert Cursors("events.a", "e2").read(HERE.end()).ended


@pytest.mark.parametrize(
    "text", ["x", "-", "e1-0-1", "e1--1", "e1-00000000-1", "e1-00000000-", "🙂", "e1-1-1-1", "\n"]
)
def test_refuses_what_is_no_cursor_of_this_stream(text: str) -> None:
    """Says that the cursor is unknown."""
    with pytest.raises(CursorUnknownError):
        HERE.read(text)


def test_refuses_cursors_of_other_streams_and_incarnations() -> None:
    """Keeps streams and incarnations apart, and numbers within bounds."""
    cursor = HERE.write(message(7), 0, last=True)
    huge = HERE.write(message(2**63), 0, last=True)
    for cursors, text in ((Cursors("events.b", "e1"), cursor), (Cursors("events.a", "e2"), cursor)):
        with pytest.raises(CursorUnknownError):
            cursors.read(text)
    with pytest.raises(CursorUnknownError):
        HERE.read(huge)


@given(text=st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never fails otherwise, whatever a client sends."""
    try:
        assert isinstance(HERE.read(text), Place)
    except CursorUnknownError:
        assert text


def test_page_tokens_lead_back_to_their_listing_only() -> None:
    """Refuses a token of another listing, and garbage."""
    token = page_token("gen_7", "generations", "ada")
    assert read_page_token(token, "generations", "ada") == "gen_7"
    assert read_page_token("", "generations", "ada") == ""
    for other in (token + "x", "gen_7", "W10", "🙂", "bnVsbA"):
        with pytest.raises(InvalidInputError) as refused:
            read_page_token(other, "generations", "eve")
        assert refused.value.violations[0].field == "page_token"
    with pytest.raises(InvalidInputError):
        read_page_token(token, "generations", "eve")


def test_page_sizes_have_a_default_and_a_cap() -> None:
    """Takes 50 when nothing is asked, 200 at most, and nothing negative."""
    assert [page_size(asked) for asked in (0, 1, 200, 201)] == [50, 1, 200, 200]
    with pytest.raises(InvalidInputError):
        page_size(-1)


def test_tickets_are_read_back() -> None:
    """Keeps the generation that called."""
    assert read_ticket(Ticket(generation_id="gen_1").to_bytes()) == Ticket(generation_id="gen_1")


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"[]", b"7", b"{}", b'{"version": 2, "generation_id": "g"}', b"[" * 100_000],
    ids=["empty", "no text", "a list", "a number", "no fields", "newer", "deep"],
)
def test_what_is_no_ticket_of_ours_is_told(data: bytes) -> None:
    """Raises what the runner sets aside."""
    with pytest.raises(JobUnreadableError):
        read_ticket(data)
