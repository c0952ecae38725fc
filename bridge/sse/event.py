"""What a source tells: events, already encoded, in batches."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A stream as one user sees it: two users never share one."""

    kind: Literal["generation", "channel"]
    """What it is a stream of."""

    name: str
    """The generation's id, or the channel's name such as `project.prj_1`."""

    user_id: str
    """Who may read it; the source decides when it is opened."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far a generation is: what a snapshot tells."""

    status: str = "pending"
    """`pending`, `processing`, or how it ended."""

    progress: float = 0.0
    """0.0 to 1.0."""

    phases_completed: int = 0
    """How many phases are finished."""

    files: int = 0
    """How many files are finished."""

    project_id: str = ""
    """The project it makes a version of."""

    version: int = 0
    """The number of that version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of a stream."""

    cursor: str
    """Its place, opaque; empty for what the bridge itself says."""

    data: bytes
    """The JSON of its `data:` line."""

    standing: Standing
    """How far the generation is with it."""

    terminal: bool = False
    """Whether nothing follows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some events, in order."""

    events: Sequence[Event]
    """None, or some."""

    caught_up: bool
    """Whether the history is told: what follows is live."""

    cursor: str = ""
    """The place reached, where a batch tells it without events."""


class Source(Protocol):
    """Where a stream's events come from."""

    def watch(self, topic: Topic, after: str) -> AsyncIterator[Batch]:
        """Yield what follows a cursor, then what happens; ends after the terminal event.

        An end without a terminal event is a cut: watch again after the last cursor.

        Raises:
            NotFoundError: The topic is unknown, or not this user's.
            OutOfRangeError: The cursor is not one of this stream, or too old.
            UnavailableError: The source is away.
        """
        ...
