"""How long the rest of a run will take: told where it was measured, and nowhere else.

What is told comes from two measurements: how long each step took in the last runs of the same kind
in this process, and how much slower or faster than those the finished steps of this very run were.
A run without a finished step of its own, or the first of its kind, has no estimate.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from statistics import median

from orchestrator_svc.domain.model import Generation
from orchestrator_svc.domain.progress import PHASES

STEPS = len(PHASES) + 1
"""The phases, and what follows them."""
REMEMBERED = 20
"""How many runs of a kind are remembered."""

Now = Callable[[], float]
Spans = Sequence[float]


class Stopwatch:
    """Measures the steps of one run.

    Args:
        earlier: How long the steps of earlier runs took; the run's own are added at its end.
        first: How many steps were finished before.
        now: Seconds that never go back.
    """

    def __init__(self, earlier: deque[Spans], *, first: int, now: Now) -> None:
        self._earlier = earlier
        self._first = first
        self._now = now
        self._spans: list[float] = []
        self._since = now()

    def step_done(self) -> None:
        """Note that a step is finished, and the next one begins."""
        now = self._now()
        self._spans.append(now - self._since)
        self._since = now

    def finish(self) -> None:
        """Remember the run, if it was measured as a whole."""
        self.step_done()
        if len(self._spans) == STEPS:
            self._earlier.append(self._spans)

    def remaining(self) -> float | None:
        """Return how many seconds the rest will take; None when that is not known."""
        if not self._spans or not self._earlier:
            return None
        usual: list[float] = [median(spans) for spans in zip(*self._earlier, strict=True)]
        done = self._first + len(self._spans)
        pace = sum(self._spans) / max(sum(usual[self._first : done]), 1e-6)
        at_work = self._now() - self._since
        current, *rest = usual[done:]
        return max(0.0, pace * current - at_work) + pace * sum(rest)


class Paces:
    """What this process has measured, by kinds of runs that take about as long."""

    def __init__(self, now: Now = time.monotonic) -> None:
        self._now = now
        self._earlier: dict[tuple[str, str], deque[Spans]] = {}

    def begin(self, generation: Generation) -> Stopwatch:
        """Return a stopwatch for a run that begins, or goes on.

        Iterations have none to compare with: which phases work depends on the change.
        """
        earlier: deque[Spans] = deque(maxlen=REMEMBERED)
        if not generation.parent_generation_id:
            kind = (generation.engine, generation.mode.value)
            earlier = self._earlier.setdefault(kind, earlier)
        return Stopwatch(earlier, first=generation.phases_completed, now=self._now)
