"""Problems (RFC 9457)."""

from pydantic import BaseModel, Field


class Violation(BaseModel):
    """One thing wrong with one field of the caller's input."""

    field: str = Field(description="The field's path in the caller's words.")
    message: str = Field(description="What is wrong and what to do.")
    reason: str = Field(description="The rule, for machines.")


class Problem(BaseModel):
    """Why a request was refused."""

    type: str = Field(description="Names the kind of problem; `reason` as a URN.")
    title: str = Field(description="The status's own phrase.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What happened and what to do, for people.")
    instance: str = Field(description="The path asked for.")
    reason: str = Field(description="The kind of problem, for machines; stable.")
    trace_id: str = Field(description="Where to find this request in logs and traces.")
    errors: list[Violation] = Field(description="Each field at fault, if fields are.")
