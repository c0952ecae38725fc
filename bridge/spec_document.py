"""The spec's document form: the words of contract 3.2, from its typed form."""

from typing import Any

from backsmith.spec.v1 import spec_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message


def spec_document_from_proto(spec: spec_pb2.ProjectSpec) -> dict[str, Any]:
    """Return a spec as its users write it: absent values left out, enums in lower case."""
    return _object(spec)


def _object(message: Message) -> dict[str, Any]:
    return {field.name: _value(field, value) for field, value in message.ListFields()}


def _value(field: FieldDescriptor, value: Any) -> Any:
    if field.is_repeated:
        return [_single(field, each) for each in value]
    return _single(field, value)


def _single(field: FieldDescriptor, value: Any) -> Any:
    if field.enum_type is not None:
        return _word(field, value)
    if field.message_type is None:
        return value
    if isinstance(value, spec_pb2.FieldGroup):
        return list(value.names)
    if field.message_type.file.package == "google.protobuf":
        return json_format.MessageToDict(value)
    return _object(value)


def _word(field: FieldDescriptor, number: int) -> str:
    """Return an enum's value without its prefix: FIELD_TYPE_EMAIL is `email`."""
    assert field.enum_type is not None  # noqa: S101 - the caller looked
    values = field.enum_type.values_by_number
    prefix = values[0].name.removesuffix("UNSPECIFIED")
    return values[number].name.removeprefix(prefix).lower()
