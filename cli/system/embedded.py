"""The whole system for the length of a block."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cli.system.folder import DataFolder
from cli.system.journal import Journal
from cli.system.programs import LOOPBACK, Plan, programs
from cli.system.readiness import await_ready
from cli.system.supervisor import Policy, supervised


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """Where a running system answers."""

    url: str
    """The bridge, over HTTP."""

    grpc: str
    """The orchestrator, over gRPC: `host:port`."""


@asynccontextmanager
async def system(
    folder: DataFolder,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    lasting: bool,
    say: Callable[[str], None],
) -> AsyncIterator[Running]:
    """Run nats-server and the four services.

    Args:
        folder: Keeps all their data.
        host: Where the bridge listens.
        port: The bridge's port; 0 takes a free one.
        lasting: Whether others may rely on it staying until it is told to stop.
        say: Shows one line to the user.

    Yields:
        Where it answers.

    Raises:
        FolderBusyError: Another system runs on the folder.
        StartError: A program did not come up.
    """
    with folder.locked(lasting=lasting) as lock:
        plan = Plan(folder=folder, host=host, port=port, environ=os.environ, held=lock.descriptor)
        journal = Journal(folder.logs, say)
        policy = Policy()
        async with supervised(programs(plan), journal, policy=policy) as addresses:
            await await_ready(_reachable(addresses["bridge"]), within=policy.ready_within)
            lock.tell(addresses["bridge"])
            yield Running(url=addresses["bridge"], grpc=addresses["orchestrator"])


def _reachable(url: str) -> str:
    """Return a URL that answers on this machine when the bridge listens on every address."""
    return url.replace("//0.0.0.0:", f"//{LOOPBACK}:")
