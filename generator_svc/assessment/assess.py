"""Runs gates over a project, one after the other, and tells each as it goes."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from generator_svc.assessment.gate import Gate
from generator_svc.assessment.project import Project
from generator_svc.assessment.registry import gates_for
from generator_svc.assessment.report import GateResult, Report
from generator_svc.assessment.settings import AssessmentSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class GateStarted:
    """A gate begins."""

    name: str
    index: int
    """Its place among the gates, from 1."""

    count: int
    """How many gates there are."""


Step = GateStarted | GateResult | Report


async def assess(
    files: Mapping[str, bytes] | Path,
    *,
    tiers: Collection[str] = (),
    edited: Collection[str] = (),
    settings: AssessmentSettings | None = None,
) -> Report:
    """Run the gates of some tiers over a project and return the proof report.

    Args:
        files: The project: paths to contents, or its folder.
        tiers: `t0` to `t3`; none means what the settings say.
        edited: Paths that a user added, changed or removed: no manifest need agree with them.
        settings: The limits; none means the defaults.

    Raises:
        InvalidInputError: A tier is unknown, or a path leaves the project.
        LimitExceededError: The project is too large.
    """
    results = [
        step
        async for step in assessed(files, tiers=tiers, edited=edited, settings=settings)
        if isinstance(step, GateResult)
    ]
    return Report(gates=tuple(results))


async def assessed(
    files: Mapping[str, bytes] | Path,
    *,
    tiers: Collection[str] = (),
    edited: Collection[str] = (),
    settings: AssessmentSettings | None = None,
) -> AsyncIterator[Step]:
    """Do what `assess` does, and yield each gate as it starts and ends; the report comes last."""
    settings = settings or AssessmentSettings()
    gates = gates_for(tiers, settings)
    project = await asyncio.to_thread(_project, files, edited, settings)
    async for step in _run(gates, project, settings):
        yield step


async def _run(
    gates: Sequence[Gate], project: Project, settings: AssessmentSettings
) -> AsyncIterator[Step]:
    results: list[GateResult] = []
    for index, gate in enumerate(gates, 1):
        yield GateStarted(name=gate.name, index=index, count=len(gates))
        results.append(_bounded(await gate.run(project), settings))
        yield results[-1]
    yield Report(gates=tuple(results))


def _project(
    files: Mapping[str, bytes] | Path, edited: Collection[str], settings: AssessmentSettings
) -> Project:
    if isinstance(files, Path):
        return Project.read(files, settings)
    return Project.of(files, settings, edited=edited)


def _bounded(result: GateResult, settings: AssessmentSettings) -> GateResult:
    length = settings.max_finding_length
    cut = [
        finding if len(finding) <= length else f"{finding[: length - 1]}…"
        for finding in result.findings
    ]
    kept = cut[: settings.max_findings]
    if more := len(cut) - len(kept):
        kept.append(f"and {more} more")
    return replace(result, findings=tuple(kept))
