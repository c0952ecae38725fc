"""Errors that only the bridge raises.

ServiceError
├── InvalidInputError
│   ├── MalformedRequestError   it is no HTTP at all
│   ├── BodyError               the body as a whole; names it as the field at fault
│   │   ├── MalformedBodyError      it is not JSON at all
│   │   └── BodyTooLargeError       it is over the limit
│   └── QueryTooLongError       the path and query are over the limit
├── UnauthenticatedError
│   └── StreamTokenError        a stream token that opens nothing; each cause has its `reason`
└── FailedPreconditionError
    └── PreconditionError       `If-Match` names another version
"""

from chassis.errors import (
    FailedPreconditionError,
    FieldViolation,
    InvalidInputError,
    UnauthenticatedError,
)


class MalformedRequestError(InvalidInputError):
    """It is no HTTP at all."""

    default_reason = "REQUEST_MALFORMED"


class BodyError(InvalidInputError):
    """The body as a whole is at fault."""

    def __init__(self, message: str) -> None:
        violation = FieldViolation(field="body", message=message, reason=self.default_reason)
        super().__init__(message, violations=[violation])


class MalformedBodyError(BodyError):
    """The body is not JSON at all."""

    default_reason = "BODY_NOT_JSON"


class BodyTooLargeError(BodyError):
    """The body is over the limit."""

    default_reason = "BODY_TOO_LARGE"


class QueryTooLongError(InvalidInputError):
    """The path and query are over the limit."""

    default_reason = "QUERY_TOO_LONG"


class StreamTokenError(UnauthenticatedError):
    """A stream token that opens nothing."""

    default_reason = "STREAM_TOKEN_UNKNOWN"


class PreconditionError(FailedPreconditionError):
    """`If-Match` names another version than the one that stands."""

    default_reason = "PRECONDITION_FAILED"
