"""A generation by a script: what happens to it, when a test or time says so."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from backsmith.orchestrator.v1 import generation_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.progress.v1 import progress_pb2
from google.protobuf.timestamp_pb2 import Timestamp

from chassis.errors import OutOfRangeError

PENDING = progress_pb2.GENERATION_STATUS_PENDING
PROCESSING = progress_pb2.GENERATION_STATUS_PROCESSING
COMPLETED = progress_pb2.GENERATION_STATUS_COMPLETED
FAILED = progress_pb2.GENERATION_STATUS_FAILED
CANCELLED = progress_pb2.GENERATION_STATUS_CANCELLED
TERMINAL = {COMPLETED, FAILED, CANCELLED}


@dataclass
class Script:
    """A generation and what happens to it."""

    generation: generation_pb2.Generation
    events: list[pb.WatchedEvent] = field(default_factory=list)
    epoch: str = "e1"
    grown: asyncio.Event = field(default_factory=asyncio.Event)

    def happen(self, stage: str, progress: float, **more: Any) -> str:
        """Let something happen; return its cursor."""
        status = more.pop("status", PROCESSING)
        event = progress_pb2.ProgressEvent(
            generation_id=self.generation.generation_id,
            status=status,
            stage=stage,
            progress=progress,
            message=more.pop("message", stage.replace("_", " ").capitalize()),
            event_time=Timestamp(seconds=1_800_000_000 + len(self.events), nanos=500_000_000),
            project_id=self.generation.project_id,
            version=self.generation.version,
            **more,
        )
        cursor = f"{self.epoch}-{len(self.events) + 1}"
        self.events.append(pb.WatchedEvent(cursor=cursor, event=event))
        self.generation.status = status
        self.generation.progress = progress
        self._wake()
        return cursor

    def begin_anew(self, epoch: str) -> None:
        """Lose every event, as a log that was made anew."""
        self.epoch = epoch
        self.events.clear()
        self._wake()

    def cut(self) -> None:
        """Wake watchers, so that they see that they are to end."""
        self._wake()

    def _wake(self) -> None:
        self.grown.set()
        self.grown = asyncio.Event()

    def after(self, cursor: str) -> int:
        """Return the index of what follows a cursor."""
        if not cursor:
            return 0
        cursors = [event.cursor for event in self.events]
        if cursor not in cursors:
            raise OutOfRangeError("The cursor is not of this stream.", reason="CURSOR_UNKNOWN")
        return cursors.index(cursor) + 1


def phase_info(number: int, files: int) -> progress_pb2.PhaseInfo:
    """Return the phase of an event, whole."""
    return progress_pb2.PhaseInfo(
        total_phases=6,
        current_phase=number,
        entities_count=2,
        phase=f"phase_{number}",
        name="Core Infrastructure",
        files_generated=files,
        total_files=files,
    )


async def play(script: Script) -> None:
    """Let a whole generation happen, in real time but quickly."""
    script.happen("queued", 0.0, status=PENDING)
    await asyncio.sleep(0.05)
    for stage, progress in (("initializing", 0.01), ("code_generation", 0.04)):
        script.happen(stage, progress)
    ends = (0.2, 0.4, 0.6, 0.8, 0.85, 0.95)
    for number, end in enumerate(ends, start=1):
        for file in range(5):
            script.happen(
                "generating_file",
                end - 0.01,
                current_file=f"app/file_{number}_{file}.py",
                phase_info=phase_info(number, file),
            )
            await asyncio.sleep(0.005)
        script.happen(f"phase_{number}_complete", end, phase_info=phase_info(number, 5 * number))
    script.happen("completed", 1.0, status=COMPLETED, phase_info=phase_info(6, 30))
