"""T2: the project's own tests pass and run nearly all of its lines."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from generator_svc.assessment.project import Project
from generator_svc.assessment.report import GateResult, Tier, judged, skipped
from generator_svc.assessment.sandbox import Finished, Sandbox
from generator_svc.assessment.settings import AssessmentSettings

_FAILED = re.compile(r"^(?:FAILED|ERROR) .+$", re.MULTILINE)
_NOT_MEASURED = frozenset(["tests", "migrations", "scripts"])
_LEAST_SHOWN = 5


class OwnTests:
    """Runs the project's tests and measures which lines they run."""

    name = "tests"
    tier = Tier.T2

    def __init__(self, settings: AssessmentSettings, sandbox: Sandbox) -> None:
        self._settings = settings
        self._sandbox = sandbox

    async def run(self, project: Project) -> GateResult:
        """Run pytest with coverage over a copy of the project."""
        if not any(source.is_test for source in project.sources):
            return skipped(self.name, self.tier, "the project has no tests")
        with project.copied() as root:
            measured = root.parent / "coverage.json"
            finished = await self._sandbox.run(
                _command(project, measured),
                root=root,
                deadline=self._settings.tests_deadline,
                environment={"COVERAGE_FILE": str(root.parent / "coverage.db")},
            )
            return self._judge(finished, measured)

    def _judge(self, finished: Finished, measured: Path) -> GateResult:
        findings = list(_failures(finished))
        totals = _read(measured)
        percent = float(totals.get("totals", {}).get("percent_covered", 0.0))
        if percent < self._settings.min_coverage:
            findings.append(self._uncovered(percent, totals))
        return judged(self.name, self.tier, findings, f"{percent:.1f} % of lines run")

    def _uncovered(self, percent: float, totals: dict[str, Any]) -> str:
        summaries: dict[str, float] = {
            path: one["summary"]["percent_covered"] for path, one in totals.get("files", {}).items()
        }
        least = sorted(summaries.items(), key=lambda item: (item[1], item[0]))[:_LEAST_SHOWN]
        told = ", ".join(f"{path} {part:.0f} %" for path, part in least)
        return f"{percent:.1f} % of lines run; {self._settings.min_coverage:g} % are due: {told}"


def _command(project: Project, measured: Path) -> list[str]:
    packages = sorted(
        {path.split("/")[0] for path in project.files if "/" in path and path.endswith(".py")}
        - _NOT_MEASURED
    )
    coverage = [f"--cov={package}" for package in packages]
    report = ["--cov-report", f"json:{measured}", "--cov-fail-under", "0"]
    quiet = ["-q", "--no-header", "-p", "no:cacheprovider", "-p", "no:xdist"]
    return [sys.executable, "-m", "pytest", *quiet, *coverage, *report, "tests"]


def _failures(finished: Finished) -> Iterator[str]:
    if finished.succeeded:
        return
    failed = _FAILED.findall(finished.output)
    yield from failed
    if finished.timed_out or not failed:
        yield finished.told()


def _read(measured: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(measured.read_bytes())
    except (OSError, ValueError):
        return {}
    return content
