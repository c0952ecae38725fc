"""Generations as callers see them."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

Status = Literal["pending", "processing", "completed", "failed", "cancelled"]


class GenerationOut(BaseModel):
    """One run that makes one version of a project."""

    generation_id: str
    status: Status
    progress: float = Field(description="0.0 to 1.0; a failed one keeps what it reached.")
    user_id: str
    project_id: str
    project_name: str
    auto_created_project: bool
    version: int
    title: str
    description: str
    tags: list[str]
    prompt: str
    generation_mode: Literal["classic", "enhanced"]
    ab_group: str | None
    enhanced_features: list[str]
    engine: str
    is_iteration: bool
    parent_generation_id: str | None
    attempt: int = Field(description="From 1; a retry is the next one.")
    phases_completed: int = Field(description="How many phases are finished and saved: 0 to 6.")
    file_count: int
    conflict_count: int = Field(description="What a merge could not decide and nobody has settled.")
    quality_score: float | None = Field(description="0.0 to 1.0; null until assessed.")
    error: str | None = Field(description="The cause of a failure.")
    cancel_after: int | None = Field(
        description="How many seconds after its last viewer left it is cancelled; null: never."
    )
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None


class GenerationDetailOut(GenerationOut):
    """A generation with the spec it renders, and what its caller sent along."""

    context: dict[str, Any]
    spec: dict[str, Any] = Field(description="The spec, in the words of its document form.")


class GenerationPageOut(BaseModel):
    """A page of generations, newest first."""

    generations: list[GenerationOut]
    next_page_token: str = Field(description="Where the next page starts; empty after the last.")
