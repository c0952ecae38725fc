"""Searching and comparing files."""

from typing import Literal

from pydantic import BaseModel, Field

from bridge.schemas.body import Body


class SearchBody(Body):
    """What to look for in the files of a generation."""

    query: str = Field(min_length=1, max_length=1000, description="Text, or an RE2 expression.")
    regex: bool = Field(False, description="Whether `query` is an expression.")  # noqa: FBT003 - its default
    case_sensitive: bool = Field(True, description="Whether case matters.")  # noqa: FBT003 - its default
    path_prefix: str = Field("", max_length=500, description="Only files whose path begins so.")
    max_results: int = Field(100, ge=1, le=1000, description="The most matches to return.")


class MatchOut(BaseModel):
    """One line that matches."""

    path: str
    line: int = Field(description="From 1.")
    text: str = Field(description="The line; of a long one what is around the match.")
    start: int = Field(description="Where in `text` the first match starts, from 0.")
    end: int = Field(description="Where in `text` it ends.")


class SearchOut(BaseModel):
    """What was found."""

    matches: list[MatchOut] = Field(description="Sorted by path and line.")
    truncated: bool = Field(description="Whether there are more.")


class FileDiffOut(BaseModel):
    """How one file differs."""

    path: str
    change: Literal["added", "removed", "changed"]
    before: str | None = Field(description="The digest of what it held; null if it is new.")
    after: str | None = Field(description="The digest of what it holds; null if it is gone.")
    diff: str = Field(description="A unified diff; empty where the file is no text or too large.")


class ComparisonOut(BaseModel):
    """How the files of two generations differ."""

    from_generation_id: str
    to_generation_id: str
    files: list[FileDiffOut] = Field(description="Sorted by path; equal files are left out.")
    unchanged_count: int
    truncated: bool = Field(description="Whether some diffs are left out for their size.")
