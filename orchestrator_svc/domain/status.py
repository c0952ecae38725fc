"""Where a generation stands, and the one table of how that may change."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from chassis.errors import FailedPreconditionError


class Status(StrEnum):
    """Where a generation stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def terminal(self) -> bool:
        """Whether this ends a generation's events."""
        return self in TERMINAL


TERMINAL = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})


class Change(StrEnum):
    """What can happen to a generation."""

    CLAIM = "claim"
    COMPLETE = "complete"
    FAIL = "fail"
    CANCEL = "cancel"
    RETRY = "retry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """From where a change may start, and where it leads."""

    sources: frozenset[Status]
    target: Status


_OPEN = frozenset({Status.PENDING, Status.PROCESSING})

TRANSITIONS: Mapping[Change, Transition] = MappingProxyType(
    {
        Change.CLAIM: Transition(sources=_OPEN, target=Status.PROCESSING),
        Change.COMPLETE: Transition(
            sources=frozenset({Status.PROCESSING}), target=Status.COMPLETED
        ),
        Change.FAIL: Transition(sources=_OPEN, target=Status.FAILED),
        Change.CANCEL: Transition(sources=_OPEN, target=Status.CANCELLED),
        Change.RETRY: Transition(sources=frozenset({Status.FAILED}), target=Status.PENDING),
    }
)


def after(change: Change, status: Status) -> Status:
    """Return the status that a change leads to.

    Raises:
        FailedPreconditionError: The change cannot start there.
    """
    transition = TRANSITIONS[change]
    if status in transition.sources:
        return transition.target
    raise FailedPreconditionError(
        f"The generation is {status}, so it cannot {change}.",
        reason=f"GENERATION_{status.name}",
        metadata={"status": status.value},
    )
