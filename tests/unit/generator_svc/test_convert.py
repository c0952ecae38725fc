"""Specs and plans as messages: nothing is lost either way."""

import pytest
from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.spec.v1 import spec_pb2

from chassis.errors import InvalidInputError
from generator_svc.convert import (
    plan_request_from_proto,
    plan_to_proto,
    spec_from_proto,
    spec_to_proto,
)
from generator_svc.domain.patch import Change, Loss, Rename, SpecPatch
from generator_svc.domain.spec import (
    Access,
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    OnDelete,
    PrimaryKey,
    ProjectSpec,
    Relation,
    RelationKind,
    TechStack,
)
from generator_svc.planner import Plan, Source, Span, SpecDocument, SpecFormat

FULL = ProjectSpec(
    name="blog",
    description="All of it.",
    entities=(
        Entity(
            name="Post",
            description="A text.",
            fields=(
                Field(
                    name="title",
                    type=FieldType.STRING,
                    description="What it is called.",
                    required=True,
                    min_length=0,
                    max_length=80,
                    pattern="",
                    unique=True,
                    index=True,
                ),
                Field(name="big", type=FieldType.BIGINT, has_default=True, default=2**63 - 1),
                Field(
                    name="bigs",
                    type=FieldType.ARRAY,
                    items=FieldType.BIGINT,
                    has_default=True,
                    default=[-(2**63)],
                ),
                Field(
                    name="price",
                    type=FieldType.DECIMAL,
                    precision=20,
                    scale=4,
                    minimum="0",
                    maximum="1234567890123456.7890",
                    has_default=True,
                    default="1234567890123456.7890",
                ),
                Field(name="count", type=FieldType.INTEGER, has_default=True, default=0),
                Field(name="ratio", type=FieldType.FLOAT, has_default=True, default=1.0),
                Field(name="live", type=FieldType.BOOLEAN, has_default=True, default=False),
                Field(
                    name="extra",
                    type=FieldType.JSON,
                    has_default=True,
                    default={"a": [1, 2.5, None, "x"]},
                ),
                Field(name="nothing", type=FieldType.JSON, has_default=True, default=None),
                Field(name="status", type=FieldType.ENUM, values=("a", "b"), immutable=True),
                Field(name="secret", type=FieldType.TEXT, write_only=True),
                Field(name="seen", type=FieldType.DATETIME, read_only=True),
            ),
            relations=(
                Relation(
                    name="author",
                    kind=RelationKind.MANY_TO_ONE,
                    target="Post",
                    description="Who wrote it.",
                    back="posts",
                    required=True,
                    on_delete=OnDelete.CASCADE,
                ),
                Relation(
                    name="tags",
                    kind=RelationKind.MANY_TO_MANY,
                    target="Post",
                    payload=(Field(name="weight", type=FieldType.INTEGER),),
                ),
            ),
            unique_together=(("title", "author"),),
            options=EntityOptions(
                timestamps=False,
                soft_delete=True,
                owner=True,
                tenant=True,
                primary_key=PrimaryKey.BIGINT,
            ),
            access=Access(create=("a",), read=("b",), update=("c",), delete=("d",)),
        ),
        Entity(name="Empty"),
    ),
    features=Features(auth=True, roles=("a",), docker=False, ci=False, tests=False),
    tech_stack=TechStack.FASTAPI_SQLITE,
)


def test_a_spec_survives_the_wire() -> None:
    """Gives back the same spec after serialisation, numbers to the last digit."""
    data = spec_to_proto(FULL).SerializeToString()
    again = spec_from_proto(spec_pb2.ProjectSpec.FromString(data))
    assert again == FULL
    pairs = zip(again.entities[0].fields, FULL.entities[0].fields, strict=True)
    assert all(type(one.default) is type(other.default) for one, other in pairs)


def test_fills_in_what_a_message_leaves_out() -> None:
    """Reads an almost empty message as the defaults of the contract."""
    message = spec_pb2.ProjectSpec(
        name="x",
        entities=[
            spec_pb2.Entity(
                name="A",
                fields=[spec_pb2.Field(name="p", type=spec_pb2.FIELD_TYPE_DECIMAL)],
                relations=[
                    spec_pb2.Relation(
                        name="b",
                        kind=spec_pb2.RELATION_KIND_MANY_TO_ONE,
                        target="A",
                        required=True,
                    )
                ],
            )
        ],
    )
    spec = spec_from_proto(message)
    assert spec.tech_stack is TechStack.FASTAPI_POSTGRES
    assert spec.features == Features()
    assert spec.entities[0].options == EntityOptions()
    assert spec.entities[0].fields[0].precision == 12
    assert spec.entities[0].relations[0].on_delete is OnDelete.RESTRICT


