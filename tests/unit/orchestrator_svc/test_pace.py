"""Estimates of how long the rest of a run will take."""

from collections import deque

import pytest

from orchestrator_svc.runner.pace import STEPS, Spans, Stopwatch


class Time:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.now


def run_whole(earlier: deque[Spans], time: Time, seconds: float) -> None:
    """Measure a run whose steps each take as long."""
    stopwatch = Stopwatch(earlier, first=0, now=time)
    for _ in range(STEPS - 1):
        time.now += seconds
        stopwatch.step_done()
    time.now += seconds
    stopwatch.finish()


def test_the_first_run_has_no_estimate() -> None:
    """Says nothing where nothing was measured before."""
    time, earlier = Time(), deque[Spans]()
    stopwatch = Stopwatch(earlier, first=0, now=time)
    time.now += 5
    stopwatch.step_done()
    assert stopwatch.remaining() is None


def test_nothing_is_told_before_a_step_of_this_run() -> None:
    """Says nothing until this very run has shown its pace."""
    time, earlier = Time(), deque[Spans]()
    run_whole(earlier, time, 2)
    assert Stopwatch(earlier, first=3, now=time).remaining() is None


@pytest.mark.parametrize(("pace", "expected"), [(2.0, 12.0), (6.0, 36.0), (1.0, 6.0)])
def test_the_rest_takes_what_it_took_at_this_runs_pace(pace: float, expected: float) -> None:
    """Scales what earlier runs took by how long the finished steps of this one took."""
    time, earlier = Time(), deque[Spans]()
    run_whole(earlier, time, 2)
    stopwatch = Stopwatch(earlier, first=0, now=time)
    time.now += pace
    stopwatch.step_done()
    assert stopwatch.remaining() == pytest.approx(expected)


def test_the_step_at_work_is_counted_down_and_never_below_nothing() -> None:
    """Takes off what the step at work has had, and no more than all of it."""
    time, earlier = Time(), deque[Spans]()
    run_whole(earlier, time, 2)
    stopwatch = Stopwatch(earlier, first=STEPS - 3, now=time)
    time.now += 2
    stopwatch.step_done()
    time.now += 1.5
    assert stopwatch.remaining() == pytest.approx(2.5)
    time.now += 60
    assert stopwatch.remaining() == pytest.approx(2)


def test_a_run_that_went_on_elsewhere_teaches_nothing() -> None:
    """Remembers whole runs alone: a part says nothing of the other steps."""
    time, earlier = Time(), deque[Spans]()
    stopwatch = Stopwatch(earlier, first=STEPS - 2, now=time)
    stopwatch.step_done()
    stopwatch.finish()
    assert not earlier


def test_one_slow_run_does_not_spoil_the_estimate() -> None:
    """Goes by the median: a run that waited for a service tells little of the next."""
    time, earlier = Time(), deque[Spans]()
    for seconds in (2, 2, 900):
        run_whole(earlier, time, seconds)
    stopwatch = Stopwatch(earlier, first=0, now=time)
    time.now += 2
    stopwatch.step_done()
    assert stopwatch.remaining() == pytest.approx(12)
