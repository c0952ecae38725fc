"""Many race for each stream token, at two replicas over a real nats-server: one wins each race."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from bridge.errors import StreamTokenError
from bridge.shared_state import SharedState
from bridge.tickets import SPENT, Ticket, Tickets
from chassis.bus import jetstream
from chassis.bus.jetstream import BusSettings
from chassis.clock import SystemClock
from tests.unit.bridge.world import settings

RACERS = 4
AT_ONCE = 50
TICKET = Ticket(user_id="alice", stream="generation gen_1")
WON = "won"


async def race(replicas: list[Tickets]) -> list[str]:
    """Use one token several times at once, at the replicas in turn; tell how each use went."""
    token = await replicas[0].issue(TICKET)

    async def use(replica: Tickets) -> str:
        try:
            assert await replica.burn(token, stream=TICKET.stream) == TICKET
        except StreamTokenError as refused:
            return refused.reason
        return WON

    uses = (use(replicas[number % len(replicas)]) for number in range(RACERS))
    return sorted(await asyncio.gather(*uses))


@pytest.mark.parametrize("races", [500, pytest.param(10_000, marks=pytest.mark.slow)])
@pytest.mark.timeout(900)
async def test_one_winner_each(nats_url: str, races: int) -> None:
    """Lets one of several in that use a token at once, and tells the others that it is spent."""
    async with AsyncExitStack() as held:
        replicas = []
        for _ in range(2):
            bus = await held.enter_async_context(jetstream.connect(BusSettings(url=nats_url)))
            replicas.append(Tickets(SharedState(bus), settings().stream, clock=SystemClock()))
        outcomes: Counter[tuple[str, ...]] = Counter()
        for _ in range(races // AT_ONCE):
            at_once = await asyncio.gather(*(race(replicas) for _ in range(AT_ONCE)))
            outcomes.update(tuple(each) for each in at_once)
    assert outcomes == {(*[SPENT] * (RACERS - 1), WON): races}
