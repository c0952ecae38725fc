"""Quality reports."""

from typing import Literal

from pydantic import BaseModel, Field


class GateOut(BaseModel):
    """One quality gate."""

    name: str
    tier: str = Field(description="`t0` to `t3`.")
    outcome: Literal["passed", "failed", "skipped"]
    reason: str = Field(description="Why it was skipped, or what failed.")
    findings: list[str]


class ReviewOut(BaseModel):
    """The proof report of a generation."""

    generation_id: str
    score: float = Field(description="0.0 to 1.0, over the gates that ran.")
    gates: list[GateOut]
