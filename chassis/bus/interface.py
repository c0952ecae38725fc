"""What the bus promises, whichever implementation stands behind it.

An event log keeps messages in one total order, a work queue hands each job to one worker at a time,
and a key-value store keeps small values that every replica sees. `memory` keeps them in the
process, `jetstream` in NATS; `tests/contract/bus` holds both to the same promises.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """A place in one incarnation of a log: names the last message its holder has seen."""

    epoch: str
    """Which incarnation: a log that was lost and made anew has another."""

    sequence: int
    """The message's sequence number; 0 stands before the first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as the log keeps it."""

    subject: str
    """Tokens joined by dots, such as `events.usr_1.prj_2.generation.gen_3`."""

    data: bytes
    """The payload, as it was appended."""

    cursor: Cursor
    """Where it stands."""

    time: datetime
    """When the log took it, in UTC; order comes from the cursor alone."""


class EventLog(Protocol):
    """Messages in one total order, kept for a while, read from any place and then live.

    Every method raises `UnavailableError` while the log cannot be reached.
    """

    @property
    def epoch(self) -> str:
        """The incarnation that new cursors name."""
        ...

    async def append(
        self, subject: str, data: bytes, *, message_id: str, expected_last: int | None = None
    ) -> Cursor:
        """Append a message, once per `message_id`, and return its place once it is stored.

        Args:
            subject: What the message is about; no wildcard.
            data: The payload.
            message_id: A repeat within the deduplication window returns the first one's place.
            expected_last: The sequence that the subject's newest message must have (0: none yet).

        Raises:
            StaleAppendError: The subject's newest message is another one: somebody else wrote.
        """
        ...

    async def last(self, subject: str) -> Message | None:
        """Return the newest message of a subject, or None when it has none."""
        ...

    async def end(self) -> Cursor:
        """Return the place of the newest message ever taken, kept or not.

        Reading after it shows exactly what is appended from now on.
        """
        ...

    def history(self, subject: str) -> AsyncIterator[Message]:
        """Yield what is kept of a subject (wildcards allowed), in order, up to now."""
        ...

    def subscribe(
        self, subject: str, *, after: Cursor | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[tuple[Message, ...]]]:
        """Read a subject (wildcards allowed): what is kept after a cursor, then what follows.

        Yields batches, never empty, in order, without gap or repeat; re-attaches by itself after a
        lost connection. `after=None` starts at the oldest message kept.

        Raises:
            CursorUnknownError: The cursor names another incarnation, or a place not reached yet.
            CursorExpiredError: Messages after the cursor may no longer be kept.
        """
        ...


class Job(Protocol):
    """A job in a worker's hands; it comes back to the queue unless it is acknowledged in time."""

    @property
    def data(self) -> bytes:
        """The payload."""
        ...

    @property
    def deliveries(self) -> int:
        """How often it was handed out, this time included."""
        ...

    @property
    def spent(self) -> bool:
        """Whether it was handed out more often than `max_deliveries` allows.

        The queue never drops a job by itself: who gets a spent one ends it truthfully and calls
        `done`, instead of trying it once more.
        """
        ...

    async def keep(self) -> None:
        """Tell the queue that work goes on: call more often than the acknowledgement wait."""
        ...

    async def done(self) -> None:
        """Take the job off the queue."""
        ...

    async def give_back(self, *, delay: timedelta = timedelta()) -> None:
        """Put the job back, to be handed out again after a delay."""
        ...


class WorkQueue(Protocol):
    """Jobs, each handed to one worker at a time until it is done.

    Every method raises `UnavailableError` while the queue cannot be reached.
    """

    async def put(self, data: bytes, *, message_id: str) -> None:
        """Queue a job, once per `message_id` within the deduplication window."""
        ...

    async def get(self, *, wait: timedelta) -> Job | None:
        """Return the next job, or None when none came within `wait`."""
        ...


class KeyValue(Protocol):
    """Small values that every replica sees, each with its own time to live.

    Every method raises `UnavailableError` while the store cannot be reached.
    """

    async def create(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        """Store a value that vanishes after `ttl`; False when the key is taken."""
        ...

    async def get(self, key: str) -> bytes | None:
        """Return a value, or None when it is unknown, taken or expired."""
        ...

    async def take(self, key: str) -> bytes | None:
        """Return and delete a value; of several takers one gets it, the others None."""
        ...


class Bus(Protocol):
    """A connection to everything above; made by `memory.connect` or `jetstream.connect`."""

    async def event_log(
        self, name: str, *, subjects: tuple[str, ...], retention: timedelta
    ) -> EventLog:
        """Open a log, making it when it is not there."""
        ...

    async def work_queue(
        self, name: str, *, acknowledge_within: timedelta, max_deliveries: int
    ) -> WorkQueue:
        """Open a queue, making it when it is not there."""
        ...

    async def key_value(self, name: str) -> KeyValue:
        """Open a key-value store, making it when it is not there."""
        ...

    async def ping(self) -> None:
        """Return when the bus answers.

        Raises:
            UnavailableError: It does not.
        """
        ...
