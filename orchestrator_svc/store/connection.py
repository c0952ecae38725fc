"""What a transaction's work is given: a connection, whatever stands behind it."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import CursorResult, Dialect

T = TypeVar("T")


class Connection(Protocol):
    """A connection inside a transaction; `AsyncConnection` is one."""

    @property
    def dialect(self) -> Dialect:
        """Which database it leads to."""
        ...

    async def execute(self, statement: Any, parameters: Any = None) -> CursorResult[Any]:
        """Execute a statement."""
        ...

    async def run_sync(self, work: Callable[[SyncConnection], T]) -> T:
        """Run work that needs a connection without `await`."""
        ...


Work = Callable[[Connection], Awaitable[T]]


class ThreadConnection:
    """A connection of this thread: whatever it is awaited for is done at once."""

    def __init__(self, connection: SyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        """Which database it leads to."""
        return self._connection.dialect

    async def execute(self, statement: Any, parameters: Any = None) -> CursorResult[Any]:
        """Execute a statement."""
        return self._connection.execute(statement, parameters)

    async def run_sync(self, work: Callable[[SyncConnection], T]) -> T:
        """Run work on the connection."""
        return work(self._connection)


def finish(work: Awaitable[T]) -> T:
    """Run work that waits for nothing but a `ThreadConnection`, in this thread.

    Raises:
        RuntimeError: It waits for something else.
    """
    steps = work.__await__()
    try:
        next(steps)
    except StopIteration as done:
        result: T = done.value
        return result
    raise RuntimeError("a transaction may wait for its connection only")
