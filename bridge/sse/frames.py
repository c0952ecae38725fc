"""Server-sent events as bytes: each event is encoded once, for all who see it."""

import json
import re
from datetime import datetime, timedelta
from typing import Any, Literal

from bridge.sse.event import Event, Standing, Topic
from chassis.errors import ServiceError

Framing = Literal["named", "message"]

HEARTBEAT = b": heartbeat\n\n"
NAMED_HEARTBEAT = b"event: heartbeat\ndata: {}\n\n"
_NAME = b"event: progress\n"
_UNSAFE_IN_ID = re.compile(r"[\r\n\0]")


def json_line(value: dict[str, Any]) -> bytes:
    """Return JSON on one line: every control character in it is escaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def frame(event: Event) -> bytes:
    """Return an event's frame, unnamed; one without a cursor leaves the client's last id alone."""
    if not event.cursor:
        return b"data: %b\n\n" % event.data
    return b"id: %b\ndata: %b\n\n" % (_UNSAFE_IN_ID.sub("", event.cursor).encode(), event.data)


def framed(unnamed: bytes, framing: Framing) -> bytes:
    """Return a frame as a client wants it: for `progress` listeners, or for `message` ones."""
    return _NAME + unnamed if framing == "named" else unnamed


def retry(milliseconds: int) -> bytes:
    """Return the frame that tells a client when to reconnect."""
    return b"retry: %d\n\n" % milliseconds


def chunk(data: bytes) -> bytes:
    """Return a chunk of HTTP/1.1's chunked coding (RFC 9112, 7.1)."""
    return b"%x\r\n%b\r\n" % (len(data), data)


def body(data: bytes) -> dict[str, Any]:
    """Return the ASGI message of some of a body."""
    return {"type": "http.response.body", "body": data, "more_body": True}


def refused(topic: Topic, error: ServiceError, *, now: datetime) -> tuple[bytes, bytes]:
    """Return the frames for a client that may come back later: when, and why not now."""
    wait = int((error.retry_after or timedelta(seconds=5)).total_seconds() * 1000)
    event = told(
        topic,
        "stream_error",
        error.message,
        standing=Standing(),
        now=now,
        reason=error.reason,
        retry=True,
    )
    return retry(wait), frame(event)


def told(
    topic: Topic, stage: str, message: str, *, standing: Standing, now: datetime, **more: Any
) -> Event:
    """Return what the bridge itself has to say in a stream.

    A terminal status stands in the terminal event alone: clients close when they see one.
    """
    if topic.kind == "channel":
        wrapped = {"channel": topic.name, "message": message, **more}
        data = json_line({"type": stage, "object": wrapped})
        return Event(cursor="", data=data, standing=standing)
    about: dict[str, Any] = {
        "generation_id": topic.name,
        "status": standing.status if standing.status == "pending" else "processing",
        "stage": stage,
        "progress": standing.progress,
        "message": message,
        "timestamp": now.timestamp(),
        "project_id": standing.project_id,
        "version": standing.version,
        **more,
    }
    return Event(cursor="", data=json_line(about), standing=standing)
