"""Reads a spec document into a spec: every key known, every value of its type, every path told."""

from generator_svc.domain.literals import canonical, digits
from generator_svc.domain.refusal import SPEC_INVALID, Findings
from generator_svc.domain.spec import (
    Access,
    Entity,
    EntityOptions,
    Features,
    Field,
    FieldType,
    JsonValue,
    OnDelete,
    PrimaryKey,
    ProjectSpec,
    Relation,
    RelationKind,
    TechStack,
)
from generator_svc.planner.node import Node, keys_of
from generator_svc.planner.request import SpecDocument, SpecFormat
from generator_svc.planner.text_tree import read_json, read_yaml

DEFAULT_NAME = "backend"
"""The name of a project that nobody named."""


def read_document(document: SpecDocument) -> ProjectSpec:
    """Return the spec that a document holds.

    Raises:
        InvalidInputError: It cannot be read, or a key or a type is wrong; each place is named.
    """
    return spec_from_tree(read_tree(document))


def read_tree(document: SpecDocument) -> JsonValue:
    """Return the tree that a document holds, whatever it is about.

    Raises:
        InvalidInputError: It cannot be read.
    """
    read = read_json if document.format is SpecFormat.JSON else read_yaml
    return read(document.content)


def spec_from_tree(tree: JsonValue) -> ProjectSpec:
    """Return the spec that a tree of a document holds.

    Raises:
        InvalidInputError: A key or a type is wrong; each place is named.
    """
    findings = Findings()
    spec = _spec(Node(tree, path="", findings=findings, keys=keys_of(ProjectSpec)))
    findings.raise_if_any(reason=SPEC_INVALID)
    return spec


def _spec(node: Node) -> ProjectSpec:
    return ProjectSpec(
        name=node.text("name") or DEFAULT_NAME,
        description=node.text("description"),
        entities=tuple(_entity(each) for each in node.nodes("entities", keys_of(Entity))),
        features=_features(node.node("features", keys_of(Features))),
        tech_stack=node.choice("tech_stack", TechStack, TechStack.FASTAPI_POSTGRES),
    )


def _features(node: Node) -> Features:
    return Features(
        auth=node.flag("auth"),
        roles=node.words("roles"),
        docker=node.flag("docker", default=True),
        ci=node.flag("ci", default=True),
        tests=node.flag("tests", default=True),
    )


def _entity(node: Node) -> Entity:
    return Entity(
        name=node.required_text("name"),
        description=node.text("description"),
        fields=tuple(read_field(each) for each in node.nodes("fields", keys_of(Field))),
        relations=tuple(_relation(each) for each in node.nodes("relations", keys_of(Relation))),
        unique_together=node.groups("unique_together"),
        options=_options(node.node("options", keys_of(EntityOptions))),
        access=_access(node.node("access", keys_of(Access))),
    )


def read_field(node: Node) -> Field:
    """Return the field that a mapping of a document describes."""
    kind = node.choice("type", FieldType, None)
    items = node.choice("items", FieldType, FieldType.STRING) if node.has("items") else None
    precision, scale = node.count("precision"), node.count("scale")
    if kind is FieldType.DECIMAL:
        precision, scale = digits(precision, scale)
    return Field(
        name=node.required_text("name"),
        type=kind,
        description=node.text("description"),
        required=node.flag("required"),
        min_length=node.count("min_length"),
        max_length=node.count("max_length"),
        pattern=node.text("pattern") if node.has("pattern") else None,
        unique=node.flag("unique"),
        index=node.flag("index"),
        has_default=node.has("default"),
        default=canonical(kind, node.value("default"), items=items),
        values=node.words("values"),
        precision=precision,
        scale=scale,
        minimum=node.literal("minimum"),
        maximum=node.literal("maximum"),
        items=items,
        immutable=node.flag("immutable"),
        write_only=node.flag("write_only"),
        read_only=node.flag("read_only"),
    )


def _relation(node: Node) -> Relation:
    required = node.flag("required")
    usual = OnDelete.RESTRICT if required else OnDelete.SET_NULL
    return Relation(
        name=node.required_text("name"),
        kind=node.choice("kind", RelationKind, None),
        target=node.required_text("target"),
        description=node.text("description"),
        back=node.text("back"),
        required=required,
        on_delete=node.choice("on_delete", OnDelete, usual),
        payload=tuple(read_field(each) for each in node.nodes("payload", keys_of(Field))),
    )


def _options(node: Node) -> EntityOptions:
    return EntityOptions(
        timestamps=node.flag("timestamps", default=True),
        soft_delete=node.flag("soft_delete"),
        owner=node.flag("owner"),
        tenant=node.flag("tenant"),
        primary_key=node.choice("primary_key", PrimaryKey, PrimaryKey.UUID),
    )


def _access(node: Node) -> Access:
    return Access(
        create=node.words("create"),
        read=node.words("read"),
        update=node.words("update"),
        delete=node.words("delete"),
    )


def read_single_field(keys: dict[str, JsonValue]) -> Field:
    """Return the field that a mapping of the spec's keys describes.

    Raises:
        InvalidInputError: A key or a type is wrong; each place is named.
    """
    findings = Findings()
    field = read_field(Node(keys, path="field", findings=findings, keys=keys_of(Field)))
    findings.raise_if_any(reason=SPEC_INVALID)
    return field
