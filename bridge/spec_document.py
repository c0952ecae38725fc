"""The spec's document form: the words of contract 3.2, from its typed form."""

from typing import Any

from backsmith.spec.v1 import spec_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message


def spec_document_from_proto(spec: spec_pb2.ProjectSpec) -> dict[str, Any]:
    """Return a spec as its users write it: absent values left out, enums in lower case."""
    return _object(spec)


def patch_document_from_proto(patch: spec_pb2.SpecPatch) -> dict[str, Any]:
    """Return a patch as its users write it; sent back as it is, it means the same."""
    document = {
        "add": [_change(change) for change in patch.add],
        "alter": [_change(change) for change in patch.alter],
        "rename": [{"target": rename.target, "to": rename.to} for rename in patch.rename],
        "drop": list(patch.drop),
    }
    return {key: items for key, items in document.items() if items}


def _change(change: spec_pb2.SpecChange) -> dict[str, Any]:
    """Return one change; a relation has a `target` of its own, so the change is named otherwise."""
    keys = json_format.MessageToDict(change.keys)
    return {"entity.relation" if "target" in keys else "target": change.target, **keys}


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
        return whole(json_format.MessageToDict(value))
    return _object(value)


def whole(value: Any) -> Any:
    """Return a JSON value whose whole numbers are integers again: protobuf knows floats only."""
    match value:
        case dict():
            return {key: whole(each) for key, each in value.items()}
        case list():
            return [whole(each) for each in value]
        case float() if value.is_integer() and abs(value) < 2**53:
            return int(value)
        case _:
            return value


def _word(field: FieldDescriptor, number: int) -> str:
    """Return an enum's value without its prefix: FIELD_TYPE_EMAIL is `email`."""
    assert field.enum_type is not None  # noqa: S101 - the caller looked
    values = field.enum_type.values_by_number
    prefix = values[0].name.removesuffix("UNSPECIFIED")
    return values[number].name.removeprefix(prefix).lower()
