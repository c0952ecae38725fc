"""The whole system for the length of a block."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from cli.system.folder import DataFolder
from cli.system.journal import Journal
from cli.system.programs import LOOPBACK, Plan, programs
from cli.system.supervisor import Policy, supervised


@asynccontextmanager
async def system(
    folder: DataFolder,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    lasting: bool,
    say: Callable[[str], None],
) -> AsyncIterator[str]:
    """Run nats-server and the four services.

    Args:
        folder: Keeps all their data.
        host: Where the bridge listens.
        port: The bridge's port; 0 takes a free one.
        lasting: Whether others may rely on it staying until it is told to stop.
        say: Shows one line to the user.

    Yields:
        The bridge's URL.

    Raises:
        FolderBusyError: Another system runs on the folder.
        StartError: A program did not come up.
    """
    with folder.locked(lasting=lasting) as lock:
        plan = Plan(folder=folder, host=host, port=port, environ=os.environ, held=lock.descriptor)
        journal = Journal(folder.logs, say)
        async with supervised(programs(plan), journal, policy=Policy()) as addresses:
            lock.tell(addresses["bridge"])
            yield addresses["bridge"]
