"""TCP ports of the loopback for servers that tests start, stop and start again.

A port that the kernel chose is free only for a moment: an outgoing connection may be given it
before the server listens, or while the server is down between two starts. The ports drawn here lie
below the range that kernels choose from, and no two processes draw from one block.
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress

RANGE = range(10_000, 32_768)
"""Below what kernels choose by default: Linux from 32,768 on, others from 49,152 on (RFC 6335)."""

BLOCK = 64
"""How many ports a process claims at once."""


class NoPortError(Exception):
    """Other processes hold every block of ports."""


def free_port() -> int:
    """Return a port that nobody listens on, and that is given to nobody else.

    Raises:
        NoPortError: None is left.
    """
    for port in _ports:
        with suppress(OSError), _bound(port):
            return port
    raise NoPortError(f"no port is left from {RANGE.start} to {RANGE.stop - 1}")


def _draw() -> Iterator[int]:
    """Yield the ports of every block that this process can claim, each once."""
    for first in RANGE[::BLOCK]:
        with suppress(OSError), _bound(first) as holder:
            holder.listen()
            holder.detach()  # stays open, and so claimed, until the process ends
            yield from range(first + 1, min(first + BLOCK, RANGE.stop))


@contextmanager
def _bound(port: int) -> Iterator[socket.socket]:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", port))
        yield bound


_ports = _draw()
