"""Who watches."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from orchestrator_svc.domain.model import Generation
from orchestrator_svc.store.values import Unwatched


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
