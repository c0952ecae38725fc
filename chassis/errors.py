"""The errors a service may raise on purpose, free of any transport.

    ServiceError
    ├── InvalidInputError        the caller's words are at fault; names each field
    ├── OutOfRangeError          a cursor, an offset or a range lies outside
    ├── UnauthenticatedError     no credentials, or bad ones
    ├── PermissionDeniedError    good credentials that do not suffice
    ├── NotFoundError            unknown, or somebody else's
    ├── AlreadyExistsError       the same thing was made before, differently
    ├── FailedPreconditionError  the thing is in the wrong state for this
    ├── AbortedError             lost a race; read again, then try again
    ├── LimitExceededError       over a quota, a rate or a size
    ├── UnavailableError         a dependency is away; try again later
    ├── DeadlineExceededError    it took longer than the caller allowed
    └── InternalError            a fault of ours; says nothing about its cause

`chassis.status` renders them as `google.rpc.Status` (AIP-193), the bridge as RFC 9457 problems.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldViolation:
    """One thing wrong with one field of the caller's input."""

    field: str
    """The field's path in the caller's words, such as `entities[2].fields[0].max_length`."""

    message: str
    """What is wrong and what to do."""

    reason: str = ""
    """The rule, in UPPER_SNAKE_CASE, for machines."""


class ServiceError(Exception):
    """An error fit for the caller: the message says what happened and what to do.

    Args:
        message: One or two sentences for people; never a secret, a path or a trace.
        reason: UPPER_SNAKE_CASE for machines; stable.
        metadata: Further facts for machines, such as the id at fault.
        retry_after: How long to wait before trying again, where that helps.
    """

    default_reason = "INTERNAL"

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or self.default_reason
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after


class InvalidInputError(ServiceError):
    """The caller's words are at fault."""

    default_reason = "INVALID_INPUT"

    def __init__(
        self,
        message: str,
        *,
        violations: Sequence[FieldViolation] = (),
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, reason=reason, metadata=metadata)
        self.violations = tuple(violations)


class OutOfRangeError(ServiceError):
    """A cursor, an offset or a range lies outside."""

    default_reason = "OUT_OF_RANGE"


class UnauthenticatedError(ServiceError):
    """There are no credentials, or bad ones."""

    default_reason = "UNAUTHENTICATED"


class PermissionDeniedError(ServiceError):
    """The credentials are good and do not suffice."""

    default_reason = "PERMISSION_DENIED"


class NotFoundError(ServiceError):
    """The thing is unknown, or somebody else's: the two are told alike."""

    default_reason = "NOT_FOUND"


class AlreadyExistsError(ServiceError):
    """The same thing was made before, differently."""

    default_reason = "ALREADY_EXISTS"


class FailedPreconditionError(ServiceError):
    """The thing is in the wrong state for this; `violations` names what is missing."""

    default_reason = "FAILED_PRECONDITION"

    def __init__(
        self,
        message: str,
        *,
        violations: Sequence[FieldViolation] = (),
        reason: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message, reason=reason, metadata=metadata)
        self.violations = tuple(violations)


class AbortedError(ServiceError):
    """The caller lost a race: it should read again, then try again."""

    default_reason = "ABORTED"


class LimitExceededError(ServiceError):
    """A quota, a rate or a size is exceeded."""

    default_reason = "LIMIT_EXCEEDED"


class UnavailableError(ServiceError):
    """A dependency is away."""

    default_reason = "UNAVAILABLE"


class DeadlineExceededError(ServiceError):
    """It took longer than the caller allowed."""

    default_reason = "DEADLINE_EXCEEDED"


class InternalError(ServiceError):
    """A fault of ours; the cause stands in the log, never here."""

    default_reason = "INTERNAL"
