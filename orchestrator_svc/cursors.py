"""Cursors as watchers see them: opaque, and good for the stream they came from only.

{epoch}-{stream}-{sequence}       the last event of a message
{epoch}-{stream}-{sequence}.{n}   its event n, from 0, with more to follow
{epoch}-{stream}-end              past the terminal event, which is not kept in the log any more
"""

import hashlib
import re
from dataclasses import dataclass

from chassis.bus.errors import CursorUnknownError
from chassis.bus.interface import Cursor, Message

_CURSOR = re.compile(
    r"(?P<epoch>[^-]+)-(?P<tag>[0-9a-f]{8})-(?:(?P<end>end)|(?P<at>\d+)(?:\.(?P<n>\d+))?)"
)
MAX_SEQUENCE = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a watcher goes on."""

    after: Cursor | None = None
    """After which message of the log; None means from the start."""
    skip: int = 0
    """How many events of the next message the watcher has already."""
    ended: bool = False
    """Whether the watcher has the terminal event, which the log has no more."""


class Cursors:
    """Writes and reads the cursors of one stream."""

    def __init__(self, stream: str, epoch: str) -> None:
        """Prepare for a stream.

        Args:
            stream: Its name, unlike any other's.
            epoch: The log's incarnation.
        """
        self._tag = hashlib.sha256(stream.encode()).hexdigest()[:8]
        self._epoch = epoch

    def write(self, message: Message, index: int, *, last: bool) -> str:
        """Return the cursor of an event of a message."""
        place = f"{message.cursor.epoch}-{self._tag}-{message.cursor.sequence}"
        return place if last else f"{place}.{index}"

    def at(self, place: Place) -> str:
        """Return the cursor of the message that a watcher goes on after."""
        return f"{self._epoch}-{self._tag}-{place.after.sequence if place.after else 0}"

    def start(self) -> str:
        """Return the cursor before the first event."""
        return f"{self._epoch}-{self._tag}-0"

    def end(self) -> str:
        """Return the cursor past a terminal event that the log has no more."""
        return f"{self._epoch}-{self._tag}-end"

    def read(self, text: str) -> Place:
        """Read a cursor; empty means from the start.

        Raises:
            CursorUnknownError: It is not one of this stream, or of an earlier incarnation.
        """
        if not text:
            return Place()
        found = _CURSOR.fullmatch(text)
        if found is None or found["tag"] != self._tag:
            raise CursorUnknownError("The cursor is not one of this stream.")
        if found["end"]:
            return Place(ended=True)
        if found["epoch"] != self._epoch or int(found["at"]) > MAX_SEQUENCE:
            raise CursorUnknownError("The cursor is of an earlier incarnation of the stream.")
        return self._place(int(found["at"]), found["n"])

    def _place(self, sequence: int, index: str | None) -> Place:
        if index is None:
            after = Cursor(epoch=self._epoch, sequence=sequence) if sequence else None
            return Place(after=after)
        before = Cursor(epoch=self._epoch, sequence=sequence - 1) if sequence > 1 else None
        return Place(after=before, skip=int(index) + 1)
