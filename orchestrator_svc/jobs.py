"""Jobs: what lies on the work queue.

A job is a ticket: it calls a runner, which then takes the generation whose turn it is. Which one
called is told for the logs.
"""

import json
from dataclasses import dataclass

VERSION = 1


class JobUnreadableError(Exception):
    """A job cannot be read by this version; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """A call for a runner."""

    generation_id: str

    def to_bytes(self) -> bytes:
        """Write the ticket."""
        return json.dumps({"version": VERSION, "generation_id": self.generation_id}).encode()


def read_ticket(data: bytes) -> Ticket:
    """Read a ticket.

    Raises:
        JobUnreadableError: It is not one, or one of a newer version.
    """
    try:
        values = json.loads(data)
        version, generation_id = values["version"], values["generation_id"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise JobUnreadableError("it is not a ticket") from error
    if version != VERSION:
        raise JobUnreadableError(f"it has version {version!r}, and this is {VERSION}")
    return Ticket(generation_id=str(generation_id))
