"""Storing a message in a stream, once, whatever happens to its acknowledgement."""

import asyncio
import json
from contextlib import suppress
from typing import Any

from chassis.bus.jetstream.errors import (
    DUPLICATE_IN_PROCESS,
    WRONG_LAST_SEQUENCE,
    ApiError,
    NoResponderError,
    api_error,
    away,
)
from chassis.bus.jetstream.history import next_of
from chassis.bus.jetstream.session import Session
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.stored import EXPECTED_LAST, MESSAGE_ID, message_id_of
from chassis.bus.jetstream.streams import Stream
from chassis.errors import ServiceError, UnavailableError
from chassis.writes import NO_ROOM

RETRY_SECONDS = 0.1


class WrongLastError(Exception):
    """The subject's newest message is not the one that was expected."""


async def store(
    stream: Stream, settings: BusSettings, subject: str, data: bytes, headers: dict[str, str]
) -> int:
    """Store a message that carries a message id, and return its sequence.

    Raises:
        WrongLastError: The subject's newest message is not the expected one.
        UnavailableError: No session is open, or no acknowledgement came within `retry_within`.
    """
    session = await stream.session()
    deadline = asyncio.get_running_loop().time() + settings.retry_within.total_seconds()
    while True:
        try:
            sequence = await _try(session, subject, data, headers)
        except NoResponderError as error:
            stream.doubt()
            failure: ServiceError = error
        except UnavailableError as error:
            failure = error
        except ApiError as error:
            if error.number in WRONG_LAST_SEQUENCE:
                return await _repeated(stream, subject, headers)
            if error.number not in DUPLICATE_IN_PROCESS:
                raise
            failure = error
        else:
            stream.stored()
            return sequence
        session = await _session_by(deadline, stream, failure)


async def _try(session: Session, subject: str, data: bytes, headers: dict[str, str]) -> int:
    answer = await session.request(subject, data, headers=headers)
    result: dict[str, Any] = json.loads(answer.data)
    if "error" in result:
        raise api_error(result["error"])
    sequence: int = result["seq"]
    return sequence


async def _session_by(deadline: float, stream: Stream, failure: ServiceError) -> Session:
    try:
        async with asyncio.timeout_at(deadline):
            while True:
                await asyncio.sleep(RETRY_SECONDS)
                with suppress(UnavailableError):
                    return await stream.wait_session()
    except TimeoutError:
        stream.not_stored(failure)
        if failure.reason in NO_ROOM:
            raise failure from None
        raise away("The bus did not confirm in time; try again") from failure


async def _repeated(stream: Stream, subject: str, headers: dict[str, str]) -> int:
    """Tell a repeat from a lost race: the server checks the sequence before the message id."""
    found = await next_of(stream, subject, int(headers[EXPECTED_LAST]))
    if found is None or message_id_of(found) != headers[MESSAGE_ID]:
        raise WrongLastError
    sequence: int = found["seq"]
    return sequence
