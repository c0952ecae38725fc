"""NATS as the orchestrator meets it: one server, or a cluster that keeps everything thrice."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from chassis.testing.nats import NatsServer, make_cluster

SIZES = (1, 3)
"""One server, and a cluster: every test over NATS runs on both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Nats:
    """Servers that are started and killed together."""

    servers: Sequence[NatsServer]

    @property
    def url(self) -> str:
        """Where clients connect."""
        return ",".join(server.url for server in self.servers)

    @property
    def replicas(self) -> int:
        """On how many servers a stream is kept."""
        return len(self.servers)

    def start(self) -> None:
        """Start all; returns when they are healthy."""
        for server in self.servers:
            server.start(wait=False)
        for server in self.servers:
            server.wait_ready()

    def kill(self) -> None:
        """End all as a crash would."""
        for server in self.servers:
            server.kill()

    def leader_of(self, stream: str) -> NatsServer:
        """Return the server that leads a stream."""
        leader = self.servers[0].leader_of(stream)
        return next(server for server in self.servers if server.name == leader)


@contextmanager
def installed(folder: Path, size: int) -> Iterator[Nats]:
    """Give servers that are not started yet; they are killed at the end of the block."""
    alone = size == 1
    nats = Nats(servers=[NatsServer(folder)] if alone else make_cluster(folder, size=size))
    with ExitStack() as stack:
        stack.callback(nats.kill)
        yield nats
