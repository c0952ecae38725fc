"""The transition table: what may follow what."""

import pytest

from chassis.errors import FailedPreconditionError
from orchestrator_svc.domain.status import TRANSITIONS, Change, Status, after

ALLOWED = {
    (Status.PENDING, Change.CLAIM): Status.PROCESSING,
    (Status.PENDING, Change.FAIL): Status.FAILED,
    (Status.PENDING, Change.CANCEL): Status.CANCELLED,
    (Status.PROCESSING, Change.CLAIM): Status.PROCESSING,
    (Status.PROCESSING, Change.COMPLETE): Status.COMPLETED,
    (Status.PROCESSING, Change.FAIL): Status.FAILED,
    (Status.PROCESSING, Change.CANCEL): Status.CANCELLED,
    (Status.FAILED, Change.RETRY): Status.PENDING,
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("change", Change)
def test_allows_what_the_table_says_and_nothing_else(status: Status, change: Change) -> None:
    """Leads where the table says, or refuses and names the status."""
    target = ALLOWED.get((status, change))
    if target:
        assert after(change, status) is target
        return
    with pytest.raises(FailedPreconditionError) as refused:
        after(change, status)
    assert refused.value.reason == f"GENERATION_{status.name}"


def test_completed_and_cancelled_are_final() -> None:
    """Lets nothing follow a completion or a cancellation."""
    for transition in TRANSITIONS.values():
        assert not transition.sources & {Status.COMPLETED, Status.CANCELLED}


def test_tells_which_statuses_end_a_stream() -> None:
    """Counts the three ends as terminal."""
    assert [status for status in Status if status.terminal] == [
        Status.COMPLETED,
        Status.FAILED,
        Status.CANCELLED,
    ]
