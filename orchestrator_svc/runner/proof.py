"""The proof report of a run: asked for without silence, put among the files, and judged."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from backsmith.generator.v1 import generator_service_pb2 as pb

from chassis.errors import InternalError
from orchestrator_svc.clients.files import File
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.model import Generation, Mode
from orchestrator_svc.domain.stages import Announcement
from orchestrator_svc.settings import RunnerSettings

PATH = ".backsmith/proof.json"
FIRST_TIER = "t0"
TASTE = frozenset({"lint", "format"})
"""Gates whose findings break nothing."""

T = TypeVar("T")

_OUTCOMES = {
    pb.GATE_OUTCOME_PASSED: "passed",
    pb.GATE_OUTCOME_FAILED: "failed",
    pb.GATE_OUTCOME_SKIPPED: "skipped",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """Tells how an assessment goes.

    Args:
        tell: Announces.
        info: The phase that the announcements show.
        interval: How long a gate may work before it is told that it does.
    """

    tell: Callable[[Announcement], Awaitable[None]]
    info: stages.PhaseInfo
    interval: timedelta

    async def follow(self, answers: AsyncIterator[pb.AssessProjectResponse]) -> pb.ProofReport:
        """Tell each gate, and those at work for long again and again; return the report.

        Raises:
            InternalError: The answers end without a report.
        """
        begun, beats = stages.quality_assessment(self.info), 0
        async with aclosing(with_pulse(answers, self.interval)) as pulsed:  # type: ignore[type-var]
            async for answer in pulsed:
                if answer is None:
                    beats += 1
                    seconds = round(beats * self.interval.total_seconds())
                    await self.tell(stages.quality_gate_at_work(begun, seconds))
                elif answer.HasField("report"):
                    return answer.report
                elif answer.HasField("gate_started"):
                    gate, beats = answer.gate_started, 0
                    begun = stages.quality_gate(gate.name, gate.index, gate.count, self.info)
                    await self.tell(begun)
        raise InternalError("The assessment ended without a report.")


async def with_pulse(items: AsyncIterator[T], interval: timedelta) -> AsyncIterator[T | None]:
    """Yield the items, and None each time that none has come for an interval."""
    end = object()
    while True:
        coming = asyncio.ensure_future(_next(items, end))
        try:
            while not (await asyncio.wait([coming], timeout=interval.total_seconds()))[0]:
                yield None
        finally:
            if not coming.done():
                coming.cancel()
                await asyncio.wait([coming])
        item = coming.result()
        if item is end:
            return
        yield item  # type: ignore[misc]


async def _next(items: AsyncIterator[T], end: object) -> T | object:
    return await anext(items, end)


def proof_file(report: pb.ProofReport) -> File:
    """Return the report as a file, without times and paths: same outcomes, same bytes."""
    gates = [
        {"name": gate.name, "tier": gate.tier, "outcome": _OUTCOMES[gate.outcome]}
        for gate in report.gates
    ]
    text = json.dumps({"score": report.score, "gates": gates}, indent=2)
    return File(path=PATH, content=f"{text}\n".encode())


def tiers_of(generation: Generation, settings: RunnerSettings) -> list[str]:
    """Return the tiers to run: those of the mode, and after a merge those of merges."""
    enhanced = generation.mode is Mode.ENHANCED
    tiers = set(settings.extended_tiers if enhanced else settings.assessment_tiers)
    if generation.parent_generation_id:
        tiers |= set(settings.merged_tiers)
    return sorted(tiers)


def check_report(report: pb.ProofReport) -> None:
    """Pass what compiles and is whole; what further gates find is told in the report alone.

    Raises:
        InternalError: A gate of the first tier failed.
    """
    for gate in report.gates:
        if gate.tier == FIRST_TIER and gate.outcome == pb.GATE_OUTCOME_FAILED:
            raise InternalError(
                f"The files did not pass the gate {gate.name!r}: {_found(gate)}",
                reason="GATE_FAILED",
            )


def broken(report: pb.ProofReport) -> list[pb.Gate]:
    """Return the gates that failed, but those of taste: code of another layout works."""
    failed = (gate for gate in report.gates if gate.outcome == pb.GATE_OUTCOME_FAILED)
    return [gate for gate in failed if gate.name not in TASTE]


def check_merge(report: pb.ProofReport, *, parent: pb.ProofReport) -> None:
    """Pass a merge that breaks nothing which held of its parent, its user's edits included.

    Raises:
        InternalError: A gate failed that the parent passes.
    """
    held = {gate.name for gate in parent.gates if gate.outcome == pb.GATE_OUTCOME_PASSED}
    for gate in broken(report):
        if gate.name in held:
            raise InternalError(
                f"The change and the edits of the parent do not go together: the parent passes "
                f"the gate {gate.name!r}, the merge does not: {_found(gate)}",
                reason="MERGE_BROKEN",
            )


def _found(gate: pb.Gate) -> str:
    return f"{gate.reason}: {gate.findings[0]}" if gate.findings else gate.reason
