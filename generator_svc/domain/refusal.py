"""Collects everything that is wrong with an input, and refuses it once, naming each place."""

from collections.abc import Mapping

from chassis.errors import FieldViolation, InvalidInputError

SPEC_INVALID = "SPEC_INVALID"
"""The reason of a refused spec."""

PLAN_REFUSED = "PLAN_REFUSED"
"""The reason of a refused plan."""


class Findings:
    """The violations found so far, in the order they were found.

    Args:
        most: How many to keep; what lies beyond is only counted.
    """

    def __init__(self, most: int = 50) -> None:
        self._most = most
        self._found: list[FieldViolation] = []
        self._beyond = 0

    def __bool__(self) -> bool:
        return bool(self._found)

    @property
    def violations(self) -> tuple[FieldViolation, ...]:
        """What was found."""
        return tuple(self._found)

    def add(self, field: str, reason: str, message: str) -> None:
        """Record that a rule does not hold at a path, and the way out."""
        if len(self._found) < self._most:
            self._found.append(FieldViolation(field=field, reason=reason, message=message))
        else:
            self._beyond += 1

    def raise_if_any(self, *, reason: str, metadata: Mapping[str, str] | None = None) -> None:
        """Refuse the input if anything was found.

        Raises:
            InvalidInputError: Something was found.
        """
        if self._found:
            raise InvalidInputError(
                self._message(), violations=self._found, reason=reason, metadata=metadata
            )

    def _message(self) -> str:
        first = self._found[0]
        others = len(self._found) - 1 + self._beyond
        more = f" There {_are(others)} more." if others else ""
        return f"{first.field}: {first.message}{more}"


def _are(count: int) -> str:
    return "is 1" if count == 1 else f"are {count}"
