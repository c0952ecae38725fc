"""The proof report: what every gate found, and one score."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Tier(StrEnum):
    """How far an assessment goes; each tier costs more than the one before."""

    T0 = "t0"
    T1 = "t1"
    T2 = "t2"
    T3 = "t3"


class Outcome(StrEnum):
    """How a gate ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """How one gate ended, and what it found."""

    name: str
    tier: Tier
    outcome: Outcome
    reason: str = ""
    """Why it was skipped, or one line on what did not hold, or what was measured."""

    findings: tuple[str, ...] = ()
    """What did not hold, one finding each; bounded."""

    def to_dict(self) -> dict[str, Any]:
        """Return the result as plain values, without what is empty."""
        told = {"name": self.name, "tier": self.tier.value, "outcome": self.outcome.value}
        optional = {"reason": self.reason, "findings": list(self.findings)}
        return told | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every gate, in order, and the score over those that ran."""

    gates: tuple[GateResult, ...]

    @property
    def score(self) -> float:
        """The part of the gates that ran which passed: 0.0 to 1.0; 0.0 if none ran."""
        ran = [gate for gate in self.gates if gate.outcome is not Outcome.SKIPPED]
        passed = sum(gate.outcome is Outcome.PASSED for gate in ran)
        return round(passed / len(ran), 4) if ran else 0.0

    @property
    def failed(self) -> tuple[GateResult, ...]:
        """The gates where something did not hold."""
        return tuple(gate for gate in self.gates if gate.outcome is Outcome.FAILED)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as plain values."""
        return {"score": self.score, "gates": [gate.to_dict() for gate in self.gates]}

    def to_json(self) -> str:
        """Return the report as JSON, the same text for the same report."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"


def passed(name: str, tier: Tier, reason: str = "") -> GateResult:
    """Return the result of a gate where everything held."""
    return GateResult(name=name, tier=tier, outcome=Outcome.PASSED, reason=reason)


def skipped(name: str, tier: Tier, reason: str) -> GateResult:
    """Return the result of a gate that could not run, and why."""
    return GateResult(name=name, tier=tier, outcome=Outcome.SKIPPED, reason=reason)


def judged(name: str, tier: Tier, findings: Sequence[str], reason: str = "") -> GateResult:
    """Return a result that failed when there are findings, and passed when there are none."""
    if not findings:
        return passed(name, tier, reason)
    count = f"{len(findings)} finding{'s' if len(findings) > 1 else ''}"
    return GateResult(
        name=name,
        tier=tier,
        outcome=Outcome.FAILED,
        reason=f"{count}; {reason}" if reason else count,
        findings=tuple(findings),
    )
