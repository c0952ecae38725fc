"""Files as callers see them."""

from pydantic import BaseModel, Field


class FileOut(BaseModel):
    """One file of a generation."""

    path: str = Field(description="Relative to the project's root.")
    size_bytes: int
    digest: str = Field(description="SHA-256, 64 hexadecimal digits; also its ETag.")


class FilePageOut(BaseModel):
    """A page of a generation's files, sorted by path."""

    generation_id: str
    snapshot_id: str = Field(description="Empty before the first phase is saved.")
    file_count: int = Field(description="How many files there are in all.")
    files: list[FileOut]
    next_page_token: str = Field(description="Where the next page starts; empty after the last.")
