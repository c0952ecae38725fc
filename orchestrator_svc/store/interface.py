"""What the store promises, whichever database stands behind it.

Every call is one short transaction. Every method raises `UnavailableError` while the database is
away. Reads take the user they are made for: what is somebody else's is not found.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from orchestrator_svc.domain.model import Details, Generation, Project
from orchestrator_svc.store.values import (
    Assessment,
    Checkpoint,
    Claim,
    Edit,
    Filter,
    Grasp,
    Idempotency,
    Live,
    Merge,
    Outgoing,
    Statistics,
    Stored,
    Unwatched,
)


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


class Starts(Protocol):
    """New generations."""

    async def find_start(self, user_id: str, idempotency: Idempotency) -> Generation | None:
        """Return what an earlier call with this key started, or None.

        Raises:
            AlreadyExistsError: The key was used with another request.
        """
        ...

    async def start(
        self,
        generation: Generation,
        details: Details,
        *,
        idempotency: Idempotency | None,
    ) -> Generation:
        """Store a generation as its project's next version, and queue it; or return its twin.

        The project is made when the generation says that it is its own.

        Raises:
            NotFoundError: The project is unknown.
            AlreadyExistsError: The idempotency key was used with another request.
        """
        ...


class Generations(Protocol):
    """Generations as their users see and change them."""

    async def get(self, user_id: str, generation_id: str) -> Generation:
        """Return a generation.

        Raises:
            NotFoundError: It is unknown.
        """
        ...

    async def details(self, generation_id: str) -> Details:
        """Return a generation's bulky parts.

        Raises:
            NotFoundError: It is unknown.
        """
        ...

    async def conflicts(self, generation_id: str) -> bytes | None:
        """Return what could not be merged and is not resolved, as it was written, or None."""
        ...

    async def review(self, generation_id: str) -> bytes | None:
        """Return a generation's proof report, serialized, or None."""
        ...

    async def list(
        self, user_id: str, which: Filter, *, before: str, limit: int
    ) -> Sequence[Generation]:
        """Return generations, newest first, that are older than `before` (empty: all)."""
        ...

    async def statistics(self, user_id: str, which: Filter) -> Statistics:
        """Count a user's generations."""
        ...

    async def cancel(self, user_id: str, generation_id: str) -> Generation:
        """End a generation as CANCELLED; one that is cancelled already stays as it is.

        Raises:
            NotFoundError: It is unknown.
            FailedPreconditionError: It has ended otherwise.
        """
        ...

    async def retry(self, user_id: str, generation_id: str) -> Generation:
        """Queue a failed generation for its next attempt.

        Raises:
            NotFoundError: It is unknown.
            FailedPreconditionError: It has not failed.
        """
        ...

    async def describe(
        self,
        user_id: str,
        generation_id: str,
        *,
        title: str | None,
        description: str | None,
        tags: Sequence[str] | None,
    ) -> Generation:
        """Change what its user says about a generation; None leaves a value as it is.

        Raises:
            NotFoundError: It is unknown.
        """
        ...

    async def replace_snapshot(
        self, user_id: str, generation_id: str, edit: Edit, *, told: Sequence[Outgoing]
    ) -> Generation:
        """Record that a generation's files are another snapshot now, and what is told of it.

        Raises:
            NotFoundError: It is unknown.
            FailedPreconditionError: It has not ended.
            AbortedError: Its files are not the expected snapshot.
        """
        ...

    async def delete(self, user_id: str, generation_id: str, *, force: bool) -> None:
        """Forget a generation.

        Raises:
            NotFoundError: It is unknown.
            FailedPreconditionError: It has not ended, and `force` is not given.
        """
        ...


class Projects(Protocol):
    """Projects and their versions."""

    async def create(self, project: Project, *, idempotency: Idempotency | None) -> Project:
        """Store a project, or return its twin.

        Raises:
            AlreadyExistsError: The idempotency key was used with another request.
        """
        ...

    async def get_project(self, user_id: str, project_id: str) -> Project:
        """Return a project.

        Raises:
            NotFoundError: It is unknown.
        """
        ...

    async def list_projects(self, user_id: str, *, before: str, limit: int) -> Sequence[Project]:
        """Return projects, newest first, that are older than `before` (empty: all)."""
        ...

    async def update_project(
        self, user_id: str, project_id: str, *, name: str | None, description: str | None
    ) -> Project:
        """Change a project; None leaves a value as it is.

        Raises:
            NotFoundError: It is unknown.
        """
        ...

    async def delete_project(self, user_id: str, project_id: str, *, force: bool) -> None:
        """Forget a project and its generations.

        Raises:
            NotFoundError: It is unknown.
            FailedPreconditionError: A generation has not ended, and `force` is not given.
        """
        ...

    async def version(self, user_id: str, project_id: str, number: int) -> Generation:
        """Return the generation that made a version; 0 means the active one.

        Raises:
            NotFoundError: The project or the version is unknown.
        """
        ...

    async def activate(
        self, user_id: str, project_id: str, generation_id: str, *, expected: str | None
    ) -> Project:
        """Make a version the active one.

        Raises:
            NotFoundError: The project or the generation is unknown.
            FailedPreconditionError: The generation is not completed.
            AbortedError: Another version is active than the expected one.
        """
        ...


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
        self, generation_id: str, epoch: int, checkpoint: Checkpoint
    ) -> Generation:
        """Record a finished phase."""
        ...

    async def merge(self, generation_id: str, epoch: int, merge: Merge) -> Generation:
        """Record what an iteration's files were merged to."""
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


class Audiences(Protocol):
    """Who watches generations that are to be cancelled when nobody does."""

    async def set_cancel_after(
        self, user_id: str, generation_id: str, cancel_after: timedelta | None
    ) -> Generation:
        """Decide how long a generation goes on without viewers; None: for as long as it takes.

        Raises:
            NotFoundError: It is unknown.
        """
        ...

    async def report(
        self, bridge_id: str, generation_ids: Sequence[str], *, hold: timedelta
    ) -> None:
        """Note that these, and no others, have viewers at a bridge, until `hold` has passed."""
        ...

    async def unwatched(self, limit: int) -> Sequence[Unwatched]:
        """Return generations that nobody has watched for longer than they are to go on so."""
        ...


class Housekeeping(Protocol):
    """What keeps the store from growing for ever."""

    async def forget_keys(self, *, older_than: timedelta) -> int:
        """Forget some of the idempotency keys that are too old; return how many."""
        ...

    async def live_snapshots(self, *, after: str, limit: int) -> Sequence[Live]:
        """Return which snapshots generations need, by generation id, after one of them."""
        ...
