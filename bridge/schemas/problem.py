"""Problems (RFC 9457)."""

from pydantic import BaseModel, Field


class Violation(BaseModel):
    """One thing wrong with one field of the caller's input."""

    field: str = Field(description="The field's path in the caller's words.")
    message: str = Field(description="What is wrong and what to do.")
    reason: str = Field(description="The rule, for machines.")


class PlanSoFar(BaseModel):
    """What was understood of a prompt that is refused, as documents to correct and send."""

    unresolved: str | None = Field(None, description="The words that were not understood.")
    partial_spec: str | None = Field(None, description="The spec so far, as YAML.")
    spec_template: str | None = Field(None, description="A spec to fill in, as YAML.")
    partial_patch: str | None = Field(None, description="The patch so far, as YAML.")
    patch_template: str | None = Field(None, description="A patch to fill in, as YAML.")
    entities: str | None = Field(None, description="The entities so far, if a spec is too long.")


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
    plan: PlanSoFar | None = Field(
        None, description="What to go on with where a plan is refused; absent otherwise."
    )
