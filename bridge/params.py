"""What routes take besides bodies."""

import re
from typing import Annotated

from fastapi import Header, Path, Query

from chassis.errors import FieldViolation, InvalidInputError, NotFoundError
from chassis.ids import new_id

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
PageSize = Annotated[int, Query(ge=1, le=200, description="The most to return.")]
PageToken = Annotated[
    str,
    Query(
        max_length=512,
        pattern=r"^[\x20-\x7e]*$",
        description="The last answer's `next_page_token`.",
    ),
]
GenerationId = Annotated[str, Path(description="The generation's id.")]
ProjectId = Annotated[str, Path(description="The project's id.")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=200,
        pattern=r"^[\x21-\x7e]+$",
        description="A repeat with the same key and body returns the first answer.",
    ),
]


def known_shape(identifier: str, *, what: str) -> str:
    """Return an id that could be one.

    Raises:
        NotFoundError: It never was one.
    """
    if not ID.fullmatch(identifier):
        raise NotFoundError(f"There is no such {what}.")
    return identifier


def request_id(key: str | None) -> str:
    """Return the idempotency key, or one that nobody has used."""
    return key or new_id("key")


def plain(value: str, *, field: str) -> str:
    """Return text without control characters.

    Raises:
        InvalidInputError: It holds one.
    """
    if not value.isprintable():
        violation = FieldViolation(
            field=field, message="holds a control character", reason="UNPRINTABLE"
        )
        raise InvalidInputError(f"The request is not valid: {field}.", violations=[violation])
    return value
