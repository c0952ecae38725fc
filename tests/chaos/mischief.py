"""What is done to the processes: at random, but the same for the same seed."""

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.system import RunningSystem

BETWEEN_SECONDS = (0.4, 1.6)
DOWN_SECONDS = (0.1, 1.5)
PAUSED_SECONDS = (0.2, 7.0)
KILL_SHARE = 0.7


@dataclass(slots=True, kw_only=True)
class Deed:
    """One thing that was done."""

    at: float
    """When, in seconds since the beginning."""
    what: str
    drawn: str
    """The name in the draw: of a victim, or of what it was then."""
    victim: str
    seconds: float
    """How long the victim was away."""


@dataclass(slots=True, kw_only=True)
class Mischief:
    """Kills and pauses, until it is told to stop; leaves everything running."""

    system: RunningSystem
    dice: random.Random
    deeds: list[Deed] = field(default_factory=list)

    async def run(self, seconds: float) -> None:
        """Do mischief for so long."""
        begun = time.monotonic()
        async with asyncio.TaskGroup() as group:
            busy: set[str] = set()
            while time.monotonic() - begun < seconds:
                await asyncio.sleep(self.dice.uniform(*BETWEEN_SECONDS))
                drawn = self.dice.choice(self.system.draw)
                kill = self.dice.random() < KILL_SHARE
                away = self.dice.uniform(*(DOWN_SECONDS if kill else PAUSED_SECONDS))
                name = await asyncio.to_thread(self.system.resolve, drawn)
                if name and name not in busy:
                    busy.add(name)
                    what = "kill" if kill else "pause"
                    at = time.monotonic() - begun
                    deed = Deed(at=at, what=what, drawn=drawn, victim=name, seconds=away)
                    self.deeds.append(deed)
                    group.create_task(self._do(deed, busy))

    async def _do(self, deed: Deed, busy: set[str]) -> None:
        victim = self.system.victims[deed.victim]
        end, back = (
            (victim.kill, victim.start) if deed.what == "kill" else (victim.pause, victim.resume)
        )
        await asyncio.to_thread(end)
        try:
            await asyncio.sleep(deed.seconds)
        finally:
            await asyncio.to_thread(back)
            busy.discard(deed.victim)

    def counts(self) -> Counter[str]:
        """Count what was done to whom."""
        return Counter(f"{deed.what} {deed.drawn}" for deed in self.deeds)
