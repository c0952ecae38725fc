"""Plans: what would be generated, and why."""

from typing import Any

from pydantic import BaseModel, Field


class SpanOut(BaseModel):
    """Some words of a prompt."""

    start: int = Field(description="The first character, from 0.")
    end: int = Field(description="One past the last character.")
    text: str


class SourceOut(BaseModel):
    """Where one item of a plan comes from."""

    path: str = Field(description="The item, such as `entities[0].fields[1]`.")
    rule: str = Field(description="The rule that produced it.")
    span: SpanOut | None = Field(description="The words it came from, if it came from words.")


class PlanOut(BaseModel):
    """A checked plan; nothing of it is stored."""

    spec: dict[str, Any] = Field(description="The spec, in the words of its document form.")
    sources: list[SourceOut]
    unresolved: list[SpanOut] = Field(description="What of the prompt was not understood.")
