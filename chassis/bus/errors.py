"""What can go wrong on the bus.

ServiceError
├── AbortedError
│   └── StaleAppendError     somebody else wrote to the subject first
└── OutOfRangeError
    ├── CursorUnknownError   the cursor is of another log or incarnation
    └── CursorExpiredError   what follows the cursor is no longer kept
"""

from chassis.errors import AbortedError, OutOfRangeError


class StaleAppendError(AbortedError):
    """Somebody else wrote to the subject first: whoever sees this has been replaced."""

    default_reason = "STALE_APPEND"


class CursorUnknownError(OutOfRangeError):
    """The cursor is of another log, another incarnation, or of the future."""

    default_reason = "CURSOR_UNKNOWN"


class CursorExpiredError(OutOfRangeError):
    """What follows the cursor is no longer kept."""

    default_reason = "CURSOR_EXPIRED"
