"""Errors as `google.rpc.Status` and back (AIP-193): the only place that knows both."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2

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

DOMAIN = "backsmith"
DETAILS_KEY = "grpc-status-details-bin"

CODES: dict[type[ServiceError], grpc.StatusCode] = {
    InvalidInputError: grpc.StatusCode.INVALID_ARGUMENT,
    OutOfRangeError: grpc.StatusCode.OUT_OF_RANGE,
    UnauthenticatedError: grpc.StatusCode.UNAUTHENTICATED,
    PermissionDeniedError: grpc.StatusCode.PERMISSION_DENIED,
    NotFoundError: grpc.StatusCode.NOT_FOUND,
    AlreadyExistsError: grpc.StatusCode.ALREADY_EXISTS,
    FailedPreconditionError: grpc.StatusCode.FAILED_PRECONDITION,
    AbortedError: grpc.StatusCode.ABORTED,
    LimitExceededError: grpc.StatusCode.RESOURCE_EXHAUSTED,
    UnavailableError: grpc.StatusCode.UNAVAILABLE,
    DeadlineExceededError: grpc.StatusCode.DEADLINE_EXCEEDED,
    InternalError: grpc.StatusCode.INTERNAL,
}
ERRORS = {code: error for error, code in CODES.items()} | {
    # A server that is overloaded, or stops, cancels calls; our own cancellations never get here.
    grpc.StatusCode.CANCELLED: UnavailableError
}


def code_of(error: ServiceError) -> grpc.StatusCode:
    """Return the code of an error's nearest named class."""
    return next(CODES[cls] for cls in type(error).__mro__ if cls in CODES)


def status_from_error(error: ServiceError) -> status_pb2.Status:
    """Render an error: a brief message for people, details for machines."""
    info = error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=error.metadata)
    status = status_pb2.Status(code=code_of(error).value[0], message=error.message)
    status.details.append(_pack(info))
    if isinstance(error, InvalidInputError) and error.violations:
        status.details.append(_pack(_bad_request(error.violations)))
    if isinstance(error, FailedPreconditionError) and error.violations:
        status.details.append(_pack(_precondition_failure(error.violations)))
    if error.retry_after is not None:
        delay = Duration()
        delay.FromTimedelta(error.retry_after)
        status.details.append(_pack(error_details_pb2.RetryInfo(retry_delay=delay)))
    return status


def error_from_rpc(failure: grpc.aio.AioRpcError) -> ServiceError:
    """Read an error that another service answered.

    A transport that failed is `UnavailableError`; a code we never send is `InternalError`.
    """
    status = _status_of(failure)
    error_class = ERRORS.get(failure.code(), InternalError)
    message = (status.message if status else "") or _MESSAGES.get(failure.code(), "")
    info, violations, retry_after = _details_of(status)
    if error_class in (InvalidInputError, FailedPreconditionError):
        return error_class(
            message, violations=violations, reason=info.reason, metadata=dict(info.metadata)
        )
    if error_class is UnavailableError and retry_after is None:
        retry_after = timedelta(seconds=1)
    return error_class(
        message or "The service failed; try again, and report it if it stays.",
        reason=info.reason,
        metadata=dict(info.metadata),
        retry_after=retry_after,
    )


_MESSAGES = {
    grpc.StatusCode.UNAVAILABLE: "A service that this needs is away; try again shortly.",
    grpc.StatusCode.DEADLINE_EXCEEDED: "It took longer than the time allowed; try again.",
}


@contextmanager
def rpc_errors() -> Iterator[None]:
    """Turn the failure of an RPC made in this block into the error it stands for."""
    try:
        yield
    except grpc.aio.AioRpcError as failure:
        raise error_from_rpc(failure) from failure


def _pack(
    message: error_details_pb2.ErrorInfo
    | error_details_pb2.BadRequest
    | error_details_pb2.PreconditionFailure
    | error_details_pb2.RetryInfo,
) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(message)
    return packed


def _bad_request(violations: Sequence[FieldViolation]) -> error_details_pb2.BadRequest:
    return error_details_pb2.BadRequest(
        field_violations=[
            error_details_pb2.BadRequest.FieldViolation(
                field=violation.field, description=violation.message, reason=violation.reason
            )
            for violation in violations
        ]
    )


def _precondition_failure(
    violations: Sequence[FieldViolation],
) -> error_details_pb2.PreconditionFailure:
    return error_details_pb2.PreconditionFailure(
        violations=[
            error_details_pb2.PreconditionFailure.Violation(
                type=violation.reason, subject=violation.field, description=violation.message
            )
            for violation in violations
        ]
    )


def _status_of(failure: grpc.aio.AioRpcError) -> status_pb2.Status | None:
    for key, value in failure.trailing_metadata() or ():
        if key == DETAILS_KEY and isinstance(value, bytes):
            return status_pb2.Status.FromString(value)
    return None


def _details_of(
    status: status_pb2.Status | None,
) -> tuple[error_details_pb2.ErrorInfo, tuple[FieldViolation, ...], timedelta | None]:
    info = error_details_pb2.ErrorInfo()
    bad_request = error_details_pb2.BadRequest()
    precondition = error_details_pb2.PreconditionFailure()
    retry = error_details_pb2.RetryInfo()
    retry_after = None
    for detail in status.details if status else ():
        detail.Unpack(info)
        detail.Unpack(bad_request)
        detail.Unpack(precondition)
        if detail.Unpack(retry):
            retry_after = retry.retry_delay.ToTimedelta()
    fields = tuple(
        FieldViolation(field=each.field, message=each.description, reason=each.reason)
        for each in bad_request.field_violations
    )
    subjects = tuple(
        FieldViolation(field=each.subject, message=each.description, reason=each.type)
        for each in precondition.violations
    )
    return info, fields + subjects, retry_after