def test_refuses_types_and_kinds_that_are_not_set() -> None:
    """Names each place where an enumeration must be set and is not, or is not known."""
    field = spec_pb2.Field(name="a")
    link = spec_pb2.Relation(name="b", kind=99)  # type: ignore[arg-type]
    entity = spec_pb2.Entity(name="A", fields=[field], relations=[link])
    with pytest.raises(InvalidInputError) as caught:
        spec_from_proto(spec_pb2.ProjectSpec(entities=[entity]))
    assert [each.field for each in caught.value.violations] == [
        "entities[0].fields[0].type",
        "entities[0].relations[0].kind",
    ]


def test_reads_a_request() -> None:
    """Takes every key of a request over."""
    message = pb.PlanRequest(
        prompt="A blog",
        spec_document=spec_pb2.SpecDocument(format=spec_pb2.SPEC_FORMAT_JSON, content=b"{}"),
        project_name="mine",
        tech_stack=spec_pb2.TECH_STACK_FASTAPI_SQLITE,
        domain="general",
        constraints=["tested"],
    )
    request = plan_request_from_proto(message)
    assert request.prompt == "A blog"
    assert request.document == SpecDocument(content=b"{}", format=SpecFormat.JSON)
    assert request.spec is None
    assert request.project_name == "mine"
    assert request.tech_stack is TechStack.FASTAPI_SQLITE
    assert request.domain == "general"
    assert request.constraints == ("tested",)


def test_a_request_without_a_stack_leaves_it_open() -> None:
    """Tells a stack that is not asked for from the default one."""
    assert plan_request_from_proto(pb.PlanRequest(prompt="A blog")).tech_stack is None


def test_writes_a_plan() -> None:
    """Writes sources with and without a span, and what was not understood."""
    span = Span(start=2, end=6, text="blog")
    plan = Plan(
        spec=FULL,
        sources=(Source(path="name", rule="default"), Source(path="x", rule="y", span=span)),
        unresolved=(span,),
    )
    message = plan_to_proto(plan)
    assert spec_from_proto(message.spec) == FULL
    assert not message.sources[0].HasField("span")
    assert (message.sources[1].span.start, message.sources[1].span.end) == (2, 6)
    assert message.unresolved[0].text == "blog"


def test_reads_a_request_for_a_change() -> None:
    """Takes the base and the patch as written over."""
    message = pb.PlanRequest(
        prompt="Remove the title",
        base=spec_to_proto(FULL),
        patch_document=spec_pb2.SpecDocument(content=b"drop: [Post.title]"),
    )
    request = plan_request_from_proto(message)
    assert request.base == FULL
    assert request.patch == SpecDocument(content=b"drop: [Post.title]")
    assert plan_request_from_proto(pb.PlanRequest(prompt="A blog")).base is None


def test_writes_a_patch_and_its_losses() -> None:
    """Writes what changes, numbers beyond doubles as text, and what would be lost."""
    patch = SpecPatch(
        add=(Change(target="Post.big", keys={"type": "bigint", "default": 2**63 - 1}),),
        alter=(Change(target="Post.title", keys={"max_length": 80, "pattern": None}),),
        rename=(Rename(target="Post.body", to="content"),),
        drop=("User.address",),
    )
    loss = Loss(target="User.address", reason="DROPPED", message="Gone.")
    message = plan_to_proto(Plan(spec=FULL, patch=patch, losses=(loss,)))
    assert message.patch.add[0].keys["default"] == str(2**63 - 1)
    assert message.patch.alter[0].keys["max_length"] == 80
    assert message.patch.alter[0].keys["pattern"] is None
    assert (message.patch.rename[0].target, message.patch.rename[0].to) == ("Post.body", "content")
    assert list(message.patch.drop) == ["User.address"]
    assert (message.losses[0].target, message.losses[0].reason) == ("User.address", "DROPPED")
    assert not plan_to_proto(Plan(spec=FULL)).HasField("patch")
