"""Specs as messages to specs as plain values, and back, without loss."""

from enum import StrEnum
from typing import Any, TypeVar

from backsmith.spec.v1 import spec_pb2 as pb
from google.protobuf import json_format, struct_pb2

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

E = TypeVar("E", bound=StrEnum)


def spec_from_proto(message: pb.ProjectSpec) -> ProjectSpec:
    """Return the spec of a message, with its defaults filled in.

    Raises:
        InvalidInputError: A type or a kind that must be set is not; each place is named.
    """
    findings = Findings()
    spec = ProjectSpec(
        name=message.name,
        description=message.description,
        entities=tuple(
            _entity_from_proto(entity, f"entities[{index}]", findings)
            for index, entity in enumerate(message.entities)
        ),
        features=_features_from_proto(message.features),
        tech_stack=word(pb.TechStack, TechStack, message.tech_stack) or TechStack.FASTAPI_POSTGRES,
    )
    findings.raise_if_any(reason=SPEC_INVALID)
    return spec


def spec_to_proto(spec: ProjectSpec) -> pb.ProjectSpec:
    """Return a spec as a message."""
    return pb.ProjectSpec(
        name=spec.name,
        description=spec.description,
        entities=[_entity_to_proto(entity) for entity in spec.entities],
        features=pb.Features(
            auth=spec.features.auth,
            roles=spec.features.roles,
            docker=spec.features.docker,
            ci=spec.features.ci,
            tests=spec.features.tests,
        ),
        tech_stack=number(pb.TechStack, spec.tech_stack),
    )


def field_from_proto(message: pb.Field, path: str, findings: Findings) -> Field:
    """Return the field of a message; a missing type is recorded under its path."""
    kind = word(pb.FieldType, FieldType, message.type)
    if kind is None:
        findings.add(f"{path}.type", "KEY_MISSING", "The type is missing. Set it.")
        kind = FieldType.STRING
    precision, scale = _optional(message, "precision"), _optional(message, "scale")
    if kind is FieldType.DECIMAL:
        precision, scale = digits(precision, scale)
    items = word(pb.FieldType, FieldType, message.items)
    return Field(
        name=message.name,
        type=kind,
        description=message.description,
        required=message.required,
        min_length=_optional(message, "min_length"),
        max_length=_optional(message, "max_length"),
        pattern=_optional(message, "pattern"),
        unique=message.unique,
        index=message.index,
        has_default=message.HasField("default"),
        default=canonical(kind, _value_from_proto(message), items=items),
        values=tuple(message.values),
        precision=precision,
        scale=scale,
        minimum=_optional(message, "minimum"),
        maximum=_optional(message, "maximum"),
        items=items,
        immutable=message.immutable,
        write_only=message.write_only,
        read_only=message.read_only,
    )


def field_to_proto(field: Field) -> pb.Field:
    """Return a field as a message."""
    return pb.Field(
        name=field.name,
        description=field.description,
        type=number(pb.FieldType, field.type),
        required=field.required,
        min_length=field.min_length,
        max_length=field.max_length,
        pattern=field.pattern,
        unique=field.unique,
        index=field.index,
        default=_default_to_proto(field) if field.has_default else None,
        values=field.values,
        precision=field.precision,
        scale=field.scale,
        minimum=field.minimum,
        maximum=field.maximum,
        items=number(pb.FieldType, field.items) if field.items else pb.FIELD_TYPE_UNSPECIFIED,
        immutable=field.immutable,
        write_only=field.write_only,
        read_only=field.read_only,
    )


def word(enumeration: Any, kind: type[E], value: int) -> E | None:
    """Return the word of a number of an enumeration; None if it is not set or not known."""
    known = {number(enumeration, member): member for member in kind}
    return known.get(value)


def number(enumeration: Any, member: StrEnum) -> Any:
    """Return the number of a word of an enumeration."""
    prefix = enumeration.Name(0).removesuffix("UNSPECIFIED")
    return enumeration.Value(prefix + member.name)


