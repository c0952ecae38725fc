"""Errors survive the way over gRPC with everything a caller may use."""

from datetime import timedelta

import grpc
import pytest

from chassis import errors
from chassis.status import (
    CODES,
    DETAILS_KEY,
    code_of,
    error_from_rpc,
    rpc_errors,
    status_from_error,
)


def over_the_wire(error: errors.ServiceError) -> grpc.aio.AioRpcError:
    """Return what a caller's gRPC raises for an error that a service answered."""
    payload = status_from_error(error).SerializeToString()
    return grpc.aio.AioRpcError(
        code_of(error),
        grpc.aio.Metadata(),
        grpc.aio.Metadata((DETAILS_KEY, payload)),
        details=error.message,
    )


@pytest.mark.parametrize("error_class", CODES)
def test_every_error_comes_back_as_itself(error_class: type[errors.ServiceError]) -> None:
    """Class, message, reason and metadata are the same at the other end."""
    sent = error_class("It broke.", reason="BROKEN", metadata={"id": "gen_1"})
    received = error_from_rpc(over_the_wire(sent))
    assert type(received) is error_class
    assert (received.message, received.reason, received.metadata) == (
        "It broke.",
        "BROKEN",
        {"id": "gen_1"},
    )


def test_violations_come_back() -> None:
    """Each field at fault is named at the other end."""
    violation = errors.FieldViolation(field="a.b[0]", message="Too long.", reason="TOO_LONG")
    for sent in (
        errors.InvalidInputError("Bad.", violations=[violation]),
        errors.FailedPreconditionError("Bad.", violations=[violation]),
    ):
        received = error_from_rpc(over_the_wire(sent))
        assert isinstance(received, errors.InvalidInputError | errors.FailedPreconditionError)
        assert received.violations == (violation,)


def test_retry_after_comes_back() -> None:
    """A hint when to try again survives."""
    sent = errors.UnavailableError("Away.", retry_after=timedelta(seconds=7))
    assert error_from_rpc(over_the_wire(sent)).retry_after == timedelta(seconds=7)


def test_broken_transport_is_unavailable_with_a_hint() -> None:
    """A connection that failed is an outage, told without the transport's own words."""
    failure = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE,
        grpc.aio.Metadata(),
        grpc.aio.Metadata(),
        details="failed to connect to ipv4:10.0.0.7:5432",
    )
    received = error_from_rpc(failure)
    assert isinstance(received, errors.UnavailableError)
    assert received.retry_after is not None
    assert "10.0.0.7" not in received.message


def test_unknown_code_is_internal() -> None:
    """A code that we never send is a fault, and its text stays inside."""
    failure = grpc.aio.AioRpcError(
        grpc.StatusCode.UNKNOWN, grpc.aio.Metadata(), grpc.aio.Metadata(), details="dsn=secret"
    )
    with pytest.raises(errors.InternalError) as caught, rpc_errors():
        raise failure
    assert "secret" not in caught.value.message


def test_subclass_has_its_parents_code() -> None:
    """A service's own error is answered with the code of what it is."""

    class GoneError(errors.NotFoundError):
        """A kind of not found."""

    assert code_of(GoneError("Gone.")) is grpc.StatusCode.NOT_FOUND
