"""Waiting for services that are away: with growing pauses, and not for ever."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

import grpc
import structlog

from chassis.errors import DeadlineExceededError, InternalError, ServiceError, UnavailableError
from chassis.status import DETAILS_KEY
from chassis.writes import NO_ROOM
from orchestrator_svc.settings import RunnerSettings

T = TypeVar("T")
log = structlog.get_logger()


def passes(error: ServiceError) -> bool:
    """Tell whether an error may be gone when tried again.

    A code that the other service never sent, as its missing details show, is a connection's end.
    """
    if isinstance(error, UnavailableError | DeadlineExceededError) or error.reason in NO_ROOM:
        return True
    cause = error.__cause__
    return (
        isinstance(error, InternalError)
        and isinstance(cause, grpc.aio.AioRpcError)
        and DETAILS_KEY not in dict(cause.trailing_metadata() or ())
    )


async def patiently(step: Callable[[], Awaitable[T]], settings: RunnerSettings) -> T:
    """Repeat a step while what it needs is away, until patience ends.

    It is lost with the first failure, and never with a full disk: there is work worth keeping, and
    somebody will make room. Only the generation's deadline ends that.

    Raises:
        ServiceError: The last failure, when it does not pass or patience has ended.
    """
    loop = asyncio.get_running_loop()
    end: float | None = None
    pause = settings.first_wait.total_seconds()
    while True:
        try:
            return await step()
        except ServiceError as error:
            end = end or loop.time() + settings.patience.total_seconds()
            over = loop.time() + pause > end and error.reason not in NO_ROOM
            if over or not passes(error):
                raise
            log.warning("run.waits", reason=error.reason, error=error.message, seconds=pause)
        await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        pause = min(pause * 2, settings.longest_wait.total_seconds())
