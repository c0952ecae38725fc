"""Channels' events as the JSON of contract 3.3: `{type, object}`."""

from typing import Any

from backsmith.orchestrator.v1 import channel_pb2

from bridge.convert import project_to_out
from bridge.sse.event import Event, Standing
from bridge.sse.frames import json_line
from bridge.sse.progress import progress_to_json

ACTIONS = {
    channel_pb2.FILE_ACTION_GENERATED: "generated",
    channel_pb2.FILE_ACTION_EDITED: "edited",
    channel_pb2.FILE_ACTION_MERGED: "merged",
    channel_pb2.FILE_ACTION_DELETED: "deleted",
}


def event_from_channel(event: channel_pb2.ChannelEvent) -> Event:
    """Return a channel's event, encoded."""
    body = {"type": event.WhichOneof("object"), "object": _object(event)}
    return Event(cursor=event.cursor, data=json_line(body), standing=Standing())


def _object(event: channel_pb2.ChannelEvent) -> dict[str, Any]:
    match event.WhichOneof("object"):
        case "generation":
            return progress_to_json(event.generation)
        case "file":
            return _file(event.file)
        case _:
            return project_to_out(event.project).model_dump(mode="json")


def _file(file: channel_pb2.FileEvent) -> dict[str, Any]:
    return {
        "id": file.id,
        "generation_id": file.generation_id,
        "project_id": file.project_id,
        "path": file.path,
        "digest": file.digest,
        "size_bytes": file.size_bytes,
        "action": ACTIONS[file.action],
    }
