"""Generations in the hands of runners."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from orchestrator_svc.domain.model import Generation
from orchestrator_svc.store.values import Assessment, Checkpoint, Claim, Grasp, Merge, Outgoing


class Claims(Protocol):
    """Who works on which generation; every write checks the claim's epoch.

    A method that takes an epoch raises `ReplacedError` when it is not the newest any more.
    """

    async def claim(self, *, lease: timedelta, per_user: int) -> Claim | None:
        """Take the generation whose turn it is, or return None when none may be taken now.

        Turns go to the user with the fewest running, then to whoever waits longest for one;
        of one user's what was queued first goes first. Both are counted: clocks jump.
        """
        ...

    async def waiting(self) -> int:
        """Count the generations that nobody works on."""
        ...

    async def left_behind(self, *, for_at_least: timedelta, limit: int) -> Sequence[Generation]:
        """Return generations that nobody works on and nobody has touched for a while."""
        ...

    async def overlong(self, *, lease: timedelta) -> Mapping[str, datetime]:
        """Return by generation the ends of leases that are further away than a whole lease."""
        ...

    async def end_lease(self, generation_id: str, end: datetime) -> None:
        """End a lease, unless it was prolonged since it had this end."""
        ...

    async def end_stalled(self, *, for_at_least: timedelta) -> int:
        """End transactions of replicas that stand still, and may hold what others wait for.

        Returns:
            How many; a transaction of SQLite ends with its process only.

        Raises:
            UnavailableError: There are some, and this role may not end its own sessions.
        """
        ...

    async def extend(
        self, generation_id: str, epoch: int, *, lease: timedelta, progress: float
    ) -> None:
        """Prolong a lease and note how far the work is."""
        ...

    async def grasps(self, generation_ids: Sequence[str]) -> dict[str, Grasp]:
        """Return what holds on generations are worth; one that is unknown is left out."""
        ...

    async def release(self, generation_id: str, epoch: int, *, blameless: bool) -> None:
        """Give a generation back, to be claimed by anybody at once.

        Args:
            generation_id: Which one.
            epoch: The claim's.
            blameless: Whether the claim does not count towards the most allowed.
        """
        ...


class Runs(Claims, Protocol):
    """Generations in the hands of runners; every write checks the claim's epoch, as above."""

    async def checkpoint(
        self,
        generation_id: str,
        epoch: int,
        checkpoint: Checkpoint,
        *,
        told: Sequence[Outgoing] = (),
    ) -> Generation:
        """Record a finished phase, and what is told of it."""
        ...

    async def merge(
        self, generation_id: str, epoch: int, merge: Merge, *, told: Sequence[Outgoing] = ()
    ) -> Generation:
        """Record what an iteration's files were merged to, and what is told of it."""
        ...

    async def assess(self, generation_id: str, epoch: int, assessment: Assessment) -> Generation:
        """Record the proof report, and the files with it among them."""
        ...

    async def complete(self, generation_id: str, epoch: int) -> Generation:
        """End a generation as COMPLETED; its version becomes the active one if it is the newest."""
        ...

    async def fail(
        self, generation_id: str, epoch: int, *, error: str, progress: float
    ) -> Generation:
        """End a generation as FAILED."""
        ...
