"""A thousand viewers in one thread: opens streams, reads them raw, and checks every event."""

import re
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

EVENT = re.compile(rb"event (\d{6}) ")
SENT_AT = re.compile(rb"event \d{6} at (\d+) ")
END = b"\r\n0\r\n\r\n"


def request(path: str, headers: dict[str, str] | None = None, body: str | None = None) -> bytes:
    """Return an HTTP/1.1 request for a stream: a POST if it has a body."""
    lines = [f"{'GET' if body is None else 'POST'} {path} HTTP/1.1", "Host: bench"]
    lines += ["Accept: text/event-stream"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + f"\r\n\r\n{body or ''}").encode()


@dataclass
class Viewer:
    """One connection, and all that it sent."""

    connection: socket.socket
    received: list[bytes] = field(default_factory=list)
    ended: bool = False


class Load:
    """Viewers of one server.

    Args:
        port: Where it listens, on loopback.
        timed: Whether to take note of how late each event comes, by the time it says it was sent.
    """

    def __init__(self, port: int, *, timed: bool = False) -> None:
        self._port = port
        self._timed = timed
        self._selector = selectors.DefaultSelector()
        self.viewers: list[Viewer] = []
        self.delays: list[float] = []
        """How late events came, in seconds."""

    def open(self, requests: Sequence[bytes], *, marker: bytes, patience: float = 60) -> None:
        """Open a viewer for each request, and wait until each has been sent a marker."""
        for each in requests:
            connection = socket.create_connection(("127.0.0.1", self._port))
            connection.sendall(each)
            connection.setblocking(False)  # noqa: FBT003 - the socket's own way
            viewer = Viewer(connection)
            self.viewers.append(viewer)
            self._selector.register(connection, selectors.EVENT_READ, viewer)
        self.wait(marker, patience=patience)

    def wait(self, marker: bytes, *, patience: float = 60) -> None:
        """Read until each viewer has been sent a marker."""
        deadline = time.monotonic() + patience
        while not all(marker in b"".join(viewer.received) for viewer in self.viewers):
            self._read(deadline)

    def read(self, *, patience: float = 120) -> None:
        """Read until every stream has ended."""
        deadline = time.monotonic() + patience
        while not all(viewer.ended for viewer in self.viewers):
            self._read(deadline)

    def _read(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise SystemExit("FAILED: a viewer waits for ever")
        for key, _ in self._selector.select(1):
            viewer: Viewer = key.data
            data = viewer.connection.recv(262_144)
            viewer.received.append(data)
            if self._timed:
                now = time.monotonic_ns()
                self.delays += [(now - int(at)) / 1e9 for at in SENT_AT.findall(data)]
            if not data or data.endswith(END) or data == END[2:]:
                viewer.ended = True
                self._selector.unregister(viewer.connection)

    def check(self, events: int, *, first: int = 0) -> None:
        """Fail on any event that is lost, doubled or out of place, for any viewer."""
        expected = [b"%06d" % number for number in range(first, events)]
        for number, viewer in enumerate(self.viewers):
            if EVENT.findall(b"".join(viewer.received)) != expected:
                raise SystemExit(f"FAILED: viewer {number} was not sent every event in order")

    def close(self) -> None:
        """Close every connection."""
        for viewer in self.viewers:
            viewer.connection.close()
        self._selector.close()
