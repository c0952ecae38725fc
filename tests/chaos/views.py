"""What a watcher of a generation sees, whichever way it watches."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from orchestrator_svc.convert import status_from_proto
from orchestrator_svc.domain.status import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One event, as much of it as every way of watching shows."""

    cursor: str
    status: str
    stage: str
    progress: float
    message: str
    current_file: str
    time: float

    @property
    def terminal(self) -> bool:
        """Whether nothing follows."""
        return Status(self.status).terminal


def seen_in_proto(watched: pb.WatchedEvent) -> Seen:
    """Return what a gRPC watcher sees."""
    event = watched.event
    return Seen(
        cursor=watched.cursor,
        status=status_from_proto(event.status).value,
        stage=event.stage,
        progress=event.progress,
        message=event.message,
        current_file=event.current_file,
        time=event.event_time.seconds + event.event_time.nanos / 1e9,
    )


def seen_in_frame(cursor: str, body: Mapping[str, Any]) -> Seen:
    """Return what a reader of a bridge's stream sees."""
    return Seen(
        cursor=cursor,
        status=body["status"],
        stage=body["stage"],
        progress=body["progress"],
        message=body["message"],
        current_file=body.get("current_file", ""),
        time=body["timestamp"],
    )


@dataclass(slots=True, kw_only=True)
class View:
    """What one watcher saw of a generation."""

    how: str
    """The way it watched."""
    events: list[Seen] = field(default_factory=list)
    connections: int = 0
    refusal: str = ""
    """What it was refused with, or told instead of events; nothing should be."""

    @property
    def over(self) -> bool:
        """Whether there is nothing more to see."""
        return bool(self.refusal) or bool(self.events and self.events[-1].terminal)

    @property
    def cursor(self) -> str:
        """The place reached."""
        return self.events[-1].cursor if self.events else ""


@dataclass(slots=True, kw_only=True)
class Followed:
    """A generation and who watched it."""

    generation_id: str
    user_id: str
    prompt: str
    views: list[View] = field(default_factory=list)
    cancelled: bool = False
    """Whether a cancel was answered with success."""

    def view(self, how: str) -> View:
        """Return a new watcher's view."""
        view = View(how=how)
        self.views.append(view)
        return view
