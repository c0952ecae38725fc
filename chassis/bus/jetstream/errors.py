"""What the server's answers mean.

UnavailableError
└── NoResponderError   nobody serves the subject: the stream is not there
InternalError
└── ApiError           the server refused a request; names its numeric code
"""

from datetime import timedelta

from chassis.errors import InternalError, UnavailableError

RETRY_AFTER = timedelta(seconds=1)

STREAM_NAME_IN_USE = 10058
STREAM_NOT_FOUND = 10059
NO_MESSAGE_FOUND = 10037
WRONG_LAST_SEQUENCE = frozenset({10071, 10164})
NO_ROOM = frozenset({10002, 10023, 10047})
"""Resource limits of the account, of the server, and of its storage."""
DUPLICATE_IN_PROCESS = frozenset({10158, 10201})

SERVER_ERRORS = range(500, 600)


class NoResponderError(UnavailableError):
    """Nobody serves the subject: the stream is not there, or has no leader now."""


class ApiError(InternalError):
    """The server refused a request."""

    def __init__(self, *, number: int, description: str) -> None:
        super().__init__("The bus refused a request", reason="BUS_REFUSED")
        self.number = number
        self.description = description

    def __str__(self) -> str:
        return f"the server refused a request: {self.description} ({self.number})"


def away(message: str = "The bus cannot be reached; try again later") -> UnavailableError:
    """Return the error for a server that is away."""
    return UnavailableError(message, reason="BUS_UNAVAILABLE", retry_after=RETRY_AFTER)


def full() -> UnavailableError:
    """Return the error for a server that has no room left."""
    return UnavailableError(
        "The bus has no room left; free some space, then try again.",
        reason="BUS_FULL",
        retry_after=RETRY_AFTER,
    )


def api_error(error: dict[str, object]) -> UnavailableError | ApiError:
    """Return the exception for the `error` of an answer."""
    description = str(error.get("description", ""))
    number = error.get("err_code", 0)
    if number in NO_ROOM:
        return full()
    if error.get("code") in SERVER_ERRORS:
        return away(f"The bus is not ready: {description}")
    return ApiError(number=number if isinstance(number, int) else 0, description=description)
