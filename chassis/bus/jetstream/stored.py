"""Messages as the server hands them out: from the history, and from the live feed."""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from nats.aio.msg import Msg

from chassis.bus.interface import Cursor, Message

UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PLAIN_REPLY_TOKENS = 9
MESSAGE_ID = "Nats-Msg-Id"
EXPECTED_LAST = "Nats-Expected-Last-Subject-Sequence"
HEADER_END = b"\r\n"


def from_direct(message: Msg, *, epoch: str) -> Message:
    """Return the message of a direct get, whose place stands in its headers."""
    headers = message.headers or {}
    return Message(
        subject=headers["Nats-Subject"],
        data=message.data,
        cursor=Cursor(epoch=epoch, sequence=int(headers["Nats-Sequence"])),
        time=datetime.fromisoformat(headers["Nats-Time-Stamp"]),
    )


def from_api(found: dict[str, Any], *, epoch: str) -> Message:
    """Return the message of a `STREAM.MSG.GET`."""
    return Message(
        subject=found["subject"],
        data=base64.b64decode(found.get("data", "")),
        cursor=Cursor(epoch=epoch, sequence=found["seq"]),
        time=datetime.fromisoformat(found["time"]),
    )


def message_id_of(found: dict[str, Any]) -> str:
    """Return the message id that a message of a `STREAM.MSG.GET` was appended with, or ''."""
    return headers_of(found).get(MESSAGE_ID, "")


def headers_of(found: dict[str, Any]) -> dict[str, str]:
    """Return the headers of a message of a `STREAM.MSG.GET`."""
    lines = base64.b64decode(found.get("hdrs", "")).split(HEADER_END)[1:]
    pairs = (line.decode().partition(":") for line in lines if line)
    return {name: value.strip() for name, _, value in pairs}


def from_feed(message: Msg, *, epoch: str, sequence: int, nanoseconds: int) -> Message:
    """Return the message of a live feed, whose place stands in its reply subject."""
    return Message(
        subject=message.subject,
        data=message.data,
        cursor=Cursor(epoch=epoch, sequence=sequence),
        time=UNIX_EPOCH + timedelta(microseconds=nanoseconds // 1000),
    )


def feed_place(reply: str) -> tuple[int, int, int]:
    """Return stream sequence, consumer sequence and time, as a reply subject tells them."""
    _, sequence, delivered, nanoseconds = _reply_numbers(reply)
    return sequence, delivered, nanoseconds


def deliveries(reply: str) -> int:
    """Return how often a job was handed out, as its reply subject tells it."""
    return _reply_numbers(reply)[0]


def _reply_numbers(reply: str) -> tuple[int, int, int, int]:
    """Read `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<delivered>.<time>.<pending>`.

    Some servers put a domain and an account before the stream.
    """
    tokens = reply.split(".")
    at = 4 if len(tokens) == PLAIN_REPLY_TOKENS else 6
    return int(tokens[at]), int(tokens[at + 1]), int(tokens[at + 2]), int(tokens[at + 3])
