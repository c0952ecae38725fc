"""Editing, searching and comparing files, and settling conflicts."""

from typing import Annotated, Any, Literal, Self

from pydantic import Base64Bytes, BaseModel, Field, Strict, model_validator

from bridge.schemas.body import Body
from bridge.schemas.file import FileOut

Reason = Literal[
    "both_changed",
    "both_added",
    "deleted_and_changed",
    "changed_and_dropped",
    "not_text",
    "not_runnable",
]


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


class EditBody(Body):
    """One file to store or to take away."""

    path: str = Field(min_length=1, max_length=500, description="Relative to the project's root.")
    text: str | None = Field(None, description="What it is to hold; null if not given as text.")
    content: Annotated[Base64Bytes, Strict(strict=False)] | None = Field(
        None, description="What it is to hold, in base64."
    )
    delete: bool = Field(False, description="Whether to take the file away.")  # noqa: FBT003 - its default
    if_match: str = Field("", max_length=200, description="The `ETag` that it must have.")
    if_none_match: Literal["", "*"] = Field("", description="`*`: only if there is none.")

    @model_validator(mode="after")
    def _one_outcome(self) -> Self:
        given = (self.text is not None, self.content is not None, self.delete)
        if sum(given) != 1:
            raise ValueError("give one of `text`, `content` and `delete`")
        return self


class EditsBody(Body):
    """Edits to be made all at once."""

    edits: list[EditBody] = Field(min_length=1, max_length=500)


class EditedOut(BaseModel):
    """What became of the files."""

    files: list[FileOut] = Field(description="Those that were stored, in the order of the edits.")
    deleted: list[str] = Field(description="The paths of those taken away.")


class ConflictOut(BaseModel):
    """One thing that a merge could not decide; the file stands as you left it."""

    path: str
    place: str = Field(description="A symbol, a key or a line; empty means the whole file.")
    reason: Reason
    base: str | None = Field(description="The digest of what was generated; null if nothing was.")
    ours: str | None = Field(description="The digest of what you left; null if you deleted it.")
    theirs: str | None = Field(description="The digest of what is generated; null if dropped.")


class ConflictsOut(BaseModel):
    """The open conflicts of a generation."""

    generation_id: str
    conflicts: list[ConflictOut] = Field(description="Sorted by path.")


class ResolveBody(Body):
    """How the conflicts of one file end."""

    path: str = Field(min_length=1, max_length=500)
    take: Literal["ours", "theirs", "text"] = Field(description="Whose file it is to be.")
    text: str | None = Field(None, description="With `text`: what the file is to hold.")

    @model_validator(mode="after")
    def _text_if_taken(self) -> Self:
        if (self.take == "text") != (self.text is not None):
            raise ValueError("`text` goes with `take: text`, and only with it")
        return self


class FileDiffOut(BaseModel):
    """How one file differs."""

    path: str
    change: Literal["added", "removed", "changed"]
    before: str | None = Field(description="The digest of what it held; null if it is new.")
    after: str | None = Field(description="The digest of what it holds; null if it is gone.")
    diff: str = Field(description="A unified diff; empty where the file is no text or too large.")


class SpecChangeOut(BaseModel):
    """One thing that differs between two specs."""

    path: str = Field(description="Entities, fields and relations by name: `Post.title.unique`.")
    change: Literal["added", "removed", "changed"]
    before: Any = Field(description="What it was; null if it is new.")
    after: Any = Field(description="What it is; null if it is gone.")


class ApiChangeOut(BaseModel):
    """One thing that an existing client of the generated API would notice."""

    operation: str = Field(description="Such as `GET /posts`; empty for what many share.")
    message: str


class SideOut(BaseModel):
    """One of the two generations compared."""

    generation_id: str
    version: int
    file_count: int
    total_size_bytes: int
    quality_score: float | None = Field(description="0.0 to 1.0; null until assessed.")


class CountsOut(BaseModel):
    """How many files came, went, changed and stayed."""

    added: int
    removed: int
    changed: int
    unchanged: int


class ComparisonOut(BaseModel):
    """How the files of two generations differ."""

    from_generation_id: str
    to_generation_id: str
    files: list[FileDiffOut] = Field(description="Sorted by path; equal files are left out.")
    unchanged_count: int
    counts: CountsOut
    before: SideOut
    after: SideOut
    spec: list[SpecChangeOut] = Field(description="How the specs differ.")
    breaking: list[ApiChangeOut] = Field(
        description="What breaks clients of the generated API, by both `openapi.json`."
    )
    api_compared: bool = Field(description="Whether both have an `openapi.json` that reads.")
    truncated: bool = Field(description="Whether some diffs are left out for their size.")
