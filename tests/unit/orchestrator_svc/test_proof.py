"""The proof report is waited for aloud, kept without times and paths, and judged."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from backsmith.generator.v1 import generator_service_pb2 as pb

from chassis.errors import InternalError
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.stages import Announcement, PhaseInfo
from orchestrator_svc.runner.proof import (
    Teller,
    check_merge,
    check_report,
    proof_file,
    with_pulse,
)

INFO = PhaseInfo(
    current_phase=6,
    entities_count=1,
    name="Main Application",
    files_generated=1,
    total_files=1,
)


def gate(name: str, tier: str, outcome: pb.GateOutcome.ValueType) -> pb.Gate:
    """Return a gate as the generator tells it."""
    return pb.Gate(name=name, tier=tier, outcome=outcome, reason="at /somewhere in 3 s")


def started(index: int) -> pb.AssessProjectResponse:
    """Return the start of a gate."""
    return pb.AssessProjectResponse(gate_started=pb.GateStarted(name="types", index=index, count=2))


REPORT = pb.ProofReport(
    score=0.5,
    gates=[
        gate("compiles", "t0", pb.GATE_OUTCOME_PASSED),
        gate("types", "t1", pb.GATE_OUTCOME_FAILED),
        gate("boots", "t2", pb.GATE_OUTCOME_SKIPPED),
    ],
)


class Audience:
    """Hears an assessment whose gates may be silent for two milliseconds."""

    def __init__(self) -> None:
        self.heard: list[Announcement] = []
        self.patient = asyncio.Event()

    async def hear(self, announcement: Announcement) -> None:
        """Remember; four announcements are enough."""
        self.heard.append(announcement)
        if len(self.heard) == 4:
            self.patient.set()

    async def follow(self, answers: AsyncIterator[pb.AssessProjectResponse]) -> pb.ProofReport:
        """Follow an assessment to its report."""
        teller = Teller(tell=self.hear, info=INFO, interval=timedelta(milliseconds=2))
        return await teller.follow(answers)


async def test_a_gate_at_work_is_told_until_it_ends() -> None:
    """A gate that takes long is announced again and again, each time as something new."""
    audience = Audience()

    async def answers() -> AsyncIterator[pb.AssessProjectResponse]:
        yield started(1)
        await audience.patient.wait()
        yield pb.AssessProjectResponse(report=REPORT)

    assert await audience.follow(answers()) == REPORT
    first, *others = audience.heard
    assert (first.stage, first.message) == ("quality_gate_1", "Gate 1/2: types")
    assert len(others) >= 3
    assert all(other.stage.startswith("quality_gate_1_after_") for other in others)


def test_a_gate_at_work_is_something_new_to_tell() -> None:
    """Watchers are told once of each length of time, and never twice of the same."""
    begun = stages.quality_gate("types", 9, 10, INFO)
    assert stages.quality_gate_at_work(begun, 3).key != stages.quality_gate_at_work(begun, 6).key
    message = stages.quality_gate_at_work(begun, 3).message
    assert message == "Gate 9/10: types, at work for 3 s"


async def test_answers_without_a_report_are_a_fault() -> None:
    """An assessment that just ends has not passed."""

    async def answers() -> AsyncIterator[pb.AssessProjectResponse]:
        yield started(1)

    with pytest.raises(InternalError):
        await Audience().follow(answers())


async def test_pulse_keeps_every_item_in_order() -> None:
    """Silence adds Nones between the items and takes nothing away."""
    gates = [asyncio.Event() for _ in range(3)]

    async def items() -> AsyncIterator[int]:
        for number, opened in enumerate(gates):
            await opened.wait()
            yield number

    seen: list[int | None] = []
    async for item in with_pulse(items(), timedelta(milliseconds=1)):
        seen.append(item)
        if item is None:
            next(each for each in gates if not each.is_set()).set()
    assert [item for item in seen if item is not None] == [0, 1, 2]
    assert seen.count(None) >= 3


async def test_an_error_comes_through_the_pulse() -> None:
    """What the source raises reaches whoever reads."""

    async def items() -> AsyncIterator[int]:
        yield 1
        raise InternalError("It broke.")

    with pytest.raises(InternalError):
        async for _ in with_pulse(items(), timedelta(seconds=9)):
            pass


def test_the_file_tells_outcomes_alone() -> None:
    """Two runs with the same outcomes leave the same bytes, wherever and whenever they ran."""
    file = proof_file(REPORT)
    assert file.path == ".backsmith/proof.json"
    assert json.loads(file.content) == {
        "score": 0.5,
        "gates": [
            {"name": "compiles", "tier": "t0", "outcome": "passed"},
            {"name": "types", "tier": "t1", "outcome": "failed"},
            {"name": "boots", "tier": "t2", "outcome": "skipped"},
        ],
    }


def test_only_the_first_tier_fails_a_run() -> None:
    """What does not compile or is not whole fails; a linter's finding is told in the report."""
    check_report(REPORT)
    broken = pb.ProofReport(gates=[gate("compiles", "t0", pb.GATE_OUTCOME_FAILED)])
    with pytest.raises(InternalError) as caught:
        check_report(broken)
    assert caught.value.reason == "GATE_FAILED"


@pytest.mark.parametrize("name", ["types", "security", "own_tests"])
def test_a_merge_breaks_no_gate_that_held(name: str) -> None:
    """Fails for what the parent passes alone, and names the first finding."""
    failed = gate(name, "t1", pb.GATE_OUTCOME_FAILED)
    failed.findings.extend(["app/a.py:1: error: first", "app/b.py:2: error: second"])
    merged = pb.ProofReport(gates=[failed])
    for outcome in (pb.GATE_OUTCOME_FAILED, pb.GATE_OUTCOME_SKIPPED):
        check_merge(merged, parent=pb.ProofReport(gates=[gate(name, "t1", outcome)]))
    held = pb.ProofReport(gates=[gate(name, "t1", pb.GATE_OUTCOME_PASSED)])
    with pytest.raises(InternalError, match=r"app/a.py:1: error: first") as caught:
        check_merge(merged, parent=held)
    assert caught.value.reason == "MERGE_BROKEN"


@pytest.mark.parametrize("name", ["lint", "format"])
def test_layout_breaks_nothing(name: str) -> None:
    """Passes a merge that is only laid out in another way."""
    merged = pb.ProofReport(gates=[gate(name, "t1", pb.GATE_OUTCOME_FAILED)])
    check_merge(merged, parent=pb.ProofReport(gates=[gate(name, "t1", pb.GATE_OUTCOME_PASSED)]))
