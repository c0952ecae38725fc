"""Reading what a stream keeps, page by page, with direct batch gets."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from nats.aio.msg import Msg

from chassis.bus.interface import Message
from chassis.bus.jetstream.errors import (
    NO_MESSAGE_FOUND,
    STREAM_NOT_FOUND,
    ApiError,
    NoResponderError,
    away,
)
from chassis.bus.jetstream.session import API, NO_RESPONDERS, STATUS, Session
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.stored import from_direct
from chassis.bus.jetstream.streams import Stream
from chassis.errors import UnavailableError

END_OF_BATCH = "204"
NOT_FOUND = "404"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Messages that follow one another on a subject."""

    messages: tuple[Message, ...]
    """In order; empty when nothing follows."""

    complete: bool
    """Whether nothing more of the subject was kept when the page was read."""


async def read_page(
    stream: Stream, settings: BusSettings, subject: str, *, epoch: str, after: int
) -> Page:
    """Read what follows a sequence on a subject.

    Any replica may answer, also one that lags: what it has is a prefix of what the leader has. One
    that is frozen does not answer, so another one is asked, for as long as `retry_within`.
    """
    query = {
        "seq": after + 1,
        "next_by_subj": subject,
        "batch": settings.replay_batch,
        "max_bytes": settings.replay_batch_size,
    }
    payload = json.dumps(query).encode()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + settings.retry_within.total_seconds()
    while True:
        session = await stream.session()
        try:
            return await _read_page(session, stream.name, payload, epoch)
        except NoResponderError:
            stream.doubt()
            raise
        except UnavailableError:
            if loop.time() > deadline:
                raise


async def _read_page(session: Session, name: str, payload: bytes, epoch: str) -> Page:
    *found, end = await session.request_many(f"{API}.DIRECT.GET.{name}", payload)
    status = (end.headers or {}).get(STATUS)
    if status == NOT_FOUND and not found:
        return Page(messages=(), complete=True)
    if status == NO_RESPONDERS:
        raise NoResponderError("The bus has nobody for this; try again later")
    if status != END_OF_BATCH:
        raise away(f"The bus could not read its history: status {status}")
    _check_chain(found, end)
    messages = tuple(from_direct(message, epoch=epoch) for message in found)
    return Page(messages=messages, complete=_pending(end) == 0)


async def newest(stream: Stream, subject: str) -> dict[str, Any] | None:
    """Return the newest message of a subject, as the leader has it, or None."""
    return await _get(stream, {"last_by_subj": subject})


async def next_of(stream: Stream, subject: str, after: int) -> dict[str, Any] | None:
    """Return the first message of a subject after a sequence, as the leader has it, or None."""
    return await _get(stream, {"seq": after + 1, "next_by_subj": subject})


async def message_at(stream: Stream, sequence: int) -> dict[str, Any] | None:
    """Return the message at a place, as the leader has it, or None."""
    return await _get(stream, {"seq": sequence})


async def delete(stream: Stream, sequence: int) -> None:
    """Delete the message at a place; raises `UnavailableError` also when it is gone already."""
    session = await stream.session()
    await session.api(f"STREAM.MSG.DELETE.{stream.name}", {"seq": sequence, "no_erase": True})


async def _get(stream: Stream, query: dict[str, object]) -> dict[str, Any] | None:
    session = await stream.session()
    try:
        answer = await session.api(f"STREAM.MSG.GET.{stream.name}", query)
    except ApiError as error:
        if error.number == STREAM_NOT_FOUND:
            stream.doubt()
            raise away() from error
        if error.number != NO_MESSAGE_FOUND:
            raise
        return None
    found: dict[str, Any] = answer["message"]
    return found


def _check_chain(found: list[Msg], end: Msg) -> None:
    """Each answer names the one before it: refuse a page from which one got lost on the way."""
    for before, message in zip(found, [*found[1:], end], strict=True):
        if (message.headers or {}).get("Nats-Last-Sequence") != _sequence(before):
            raise away("The bus lost part of an answer; try again")


def _sequence(message: Msg) -> str:
    return (message.headers or {}).get("Nats-Sequence", "")


def _pending(end: Msg) -> int:
    return int((end.headers or {}).get("Nats-Num-Pending", "0"))
