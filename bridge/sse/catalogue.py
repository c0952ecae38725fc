"""What streams send, as JSON Schema made from the protos."""

from typing import Any

from backsmith.orchestrator.v1 import channel_pb2
from backsmith.progress.v1 import progress_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from bridge.schemas.project import ProjectOut

Schema = dict[str, Any]

STATUSES = ["pending", "processing", "completed", "failed", "cancelled"]
ALWAYS = ("generation_id", "status", "stage", "progress", "message", "timestamp")
WIRE_NAMES = {"event_time": "timestamp"}
TOLD_BY_THE_BRIDGE: dict[str, Schema] = {
    "phases_completed": {"type": "integer", "minimum": 0, "maximum": 6},
    "files_so_far": {"type": "integer", "minimum": 0},
    "reason": {"type": "string"},
    "retry": {"type": ["boolean", "integer"]},
}
"""Fields of `snapshot`, `stream_error` and `handover`, which no service sends."""

_SCALARS: dict[int, Schema] = {
    FieldDescriptor.CPPTYPE_STRING: {"type": "string"},
    FieldDescriptor.CPPTYPE_DOUBLE: {"type": "number"},
    FieldDescriptor.CPPTYPE_INT32: {"type": "integer"},
    FieldDescriptor.CPPTYPE_INT64: {"type": "integer"},
    FieldDescriptor.CPPTYPE_BOOL: {"type": "boolean"},
}


def progress_schema() -> Schema:
    """Return the schema of a progress event (contract 3.3)."""
    schema = _message(progress_pb2.ProgressEvent.DESCRIPTOR)
    schema["properties"] |= TOLD_BY_THE_BRIDGE
    schema["properties"]["status"] = {"enum": STATUSES}
    schema["properties"]["progress"] = {"type": "number", "minimum": 0, "maximum": 1}
    return schema | {"title": "ProgressEvent", "required": list(ALWAYS)}


def channel_schema() -> Schema:
    """Return the schema of a channel's event."""
    file = _message(channel_pb2.FileEvent.DESCRIPTOR)
    file["properties"]["action"] = {"enum": ["generated", "edited", "merged", "deleted"]}
    kinds = {
        "generation": progress_schema(),
        "file": file | {"title": "FileEvent", "required": list(file["properties"])},
        "project": ProjectOut.model_json_schema(),
    }
    told = [
        {
            "type": "object",
            "properties": {"type": {"const": kind}, "object": schema},
            "required": ["type", "object"],
        }
        for kind, schema in kinds.items()
    ]
    notice = {"properties": {"channel": {"type": "string"}, "message": {"type": "string"}}}
    stages = ["connected", "timeout", "handover", "stream_error", "history_truncated"]
    told.append({"properties": {"type": {"enum": stages}, "object": notice}})
    return {"title": "ChannelEvent", "anyOf": told}


def item_schema(data: Schema) -> Schema:
    """Return the schema of one server-sent event (OpenAPI 3.2, `itemSchema`)."""
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "A cursor; opaque."},
            "event": {"enum": ["message", "progress", "heartbeat"]},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"anyOf": [data, {"type": "object", "maxProperties": 0}]},
            },
            "retry": {"type": "integer", "minimum": 0},
        },
    }


def _message(descriptor: Descriptor) -> Schema:
    properties = {
        WIRE_NAMES.get(field.name, field.name): _field(field) for field in descriptor.fields
    }
    return {"type": "object", "properties": properties}


def _field(field: FieldDescriptor) -> Schema:
    schema = _single(field)
    return {"type": "array", "items": schema} if field.is_repeated else schema


def _single(field: FieldDescriptor) -> Schema:
    message = field.message_type
    if message is None:
        return dict(_SCALARS.get(field.cpp_type, {"type": "string"}))
    if message.full_name == "google.protobuf.Timestamp":
        return {"type": "number", "description": "Seconds since 1970, UTC."}
    nested = _message(message)
    return nested | {"title": message.name, "required": list(nested["properties"])}
