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


class LossOut(BaseModel):
    """Stored data that a change would drop, or that could be refused after it."""

    target: str = Field(description="What would be lost, by its name before the change.")
    reason: str = Field(description="DROPPED or NARROWED.")
    message: str = Field(description="For people.")


class PlanOut(BaseModel):
    """A checked plan; nothing of it is stored."""

    spec: dict[str, Any] = Field(description="The spec, in the words of its document form.")
    sources: list[SourceOut]
    unresolved: list[SpanOut] = Field(description="What of the prompt was not understood.")
    patch: dict[str, Any] | None = Field(
        description="With a parent: what changes, in the words of its document form."
    )
    losses: list[LossOut] = Field(
        description="With a parent: the stored data that the patch would lose."
    )
