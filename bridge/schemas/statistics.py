"""Counts of generations."""

from pydantic import BaseModel, Field


class StatisticsOut(BaseModel):
    """Counts of a user's generations."""

    total: int
    by_status: dict[str, int]
    iterations: int
    mean_quality_score: float | None = Field(description="0.0 to 1.0; null when none is assessed.")
    mean_duration_seconds: float | None = Field(description="Null when none is completed.")
