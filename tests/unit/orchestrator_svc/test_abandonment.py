"""Nothing is cancelled as abandoned while nobody could have told that it is watched."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from chassis.errors import FailedPreconditionError, UnavailableError
from orchestrator_svc.abandonment import Abandonment
from orchestrator_svc.settings import AbandonmentSettings
from orchestrator_svc.store.values import Unwatched

if TYPE_CHECKING:
    from orchestrator_svc.store.interface import Audiences, Generations

SECOND = timedelta(seconds=1)


class World:
    """A clock, a database that may be away, and one generation that nobody watches."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 2, tzinfo=UTC)
        self.away = False
        self.ended = False
        self.cancelled: list[tuple[str, str]] = []
        self.told = 0
        self.abandonment = Abandonment(
            cast("Audiences", self),
            cast("Generations", self),
            AbandonmentSettings(interval=SECOND, listen_first=20 * SECOND),
            clock=self,
            committed=self.tell,
            cancelled=self.tell,
        )

    def now(self) -> datetime:
        """Return the instant."""
        return self.time

    def tell(self) -> None:
        """Count what others are told."""
        self.told += 1

    async def unwatched(self, limit: int) -> Sequence[Unwatched]:
        """Return the one generation."""
        del limit
        if self.away:
            raise UnavailableError("Away.")
        return [Unwatched(generation_id="gen_1", user_id="ada")]

    async def cancel(self, user_id: str, generation_id: str) -> None:
        """Note it."""
        if self.ended:
            raise FailedPreconditionError("It has ended.")
        self.cancelled.append((user_id, generation_id))

    async def look(self, seconds: int) -> bool:
        """Let time pass, a look each second; tell whether anything was cancelled by then."""
        for _ in range(seconds):
            await self.abandonment.look()
            self.time += SECOND
        return bool(self.cancelled)


@pytest.fixture
def world() -> World:
    """The world."""
    return World()


async def test_listens_first(world: World) -> None:
    """Gives bridges time to tell who watches before it cancels anything."""
    assert not await world.look(20)
    assert await world.look(1)
    assert world.cancelled == [("ada", "gen_1")]
    assert world.told == 2


async def test_listens_again_after_the_database_was_away(world: World) -> None:
    """Counts no time in which no report could be kept."""
    await world.look(15)
    world.away = True
    await world.look(30)
    world.away = False
    assert not await world.look(20)
    assert await world.look(1)


async def test_listens_again_after_it_was_paused(world: World) -> None:
    """Counts no time in which this process did not run."""
    await world.look(15)
    world.time += 60 * SECOND
    assert not await world.look(20)
    assert await world.look(1)


async def test_an_end_that_came_first_stays(world: World) -> None:
    """Leaves alone what has ended meanwhile."""
    world.ended = True
    assert not await world.look(30)
    assert world.told == 0
