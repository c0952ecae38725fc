"""Checks of what callers send, field by field."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from chassis.errors import FieldViolation, InvalidInputError

PROMPT = (10, 5000)
MODIFICATION = (10, 2000)
PROJECT_NAME = (1, 100)
TITLE = (0, 200)
DESCRIPTION = (0, 5000)
KEY = (0, 255)
TAG = (1, 50)
MAX_TAGS = 50
BRIDGE_ID = (1, 64)
CANCEL_AFTER = (timedelta(seconds=5), timedelta(days=1))


class Checks:
    """Collects what is wrong, to be told all at once."""

    def __init__(self) -> None:
        self._violations: list[FieldViolation] = []

    def text(self, field: str, value: str, bounds: tuple[int, int]) -> None:
        """Check a text's length and characters."""
        least, most = bounds
        if not least <= len(value) <= most:
            span = f"{least} to {most}" if least else f"at most {most}"
            self.add(field, f"has {len(value)} characters; send {span}", "LENGTH")
        if "\x00" in value:
            self.add(field, "holds a NUL character; leave it out", "CHARACTERS")

    def size(self, field: str, size: int, most: int) -> None:
        """Check a size in bytes."""
        if size > most:
            self.add(field, f"has {size} bytes; send at most {most}", "TOO_BIG")

    def tags(self, field: str, values: Sequence[str]) -> None:
        """Check a set of tags."""
        if len(values) > MAX_TAGS:
            self.add(field, f"has {len(values)} tags; send at most {MAX_TAGS}", "TOO_MANY")
        for index, value in enumerate(values):
            self.text(f"{field}[{index}]", value, TAG)

    def one_of(self, field: str, value: str, known: Sequence[str]) -> None:
        """Check a name against a closed set; empty leaves the choice to us."""
        if value and value not in known:
            offered = ", ".join(sorted(known))
            self.add(field, f"is not one of: {offered}", "UNKNOWN")

    def cancel_after(self, request: Any) -> None:
        """Check how long a generation goes on without viewers, if a request says so."""
        if request.HasField("cancel_after"):
            value = request.cancel_after.ToTimedelta()
            least, most = CANCEL_AFTER
            if not least <= value <= most or value.microseconds:
                self.add("cancel_after", "is not in whole seconds from 5 to 86,400", "RANGE")

    def add(self, field: str, message: str, reason: str) -> None:
        """Note one thing that is wrong."""
        self._violations.append(FieldViolation(field=field, message=message, reason=reason))

    def require(self) -> None:
        """Pass when nothing is wrong.

        Raises:
            InvalidInputError: Something is; names each field.
        """
        if self._violations:
            told = "; ".join(f"`{each.field}` {each.message}" for each in self._violations)
            raise InvalidInputError(
                f"The request is not valid: {told}.", violations=self._violations
            )
