"""Projects as callers see them."""

from datetime import datetime

from pydantic import BaseModel


class ProjectOut(BaseModel):
    """What a user builds; owns numbered versions, one of them active."""

    project_id: str
    user_id: str
    name: str
    description: str
    latest_version: int
    active_generation_id: str | None
    created_at: datetime
    updated_at: datetime


class ProjectPageOut(BaseModel):
    """A page of projects, newest first."""

    projects: list[ProjectOut]
    next_page_token: str
