"""New generations, and generations as their users see and change them."""

from collections.abc import Sequence
from typing import Protocol

from orchestrator_svc.domain.model import Details, Generation
from orchestrator_svc.store.values import Edit, Filter, Idempotency, Outgoing, Statistics


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
