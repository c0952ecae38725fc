"""Errors as RFC 9457 problems: the only place that knows both."""

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Route

from bridge.errors import (
    BodyTooLargeError,
    MalformedBodyError,
    MalformedRequestError,
    PreconditionError,
    QueryTooLongError,
)
from bridge.schemas.problem import PlanSoFar, Problem, Violation
from chassis.errors import (
    AbortedError,
    AlreadyExistsError,
    DeadlineExceededError,
    FailedPreconditionError,
    FieldViolation,
    InternalError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    OutOfRangeError,
    PermissionDeniedError,
    ServiceError,
    UnauthenticatedError,
    UnavailableError,
)
from chassis.telemetry import trace_id

MEDIA_TYPE = "application/problem+json"

STATUSES: dict[type[ServiceError], HTTPStatus] = {
    MalformedRequestError: HTTPStatus.BAD_REQUEST,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    QueryTooLongError: HTTPStatus.REQUEST_URI_TOO_LONG,
    PreconditionError: HTTPStatus.PRECONDITION_FAILED,
    InvalidInputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    OutOfRangeError: HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
    UnauthenticatedError: HTTPStatus.UNAUTHORIZED,
    PermissionDeniedError: HTTPStatus.FORBIDDEN,
    NotFoundError: HTTPStatus.NOT_FOUND,
    AlreadyExistsError: HTTPStatus.CONFLICT,
    FailedPreconditionError: HTTPStatus.CONFLICT,
    AbortedError: HTTPStatus.CONFLICT,
    LimitExceededError: HTTPStatus.TOO_MANY_REQUESTS,
    UnavailableError: HTTPStatus.SERVICE_UNAVAILABLE,
    DeadlineExceededError: HTTPStatus.GATEWAY_TIMEOUT,
    InternalError: HTTPStatus.INTERNAL_SERVER_ERROR,
}
"""The status of each class of error; the nearest class decides."""

WORDS = {"pattern": "query", "patch_document": "spec_patch", "spec_document": "spec"}
"""Fields of the services' requests that this API calls otherwise."""

log = structlog.get_logger()


def status_of(error: ServiceError) -> HTTPStatus:
    """Return the status of an error's nearest class."""
    return next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` for the problems that a route may answer."""
    return {
        status: {
            "model": Problem,
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in sorted({401, 404, 422, 429, 500, 503, 504, *statuses})
    }


def render(error: ServiceError, *, instance: str) -> JSONResponse:
    """Return the problem response for an error.

    Args:
        error: What went wrong.
        instance: The path asked for, without its query.
    """
    status = status_of(error)
    violations: Sequence[FieldViolation] = getattr(error, "violations", ())
    return _respond(
        Problem(
            type=f"urn:backsmith:problem:{error.reason.lower().replace('_', '-')}",
            title=status.phrase,
            status=status,
            detail=error.message,
            instance=instance,
            reason=error.reason,
            trace_id=trace_id(),
            errors=[
                Violation(
                    field=WORDS.get(each.field, each.field),
                    message=each.message,
                    reason=each.reason,
                )
                for each in violations
            ],
            plan=_plan_so_far(error),
        ),
        _headers(error),
    )


def _plan_so_far(error: ServiceError) -> PlanSoFar | None:
    told = PlanSoFar(**{key: error.metadata.get(key) or None for key in PlanSoFar.model_fields})
    return told if any(told.model_dump().values()) else None


def _respond(problem: Problem, headers: Mapping[str, str]) -> JSONResponse:
    return JSONResponse(
        problem.model_dump(mode="json", exclude_none=True),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"cache-control": "no-store", **headers},
    )


def _headers(error: ServiceError) -> dict[str, str]:
    headers = {}
    if isinstance(error, UnauthenticatedError):
        headers["www-authenticate"] = "Bearer"
    if isinstance(error, OutOfRangeError) and "size" in error.metadata:
        headers["content-range"] = f"bytes */{error.metadata['size']}"
    if error.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(error.retry_after.total_seconds())))
    return headers


def install(app: FastAPI, routes: Sequence[Route]) -> None:
    """Make every error of an application a problem; `routes` tell what a path answers."""
    app.state.routes = routes
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_exception)
    app.add_exception_handler(Exception, _unexpected)


async def _service_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ServiceError)  # noqa: S101 - registered for it
    log.info("http.refused", reason=error.reason, error=error.message)
    return render(error, instance=request.url.path)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for it
    return await _service_error(request, _invalid_input(error))


def _invalid_input(error: RequestValidationError) -> InvalidInputError:
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        return MalformedBodyError("The body is not JSON; send a JSON object.")
    violations = [
        FieldViolation(
            field=_field_path(each["loc"]),
            message=each["msg"].removeprefix("Value error, "),
            reason=each["type"].upper(),
        )
        for each in found
    ]
    first, *others = (f"{violation.field}: {violation.message}" for violation in violations)
    more = f" (and {len(others)} more)" if others else ""
    return InvalidInputError(f"The request is not valid. {first}{more}", violations=violations)


def _field_path(location: Sequence[int | str]) -> str:
    """Return the path of a field as its caller wrote it: `entities[2].name`."""
    origin, *parts = location
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in parts)
    return path.lstrip(".") or str(origin)


async def _http_exception(request: Request, error: Exception) -> JSONResponse:
    """Render what the framework itself refuses: unknown paths, methods, unreadable bodies."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for it
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return await _service_error(request, MalformedBodyError(_UNREADABLE))
    status = HTTPStatus(error.status_code)
    if status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return await _service_error(request, BodyTooLargeError("The body is too large."))
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    if status is HTTPStatus.METHOD_NOT_ALLOWED:
        headers["allow"] = ", ".join(allowed_methods(request.app.state.routes, request.url.path))
    reason = status.name
    return _respond(
        Problem(
            type=f"urn:backsmith:problem:{reason.lower().replace('_', '-')}",
            title=status.phrase,
            status=status,
            detail=_DETAILS.get(status, status.phrase + "."),
            instance=request.url.path,
            reason=reason,
            trace_id=trace_id(),
            errors=[],
            plan=None,
        ),
        headers,
    )


_UNREADABLE = "The body cannot be read: it is broken off, or nested too deeply."
_DETAILS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this path.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This path does not answer this method; see `Allow`.",
}


def allowed_methods(routes: Sequence[Route], path: str) -> list[str]:
    """Return every method that the most literal path of some routes answers."""
    matching = [route for route in routes if route.path_regex.match(path)]
    if not matching:
        return ["GET"]
    nearest = min(matching, key=lambda route: len(route.param_convertors)).path
    return sorted({m for route in matching if route.path == nearest for m in route.methods or ()})


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    """Say that it was our fault, and nothing about the cause."""
    del error
    failure = InternalError("The service failed; report it, with its trace id, if it stays.")
    return render(failure, instance=request.url.path)