def _entity_from_proto(message: pb.Entity, path: str, findings: Findings) -> Entity:
    return Entity(
        name=message.name,
        description=message.description,
        fields=tuple(
            field_from_proto(field, f"{path}.fields[{index}]", findings)
            for index, field in enumerate(message.fields)
        ),
        relations=tuple(
            _relation_from_proto(relation, f"{path}.relations[{index}]", findings)
            for index, relation in enumerate(message.relations)
        ),
        unique_together=tuple(tuple(group.names) for group in message.unique_together),
        options=_options_from_proto(message.options),
        access=Access(
            create=tuple(message.access.create),
            read=tuple(message.access.read),
            update=tuple(message.access.update),
            delete=tuple(message.access.delete),
        ),
    )


def _entity_to_proto(entity: Entity) -> pb.Entity:
    return pb.Entity(
        name=entity.name,
        description=entity.description,
        fields=[field_to_proto(field) for field in entity.fields],
        relations=[_relation_to_proto(relation) for relation in entity.relations],
        unique_together=[pb.FieldGroup(names=group) for group in entity.unique_together],
        options=pb.EntityOptions(
            timestamps=entity.options.timestamps,
            soft_delete=entity.options.soft_delete,
            owner=entity.options.owner,
            tenant=entity.options.tenant,
            primary_key=number(pb.PrimaryKey, entity.options.primary_key),
        ),
        access=pb.Access(
            create=entity.access.create,
            read=entity.access.read,
            update=entity.access.update,
            delete=entity.access.delete,
        ),
    )


def _relation_from_proto(message: pb.Relation, path: str, findings: Findings) -> Relation:
    kind = word(pb.RelationKind, RelationKind, message.kind)
    if kind is None:
        findings.add(f"{path}.kind", "KEY_MISSING", "The kind is missing. Set it.")
    usual = OnDelete.RESTRICT if message.required else OnDelete.SET_NULL
    return Relation(
        name=message.name,
        kind=kind or RelationKind.MANY_TO_ONE,
        target=message.target,
        description=message.description,
        back=message.back,
        required=message.required,
        on_delete=word(pb.OnDelete, OnDelete, message.on_delete) or usual,
        payload=tuple(
            field_from_proto(field, f"{path}.payload[{index}]", findings)
            for index, field in enumerate(message.payload)
        ),
    )


def _relation_to_proto(relation: Relation) -> pb.Relation:
    return pb.Relation(
        name=relation.name,
        description=relation.description,
        kind=number(pb.RelationKind, relation.kind),
        target=relation.target,
        back=relation.back,
        required=relation.required,
        on_delete=number(pb.OnDelete, relation.on_delete),
        payload=[field_to_proto(field) for field in relation.payload],
    )


def _options_from_proto(message: pb.EntityOptions) -> EntityOptions:
    return EntityOptions(
        timestamps=message.timestamps if message.HasField("timestamps") else True,
        soft_delete=message.soft_delete,
        owner=message.owner,
        tenant=message.tenant,
        primary_key=word(pb.PrimaryKey, PrimaryKey, message.primary_key) or PrimaryKey.UUID,
    )


def _features_from_proto(message: pb.Features) -> Features:
    return Features(
        auth=message.auth,
        roles=tuple(message.roles),
        docker=message.docker if message.HasField("docker") else True,
        ci=message.ci if message.HasField("ci") else True,
        tests=message.tests if message.HasField("tests") else True,
    )


def _optional(message: pb.Field, key: str) -> Any:
    return getattr(message, key) if message.HasField(key) else None  # type: ignore[arg-type]


def _value_from_proto(message: pb.Field) -> JsonValue:
    if not message.HasField("default"):
        return None
    value: JsonValue = json_format.MessageToDict(message.default)
    return value


def _default_to_proto(field: Field) -> struct_pb2.Value:
    return json_format.ParseDict(_doubles(field, field.default), struct_pb2.Value())


def _doubles(field: Field, value: JsonValue) -> Any:
    """Return a default as a Value can hold it: it knows doubles only, so bigints become text."""
    if FieldType.BIGINT in {field.type, field.items}:
        return [str(item) for item in value] if isinstance(value, list) else str(value)
    return value
