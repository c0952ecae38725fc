"""The newest events of one stream, encoded, numbered and bounded."""

from bridge.sse.event import Event
from bridge.sse.frames import Framing, frame, framed

EVICTED_AT_ONCE = 8
"""An eighth goes at a time, so that making room costs little per event."""


class Entry:
    """An event and its frame, made once."""

    __slots__ = ("_named", "event", "frame")

    def __init__(self, event: Event) -> None:
        self.event = event
        self.frame = frame(event)
        self._named: bytes | None = None

    def framed(self, framing: Framing) -> bytes:
        """Return the frame in a client's framing."""
        if framing == "message":
            return self.frame
        if self._named is None:
            self._named = framed(self.frame, framing)
        return self._named


class Ring:
    """Entries by position: 0 is the stream's first event, and positions only grow.

    Args:
        max_events: How many events are kept.
        max_bytes: How many bytes of frames are kept.
    """

    def __init__(self, *, max_events: int, max_bytes: int) -> None:
        self._max_events = max_events
        self._max_bytes = max_bytes
        self._entries: list[Entry] = []
        self._places: dict[str, int] = {}
        self._bytes = 0
        self.first = 0
        """The position of the oldest entry kept."""
        self.last_cursor = ""
        """The newest event's cursor; empty before the first."""

    @property
    def end(self) -> int:
        """The position that the next event gets."""
        return self.first + len(self._entries)

    @property
    def whole(self) -> bool:
        """Whether the stream's first event is still kept."""
        return self.first == 0

    @property
    def last(self) -> Entry | None:
        """The newest entry."""
        return self._entries[-1] if self._entries else None

    def append(self, event: Event) -> None:
        """Add an event; the oldest make room."""
        entry = Entry(event)
        if event.cursor:
            self._places[event.cursor] = self.end
            self.last_cursor = event.cursor
        self._entries.append(entry)
        self._bytes += len(entry.frame)
        if len(self._entries) > self._max_events or self._bytes > self._max_bytes:
            self._evict()

    def begin_after(self, cursor: str) -> None:
        """Take note of the place before everything that will come."""
        self._places[cursor] = self.end - 1
        self.last_cursor = cursor

    def find(self, cursor: str) -> int | None:
        """Return the position of the event with a cursor, or None when it is not here."""
        return self._places.get(cursor)

    def at(self, position: int) -> Entry:
        """Return the entry at a position that is kept."""
        return self._entries[position - self.first]

    def slice(self, position: int, max_bytes: int) -> list[Entry]:
        """Return entries from a position on: one at least if there is one, then what fits."""
        taken: list[Entry] = []
        size = 0
        for index in range(position - self.first, len(self._entries)):
            entry = self._entries[index]
            size += len(entry.frame)
            if taken and size > max_bytes:
                break
            taken.append(entry)
        return taken

    def frames(self, position: int, framing: Framing) -> bytes:
        """Return the frames of every entry from a position on."""
        entries = self._entries[position - self.first :]
        return b"".join(entry.framed(framing) for entry in entries)

    def forget_cursors(self) -> None:
        """Let no older place be found: the source has begun a new incarnation."""
        self._places.clear()
        self.last_cursor = ""

    def _evict(self) -> None:
        count = max(1, len(self._entries) // EVICTED_AT_ONCE)
        for entry in self._entries[:count]:
            self._bytes -= len(entry.frame)
            if entry.event.cursor:
                self._places.pop(entry.event.cursor, None)
        del self._entries[:count]
        self.first += count
