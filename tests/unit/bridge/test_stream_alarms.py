"""Alarms wake whom they are set for, together, and not before their time."""

import asyncio
from datetime import timedelta

from bridge.sse.alarms import Alarms

EARLY = 0.001
"""By how much an event loop's timer may be early, in seconds."""


class _Sleeper:
    """Takes note of when it is woken."""

    def __init__(self) -> None:
        self.woken: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def tick(self) -> None:
        """Take note."""
        self.woken.set_result(asyncio.get_running_loop().time())


async def test_sleepers_of_one_grain_are_woken_together() -> None:
    """Wakes those of one grain in one go, none before it is due, and those of another later."""
    alarms, now = Alarms(timedelta(milliseconds=100)), asyncio.get_running_loop().time()
    begin = (now // 0.1 + 1) * 0.1
    first, second, later = _Sleeper(), _Sleeper(), _Sleeper()
    held = [alarms.at(begin + 0.02, first), alarms.at(begin + 0.08, second)]
    alarms.at(begin + 0.15, later)
    woken = await asyncio.gather(first.woken, second.woken, later.woken)
    assert held[0] is held[1]
    assert min(woken[:2]) >= begin + 0.08 - EARLY
    assert woken[2] >= begin + 0.15 - EARLY


async def test_who_is_taken_out_sleeps_on() -> None:
    """Wakes nobody who was taken out before it was due."""
    alarms, due = Alarms(timedelta(milliseconds=10)), asyncio.get_running_loop().time() + 0.005
    gone, stays = _Sleeper(), _Sleeper()
    for sleeper in (gone, stays):
        sleepers = alarms.at(due, sleeper)
    sleepers.discard(gone)
    await stays.woken
    assert not gone.woken.done()
