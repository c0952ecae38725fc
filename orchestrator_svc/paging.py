"""Page tokens: opaque, and good for the listing they came from only."""

import base64
import binascii
import hashlib
import json

from chassis.errors import FieldViolation, InvalidInputError

DEFAULT_PAGE = 50
LARGEST_PAGE = 200


def page_size(asked: int) -> int:
    """Return how many items a page has.

    Raises:
        InvalidInputError: Fewer than none are asked for.
    """
    if asked < 0:
        raise invalid("page_size", "must not be negative", "OUT_OF_RANGE")
    return min(asked or DEFAULT_PAGE, LARGEST_PAGE)


def page_token(last_id: str, *listing: object) -> str:
    """Return where a listing goes on."""
    text = json.dumps([last_id, _fingerprint(listing)])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_page_token(token: str, *listing: object) -> str:
    """Return the last id of the page before; empty for the first page.

    Raises:
        InvalidInputError: The token is not one of this listing.
    """
    if not token:
        return ""
    try:
        padded = token + "=" * (-len(token) % 4)
        last_id, fingerprint = json.loads(base64.urlsafe_b64decode(padded))
    except (binascii.Error, ValueError, TypeError):
        fingerprint = None
    if fingerprint != _fingerprint(listing):
        raise invalid("page_token", "is not one of this listing; start anew", "PAGE_TOKEN_INVALID")
    return str(last_id)


def invalid(field: str, message: str, reason: str) -> InvalidInputError:
    """Return the error for one field."""
    violation = FieldViolation(field=field, message=message, reason=reason)
    return InvalidInputError(f"`{field}` {message}.", violations=[violation], reason=reason)


def _fingerprint(listing: tuple[object, ...]) -> str:
    return hashlib.sha256(repr(listing).encode()).hexdigest()[:12]
