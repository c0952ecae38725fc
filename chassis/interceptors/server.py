"""What stands around every RPC served, outermost first: telemetry, errors, deadline, caller."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import NoReturn

import grpc
import structlog

from chassis.auth import Authenticator, bind_principal, require_internal
from chassis.errors import (
    DeadlineExceededError,
    InternalError,
    ServiceError,
    UnauthenticatedError,
)
from chassis.ids import new_id
from chassis.interceptors.around import Around, AroundInterceptor, Call
from chassis.status import DETAILS_KEY, code_of, status_from_error
from chassis.telemetry import RPC_SECONDS, RPCS, traced

REQUEST_ID = "x-request-id"
OPEN_SERVICES = ("/grpc.health.", "/grpc.reflection.")
"""Services that answer without credentials: they tell nothing of anybody."""

log = structlog.get_logger()


def server_interceptors(
    authenticator: Authenticator,
    *,
    internal_only: bool,
    unary_deadline: timedelta,
    stream_deadline: timedelta,
) -> Sequence[AroundInterceptor]:
    """Return what stands around every RPC, outermost first."""
    arounds: tuple[Around, ...] = (
        telemetry,
        render_errors,
        deadline(unary=unary_deadline, stream=stream_deadline),
        authentication(authenticator, internal_only=internal_only),
    )
    return [AroundInterceptor(around) for around in arounds]


@asynccontextmanager
async def telemetry(call: Call) -> AsyncIterator[None]:
    """Trace, count and time the call, and bind its ids to the logs."""
    request_id = call.metadata.get(REQUEST_ID) or new_id("req")
    started = time.perf_counter()
    with traced(call.method, call.metadata, request_id=request_id, method=call.method):
        try:
            yield
        finally:
            RPCS.labels(call.method, _code_name(call)).inc()
            RPC_SECONDS.labels(call.method).observe(time.perf_counter() - started)


def _code_name(call: Call) -> str:
    code = call.context.code()
    return code.name if isinstance(code, grpc.StatusCode) else "OK"


@asynccontextmanager
async def render_errors(call: Call) -> AsyncIterator[None]:
    """Answer errors as rich status; what nobody meant to raise is logged and told as INTERNAL."""
    try:
        yield
    except ServiceError as error:
        log.info("rpc.refused", reason=error.reason, error=error.message)
        await _abort(call, error)
    except grpc.aio.AbortError:
        raise
    except Exception:
        log.exception("rpc.failed")
        await _abort(call, InternalError("The service failed; report it if it stays."))


async def _abort(call: Call, error: ServiceError) -> NoReturn:
    status = status_from_error(error)
    await call.context.abort(
        code_of(error), error.message, ((DETAILS_KEY, status.SerializeToString()),)
    )


def deadline(*, unary: timedelta, stream: timedelta) -> Around:
    """Bound every call, also one whose caller set no deadline."""

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        limit = (stream if call.streaming else unary).total_seconds()
        try:
            async with asyncio.timeout(limit) as scope:
                yield
        except TimeoutError:
            if not scope.expired():
                raise
            raise DeadlineExceededError(f"The call took longer than {limit:g} seconds.") from None

    return around


def authentication(authenticator: Authenticator, *, internal_only: bool) -> Around:
    """Verify the bearer token, bind whom it names, and pass only services if so told."""

    @asynccontextmanager
    async def around(call: Call) -> AsyncIterator[None]:
        if not call.method.startswith(OPEN_SERVICES):
            bind_principal(await authenticator.verify(_bearer(call)))
            if internal_only:
                require_internal()
        yield

    return around


def _bearer(call: Call) -> str:
    scheme, _, token = call.metadata.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise UnauthenticatedError(
            "Send a bearer token in the `authorization` metadata.", reason="TOKEN_MISSING"
        )
    return token
