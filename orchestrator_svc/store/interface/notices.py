"""What the bus is told of a change, and how the store asks for it."""

from collections.abc import Sequence
from typing import Protocol

from orchestrator_svc.domain.model import Generation, Project
from orchestrator_svc.store.values import Outgoing, Stored


class Notices(Protocol):
    """Writes what the bus is told of a change; the store only keeps it."""

    def queued(self, generation: Generation) -> Sequence[Outgoing]:
        """Return what tells that an attempt waits for a runner, and calls one."""
        ...

    def ended(self, generation: Generation) -> Sequence[Outgoing]:
        """Return what tells that a generation has ended."""
        ...

    def project_changed(self, project: Project) -> Sequence[Outgoing]:
        """Return what tells that a project has changed."""
        ...


class Outbox(Protocol):
    """What the bus is still to be told."""

    async def pending(self, limit: int) -> Sequence[Stored]:
        """Return the oldest of what lies in the outbox, in order."""
        ...

    async def holds(self, subject: str) -> bool:
        """Tell whether anything for a subject lies in the outbox."""
        ...

    async def discard(self, outbox_ids: Sequence[int]) -> None:
        """Take out what has been told."""
        ...
