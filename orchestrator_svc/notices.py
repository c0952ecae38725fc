"""What the bus is told of changes in the store, as the outbox keeps it."""

from collections.abc import Sequence

from backsmith.orchestrator.v1.channel_pb2 import FileEvent

from chassis.clock import Clock
from orchestrator_svc.convert import (
    event_to_proto,
    files_record,
    progress_record,
    project_record,
)
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.model import Generation, Project
from orchestrator_svc.domain.subjects import files_subject, generation_subject, project_subject
from orchestrator_svc.jobs import Ticket
from orchestrator_svc.store.values import OutboxKind, Outgoing


class BusNotices:
    """Writes events and jobs; message ids follow from the change, so that repeats are known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def queued(self, generation: Generation) -> Sequence[Outgoing]:
        """Return what tells that an attempt waits for a runner, and calls one."""
        job = Outgoing(
            kind=OutboxKind.JOB,
            message_id=f"{generation.generation_id}:{generation.attempt}:job",
            data=Ticket(generation_id=generation.generation_id).to_bytes(),
        )
        return self._event(OutboxKind.QUEUED, generation, stages.queued(generation)), job

    def ended(self, generation: Generation) -> Sequence[Outgoing]:
        """Return what tells that a generation has ended."""
        return (self._event(OutboxKind.ENDED, generation, stages.ending(generation)),)

    def project_changed(self, project: Project) -> Sequence[Outgoing]:
        """Return what tells that a project has changed."""
        moment = project.update_time.isoformat()
        return (
            Outgoing(
                kind=OutboxKind.EVENT,
                subject=project_subject(project.user_id, project.project_id),
                message_id=f"{project.project_id}:{project.latest_version}:{moment}",
                data=project_record(project),
            ),
        )

    def _event(
        self, kind: OutboxKind, generation: Generation, announcement: stages.Announcement
    ) -> Outgoing:
        event = event_to_proto(
            generation, announcement, progress=announcement.progress, now=self._clock.now()
        )
        return Outgoing(
            kind=kind,
            subject=generation_subject(
                generation.user_id, generation.project_id, generation.generation_id
            ),
            message_id=f"{generation.generation_id}:{generation.attempt}:{announcement.stage}",
            data=progress_record([event]),
        )


def files_changed(
    user_id: str, project_id: str, events: Sequence[FileEvent], *, message_id: str
) -> Sequence[Outgoing]:
    """Return what tells that files of a project have changed; nothing when none has."""
    if not events:
        return ()
    return (
        Outgoing(
            kind=OutboxKind.EVENT,
            subject=files_subject(user_id, project_id),
            message_id=message_id,
            data=files_record(events),
        ),
    )
