"""T1: the static tools, each in a sandbox over a copy of the project."""

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from generator_svc.assessment.project import Project
from generator_svc.assessment.report import GateResult, Tier, judged, skipped
from generator_svc.assessment.sandbox import Finished, Sandbox
from generator_svc.assessment.settings import AssessmentSettings

STRICT_RULES = "ASYNC,B,C4,DTZ,E,F,I,ISC,PIE,PT,RET,RUF,SIM,UP,W"
"""What every project is held to beside its own configuration."""

_MYPY_ERROR = re.compile(r"^.+?:\d+(?::\d+)?: error: .+$", re.MULTILINE)
_RUFF_UNFORMATTED = re.compile(r"^ *--> (.+?):\d+:\d+$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class StaticTool:
    """A command line tool and how to read what it found."""

    name: str
    arguments: tuple[str, ...]
    found: Callable[[str], Iterable[str]]


class Static:
    """A gate over the findings of one tool."""

    tier = Tier.T1

    def __init__(self, tool: StaticTool, settings: AssessmentSettings, sandbox: Sandbox) -> None:
        self.name = tool.name
        self._tool = tool
        self._settings = settings
        self._sandbox = sandbox

    async def run(self, project: Project) -> GateResult:
        """Run the tool over a copy of the project."""
        if not project.sources:
            return skipped(self.name, self.tier, "there is no Python file")
        with project.copied() as root:
            finished = await self._sandbox.run(
                [sys.executable, "-m", *self._tool.arguments],
                root=root,
                deadline=self._settings.static_deadline,
            )
        return judged(self.name, self.tier, self._findings(finished, root))

    def _findings(self, finished: Finished, root: Path) -> Sequence[str]:
        if finished.succeeded:
            return []
        found = list(self._tool.found(finished.output)) if not finished.timed_out else []
        return [finding.replace(f"{root}/", "") for finding in found or [finished.told()]]


def ruff_check(output: str) -> list[str]:
    """Return the findings of `ruff check --output-format concise`."""
    return [line for line in output.splitlines() if re.match(r"^[^\s:]+:\d+:\d+: ", line)]


def ruff_format(output: str) -> list[str]:
    """Return the findings of `ruff format --check`."""
    return [f"{path}: would be reformatted" for path in _RUFF_UNFORMATTED.findall(output)]


def mypy(output: str) -> list[str]:
    """Return the findings of mypy."""
    return _MYPY_ERROR.findall(output)


def bandit(output: str) -> list[str]:
    """Return the findings of `bandit --format json`."""
    start = output.find("{")
    try:
        results = json.loads(output[start:])["results"] if start >= 0 else []
    except (ValueError, KeyError):
        return []
    return [
        f"{one['filename'].removeprefix('./')}:{one['line_number']}:"
        f" {one['test_id']} {one['issue_severity'].lower()}: {one['issue_text']}"
        for one in results
    ]


def tools(settings: AssessmentSettings) -> tuple[StaticTool, ...]:
    """Return the tools, in the order they run."""
    ruff = ("ruff", "check", "--no-cache", "--output-format", "concise")
    cache = settings.mypy_cache or "/dev/null"
    types = ("mypy", "--strict", "--no-color-output", "--hide-error-context", "--cache-dir", cache)
    security = (
        "bandit",
        "--quiet",
        "--recursive",
        "--severity-level",
        "medium",
        "--format",
        "json",
    )
    return (
        StaticTool(
            name="lint", arguments=(*ruff, "--extend-select", STRICT_RULES, "."), found=ruff_check
        ),
        StaticTool(
            name="format",
            arguments=("ruff", "format", "--no-cache", "--check", "."),
            found=ruff_format,
        ),
        StaticTool(name="types", arguments=(*types, "."), found=mypy),
        StaticTool(
            name="security", arguments=(*security, "--exclude", "./tests", "."), found=bandit
        ),
    )
