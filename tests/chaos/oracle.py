"""What must hold of every generation, seen from outside, whatever was done to the processes."""

from collections.abc import Iterator, Sequence
from typing import Any

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from orchestrator_svc.convert import status_from_proto
from orchestrator_svc.domain.status import Status
from tests.chaos.load import Followed, View

GENERATING = "generating_file"
PROOF = ".backsmith/proof.json"
"""Comes with the assessment, and so is told by no phase."""


def violations(
    followed: Followed,
    generation: Any,
    paths: Sequence[str],
    whole: View,
    *,
    expected_snapshot: str,
) -> Iterator[str]:
    """Yield what does not hold of a generation.

    Args:
        followed: The generation and what its watchers saw.
        generation: How it stands after the dust has settled.
        paths: What its snapshot lists.
        whole: What a watcher sees who comes now.
        expected_snapshot: What an undisturbed run of the same prompt leads to.
    """
    yield from _of_events(whole.events)
    for view in followed.views:
        if view.refusal:
            yield f"a watcher was refused: {view.refusal}"
        if view.events != whole.events:
            yield f"a watcher saw {_difference(view, whole)}"
    yield from _of_end(followed, generation, whole.events[-1])
    told = [event.event.current_file for event in whole.events if event.event.stage == GENERATING]
    if generation.status == whole.events[-1].event.status and followed.cancelled:
        told = [path for path in told if path in paths]
    if sorted(told) != sorted(set(paths) - {PROOF}):
        yield f"{len(told)} files were told and {len(paths)} are there"
    if generation.file_count != len(paths):
        yield f"it counts {generation.file_count} files and {len(paths)} are there"
    if not followed.cancelled and generation.snapshot_id != expected_snapshot:
        yield "its files differ from those of an undisturbed run"


def _of_events(events: Sequence[pb.WatchedEvent]) -> Iterator[str]:
    ends = [status_from_proto(event.event.status).terminal for event in events]
    if ends.count(True) != 1 or not ends[-1]:
        yield f"{ends.count(True)} terminal events, the last event is {events[-1].event.stage}"
    progress = [event.event.progress for event in events]
    if progress != sorted(progress):
        yield "progress went back"
    keys = [(event.event.stage, event.event.current_file) for event in events]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"{key} was told {keys.count(key)} times"
    phases = [key[0] for key in keys if key[0].startswith("phase_")]
    if phases != [f"phase_{number}_complete" for number in range(1, len(phases) + 1)]:
        yield f"the phases were told as {phases}"


def _of_end(followed: Followed, generation: Any, last: pb.WatchedEvent) -> Iterator[str]:
    if generation.status != last.event.status:
        yield f"its status is {generation.status} and its last event's {last.event.status}"
    wanted = Status.CANCELLED if followed.cancelled else Status.COMPLETED
    if status_from_proto(generation.status) is not wanted:
        yield f"it should be {wanted}: {generation.error or last.event.stage}"
    if wanted is Status.COMPLETED and generation.phases_completed != 6:
        yield f"it is completed with {generation.phases_completed} phases"


def _difference(view: View, whole: View) -> str:
    cursors = [event.cursor for event in view.events]
    if len(set(cursors)) != len(cursors):
        return "an event twice"
    missing = [event for event in whole.events if event.cursor not in set(cursors)]
    if missing:
        return f"nothing of {len(missing)} events, first {missing[0].event.stage}"
    return "other events than there are"
