"""What must hold of every generation, seen from outside, whatever was done to the processes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from orchestrator_svc.convert import status_from_proto
from orchestrator_svc.domain.status import Status
from tests.chaos.views import Followed, Seen, View

GENERATING = "generating_file"
PROOF = ".backsmith/proof.json"
"""Comes with the assessment, and so is told by no phase."""


def violations(
    followed: Followed,
    generation: Any,
    files: Mapping[str, bytes],
    whole: View,
    *,
    undisturbed: Mapping[str, bytes],
) -> Iterator[str]:
    """Yield what does not hold of a generation.

    Args:
        followed: The generation and what its watchers saw.
        generation: How it stands after the dust has settled.
        files: What its snapshot holds.
        whole: What a watcher sees who comes now.
        undisturbed: What an undisturbed run of the same prompt makes.
    """
    if not whole.events:
        yield f"nothing can be seen of it: {whole.refusal}"
        return
    yield from _of_events(whole.events)
    for view in followed.views:
        if view.refusal:
            yield f"a {view.how} watcher was refused: {view.refusal}"
        if view.events != whole.events:
            yield f"a {view.how} watcher saw {_difference(view, whole)}"
    yield from _of_end(followed, generation, whole.events[-1])
    yield from _of_files(followed, generation, files, undisturbed)
    told = [event.current_file for event in whole.events if event.stage == GENERATING]
    if followed.cancelled:
        told = [path for path in told if path in files]
    if sorted(told) != sorted(set(files) - {PROOF}):
        yield f"{len(told)} files were told and {len(files)} are there"


def _of_files(
    followed: Followed,
    generation: Any,
    files: Mapping[str, bytes],
    undisturbed: Mapping[str, bytes],
) -> Iterator[str]:
    if generation.file_count != len(files):
        yield f"it counts {generation.file_count} files and {len(files)} are there"
    if followed.cancelled and not files.items() <= undisturbed.items():
        yield "what it had saved differs from the files of an undisturbed run"
    if not followed.cancelled and files != undisturbed:
        yield "its files differ from those of an undisturbed run"


def _of_events(events: Sequence[Seen]) -> Iterator[str]:
    ends = [event.terminal for event in events]
    if ends.count(True) != 1 or not ends[-1]:
        yield f"{ends.count(True)} terminal events, the last event is {events[-1].stage}"
    progress = [event.progress for event in events]
    if progress != sorted(progress):
        yield "progress went back"
    keys = [(event.stage, event.current_file) for event in events]
    for key in sorted({key for key in keys if keys.count(key) > 1}):
        yield f"{key} was told {keys.count(key)} times"
    phases = [key[0] for key in keys if key[0].startswith("phase_")]
    if phases != [f"phase_{number}_complete" for number in range(1, len(phases) + 1)]:
        yield f"the phases were told as {phases}"


def _of_end(followed: Followed, generation: Any, last: Seen) -> Iterator[str]:
    status = status_from_proto(generation.status)
    if status.value != last.status:
        yield f"its status is {status.value} and its last event's {last.status}"
    wanted = Status.CANCELLED if followed.cancelled else Status.COMPLETED
    if status is not wanted:
        yield f"it should be {wanted}: {generation.error or last.stage}"
    if wanted is Status.COMPLETED and generation.phases_completed != 6:
        yield f"it is completed with {generation.phases_completed} phases"


def _difference(view: View, whole: View) -> str:
    cursors = [event.cursor for event in view.events]
    if len(set(cursors)) != len(cursors):
        return "an event twice"
    missing = [event for event in whole.events if event.cursor not in set(cursors)]
    if missing:
        return f"nothing of {len(missing)} events, first {missing[0].stage}"
    if len(cursors) != len(whole.events):
        return "more events than there are"
    if cursors != [event.cursor for event in whole.events]:
        return "events out of order"
    return "events that are told otherwise"
