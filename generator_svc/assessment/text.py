"""The proof report as plain text, for terminals."""

from collections.abc import Iterator

from generator_svc.assessment.report import GateResult, Outcome, Report

_MARKS = {Outcome.PASSED: "pass", Outcome.FAILED: "FAIL", Outcome.SKIPPED: "skip"}


def render(report: Report) -> str:
    """Return the report as lines: a gate each, its findings below it, the score at the end."""
    width = max((len(gate.name) for gate in report.gates), default=0)
    lines = [line for gate in report.gates for line in _lines(gate, width)]
    return "\n".join([*lines, _summary(report)]) + "\n"


def _lines(gate: GateResult, width: int) -> Iterator[str]:
    head = f"{gate.tier.value}  {_MARKS[gate.outcome]}  {gate.name:<{width}}  {gate.reason}"
    yield head.rstrip()
    for finding in gate.findings:
        first, *rest = finding.splitlines() or [""]
        yield f"          - {first}"
        yield from (f"            {line}" for line in rest)


def _summary(report: Report) -> str:
    counts = dict.fromkeys(Outcome, 0)
    for gate in report.gates:
        counts[gate.outcome] += 1
    told = ", ".join(f"{count} {outcome.value}" for outcome, count in counts.items() if count)
    return f"score {report.score:.2f}: {told or 'no gate'}"
