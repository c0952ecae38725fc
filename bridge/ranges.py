"""Byte ranges (RFC 9110, 14): one range a request."""

import re
from dataclasses import dataclass

from chassis.errors import OutOfRangeError

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Some bytes of something."""

    begin: int
    """The first byte, from 0."""

    length: int
    """How many."""

    size: int
    """How many there are in all."""

    @property
    def header(self) -> str:
        """The `Content-Range` that names it."""
        return f"bytes {self.begin}-{self.begin + self.length - 1}/{self.size}"


def requested_span(header: str, size: int) -> Span | None:
    """Return the range a header asks for, or None when the whole is to be sent.

    A header that is no single range of bytes is ignored, as the RFC has it.

    Raises:
        OutOfRangeError: It begins past the end.
    """
    found = _RANGE.fullmatch(header.strip())
    if not found or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(0, size - int(last)), size
    else:
        begin, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < begin:
            return None
    if begin >= size or end <= begin:
        raise OutOfRangeError(
            f"The range begins past the end: there are {size} bytes.",
            reason="RANGE_NOT_SATISFIABLE",
            metadata={"size": str(size)},
        )
    return Span(begin=begin, length=end - begin, size=size)
