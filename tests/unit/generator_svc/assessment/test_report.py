"""The report counts what ran, bounds what it tells, and reads well."""

import json
from pathlib import Path

import pytest

from chassis.errors import InvalidInputError, LimitExceededError
from generator_svc.assessment import (
    AssessmentSettings,
    GateResult,
    GateStarted,
    Outcome,
    Report,
    Tier,
    assess,
    assessed,
    render,
)
from tests.corpus.sample import project

PASSED = GateResult(name="compiles", tier=Tier.T0, outcome=Outcome.PASSED)
FAILED = GateResult(
    name="lint",
    tier=Tier.T1,
    outcome=Outcome.FAILED,
    reason="1 finding",
    findings=("app/x.py:1:1: F401\nhelp: remove it",),
)
SKIPPED = GateResult(
    name="fuzz", tier=Tier.T3, outcome=Outcome.SKIPPED, reason="schemathesis is not installed"
)


def test_the_score_counts_only_gates_that_ran() -> None:
    """Leaves skipped gates out, and gives nothing for nothing."""
    assert Report(gates=(PASSED, FAILED, SKIPPED)).score == 0.5
    assert Report(gates=(PASSED, SKIPPED)).score == 1.0
    assert Report(gates=(SKIPPED,)).score == 0.0
    assert Report(gates=()).score == 0.0


def test_the_report_as_json() -> None:
    """Leaves out what is empty."""
    assert json.loads(Report(gates=(PASSED, FAILED, SKIPPED)).to_json()) == {
        "score": 0.5,
        "gates": [
            {"name": "compiles", "tier": "t0", "outcome": "passed"},
            {
                "name": "lint",
                "tier": "t1",
                "outcome": "failed",
                "reason": "1 finding",
                "findings": ["app/x.py:1:1: F401\nhelp: remove it"],
            },
            {
                "name": "fuzz",
                "tier": "t3",
                "outcome": "skipped",
                "reason": "schemathesis is not installed",
            },
        ],
    }


def test_the_report_as_text() -> None:
    """Gives a gate a line, a finding an indented one, and sums up."""
    assert render(Report(gates=(PASSED, FAILED, SKIPPED))).splitlines() == [
        "t0  pass  compiles",
        "t1  FAIL  lint      1 finding",
        "          - app/x.py:1:1: F401",
        "            help: remove it",
        "t3  skip  fuzz      schemathesis is not installed",
        "score 0.50: 1 passed, 1 failed, 1 skipped",
    ]


async def test_findings_are_bounded() -> None:
    """Counts what it does not tell, and cuts what is long."""
    settings = AssessmentSettings(tiers=("t0",), max_findings=2, max_finding_length=30)
    files = project({f"app/x{index}.py": "import nowhere\n" for index in range(5)})
    report = await assess(files, settings=settings)
    (failed,) = report.failed
    assert failed.reason == "5 findings"
    assert failed.findings == (
        "app/x0.py:1: nowhere is no de…",
        "app/x1.py:1: nowhere is no de…",
        "and 3 more",
    )


async def test_gates_are_told_as_they_go() -> None:
    """Yields a start before each result, and the report last."""
    steps = [step async for step in assessed(project(), tiers=["T0"])]
    *gates, report = steps
    starts, results = gates[0::2], gates[1::2]
    assert starts == [
        GateStarted(name=result.name, index=index, count=len(results))
        for index, result in enumerate(results, 1)
        if isinstance(result, GateResult)
    ]
    assert report == Report(gates=tuple(one for one in results if isinstance(one, GateResult)))


async def test_an_unknown_tier_is_refused() -> None:
    """Names the tiers that there are."""
    with pytest.raises(InvalidInputError, match="no tier 't9'; use some of: t0, t1, t2, t3"):
        await assess(project(), tiers=["t9"])


@pytest.mark.parametrize("path", ["../x.py", "/etc/x.py", "a/../../x.py", "a\\b.py", ""])
async def test_a_path_that_leaves_the_project_is_refused(path: str) -> None:
    """Never writes outside its folder."""
    with pytest.raises(InvalidInputError, match="leaves the project"):
        await assess({path: b""}, tiers=["t0"])


@pytest.mark.parametrize("settings", [{"max_files": 2}, {"max_bytes": 100}])
async def test_a_project_that_is_too_large_is_refused(
    settings: dict[str, int], tmp_path: Path
) -> None:
    """Holds files in memory and in folders to the same limits."""
    limits = AssessmentSettings(**settings)  # type: ignore[arg-type]
    files = project()
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    with pytest.raises(LimitExceededError):
        await assess(files, settings=limits)
    with pytest.raises(LimitExceededError):
        await assess(tmp_path, settings=limits)


async def test_a_folder_is_read_without_what_tools_left(tmp_path: Path) -> None:
    """Passes over caches, version control and links."""
    for path, content in project().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "broken.py").write_text("def (", encoding="utf-8")
    (tmp_path / "link.py").symlink_to(tmp_path / ".git" / "broken.py")
    report = await assess(tmp_path, tiers=["t0"])
    assert report.score == 1.0
