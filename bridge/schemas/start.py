"""Starting generations (contract 3.1)."""

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from bridge.schemas.body import Body
from bridge.schemas.generation import GenerationOut
from bridge.schemas.stream import CancelAfter, StreamTokenOut

Mode = Literal["classic", "enhanced", "auto"]
Domain = Literal[
    "ecommerce",
    "social_media",
    "content_management",
    "task_management",
    "fintech",
    "healthcare",
    "general",
]
Feature = Annotated[str, Field(min_length=1, max_length=64)]


def _offered(stack: Any) -> Any:
    if stack == "fastapi_mongo":
        raise ValueError("`fastapi_mongo` is not offered; use fastapi_sqlite or fastapi_postgres")
    return stack


Stack = Annotated[Literal["fastapi_sqlite", "fastapi_postgres"], BeforeValidator(_offered)]


def _needs_one_of(**types: str) -> dict[str, JsonValue]:
    """Return the JSON Schema of a body that holds one of these keys, or several."""
    return {
        "anyOf": [
            {"required": [key], "properties": {key: {"type": kind}}} for key, kind in types.items()
        ]
    }


class _StartBody(Body):
    """What starts and their plans have in common."""

    prompt: str | None = Field(
        None, min_length=10, max_length=5000, description="What the backend is to do, in words."
    )
    spec: dict[str, Any] | None = Field(None, description="The structured plan, if you have one.")
    project_name: str | None = Field(
        None, min_length=1, max_length=100, description="The name of a new project."
    )
    tech_stack: Stack | None = Field(None, description="The stack; default fastapi_postgres.")
    domain: Domain | None = Field(None, description="A domain to take defaults from.")
    constraints: list[Feature] = Field([], max_length=32, description="Features to have.")


_OF_CHANGES = ("modification_prompt", "spec_patch")
_OF_FIRST_VERSIONS = ("spec", "project_name", "tech_stack", "domain", "constraints")


def _without(*keys: str) -> dict[str, JsonValue]:
    """Return the JSON Schema of keys that say nothing."""
    return {key: {"enum": [None, []]} for key in keys}


PLANNED: dict[str, JsonValue] = {
    "anyOf": [
        {
            "properties": _without("parent_generation_id", *_OF_CHANGES),
            **_needs_one_of(prompt="string", spec="object"),
        },
        {
            "required": ["parent_generation_id"],
            "properties": {
                "parent_generation_id": {"type": "string"},
                **_without(*_OF_FIRST_VERSIONS),
            },
            **_needs_one_of(prompt="string", modification_prompt="string", spec_patch="object"),
        },
    ]
}


class PlanBody(_StartBody):
    """What to plan: a first version, or with a parent a change of it."""

    model_config = ConfigDict(json_schema_extra=PLANNED)

    parent_generation_id: str | None = Field(
        None, min_length=1, max_length=64, description="The generation to change; completed."
    )
    modification_prompt: str | None = Field(
        None,
        min_length=10,
        max_length=2000,
        description="With a parent: what to change, in words; `prompt` is read as it, too.",
    )
    spec_patch: dict[str, Any] | None = Field(
        None, description="With a parent: the patch, if you have one."
    )

    @model_validator(mode="after")
    def _something_to_plan(self) -> Self:
        change = [key for key in _OF_CHANGES if getattr(self, key) is not None]
        if self.parent_generation_id is None:
            if change:
                raise ValueError(f"send the `parent_generation_id` that `{change[0]}` is for")
            if self.prompt is None and self.spec is None:
                raise ValueError("send a `prompt` or a `spec`")
        elif foreign := [key for key in _OF_FIRST_VERSIONS if getattr(self, key) not in (None, [])]:
            raise ValueError(f"`{foreign[0]}` is the parent's; leave it out")
        elif self.prompt is None and not change:
            raise ValueError("send a `prompt` that says what to change, or a `spec_patch`")
        return self


class GenerateBody(_StartBody):
    """What to generate."""

    model_config = ConfigDict(json_schema_extra=_needs_one_of(prompt="string", spec="object"))

    project_id: str | None = Field(
        None, max_length=64, description="The project to make a version of; a new one without."
    )
    context: dict[str, Any] = Field({}, description="Kept and returned as it is.")
    engine: str | None = Field(None, max_length=64, description="The engine that writes files.")
    generation_mode: Mode = Field("auto", description="How much to do besides the six phases.")
    cancel_after: CancelAfter = None

    @model_validator(mode="after")
    def _prompt_or_spec(self) -> Self:
        if self.prompt is None and self.spec is None:
            raise ValueError("send a `prompt` or a `spec`")
        return self


class StartedOut(GenerationOut, StreamTokenOut):
    """The generation that was accepted, and the way to its stream."""

    context: dict[str, Any]
    message: str = Field(description="For people.")


class IterateBody(Body):
    """What to change of a completed generation."""

    model_config = ConfigDict(
        json_schema_extra=_needs_one_of(modification_prompt="string", spec_patch="object")
    )

    parent_generation_id: str = Field(
        min_length=1, max_length=64, description="The generation to change; completed."
    )
    modification_prompt: str | None = Field(
        None, min_length=10, max_length=2000, description="What to change, in words."
    )
    spec_patch: dict[str, Any] | None = Field(None, description="The patch, if you have one.")
    context: dict[str, Any] = Field({}, description="Kept and returned as it is.")
    confirm_destructive: bool = Field(
        False,  # noqa: FBT003 - its default
        description="Whether stored data may be lost.",
    )
    generation_mode: Mode = Field("auto", description="How much to do besides the six phases.")
    cancel_after: CancelAfter = None

    @model_validator(mode="after")
    def _prompt_or_patch(self) -> Self:
        if self.modification_prompt is None and self.spec_patch is None:
            raise ValueError("send a `modification_prompt` or a `spec_patch`")
        return self
