"""Changing what users say about their generations and projects."""

from typing import Annotated

from pydantic import Field

from bridge.schemas.body import Body

Tag = Annotated[str, Field(min_length=1, max_length=50)]


class UpdateGenerationBody(Body):
    """What to change; what is left out stays."""

    title: str | None = Field(None, max_length=200)
    description: str | None = Field(None, max_length=5000)
    tags: list[Tag] | None = Field(None, max_length=50)


class CreateProjectBody(Body):
    """The project to make."""

    name: str = Field(min_length=1, max_length=100)
    description: str = Field("", max_length=5000)


class UpdateProjectBody(Body):
    """What to change; what is left out stays."""

    name: str | None = Field(None, min_length=1, max_length=100)
    description: str | None = Field(None, max_length=5000)
