"""Projects to assess from messages of the generator's contract, and proof reports to them."""

from collections.abc import AsyncIterable
from dataclasses import dataclass

from backsmith.generator.v1 import generator_service_pb2 as pb

from chassis.errors import InvalidInputError
from generator_svc.assessment import (
    AssessmentSettings,
    GateResult,
    GateStarted,
    Outcome,
    Report,
    Step,
)
from generator_svc.assessment.project import bound

_OUTCOMES = {
    Outcome.PASSED: pb.GATE_OUTCOME_PASSED,
    Outcome.FAILED: pb.GATE_OUTCOME_FAILED,
    Outcome.SKIPPED: pb.GATE_OUTCOME_SKIPPED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedProject:
    """A project that came in pieces."""

    files: dict[str, bytes]
    """Its files by path."""

    tiers: tuple[str, ...]
    """The tiers asked for; none means the configured ones."""

    edited: tuple[str, ...]
    """Paths that a user added, changed or removed on purpose."""


async def receive_project(
    requests: AsyncIterable[pb.AssessProjectRequest], settings: AssessmentSettings
) -> ReceivedProject:
    """Collect a project as it is streamed: the options first, then its files.

    Raises:
        InvalidInputError: The options are not first, come twice, or a path comes twice.
        LimitExceededError: There are more files or bytes than the settings allow.
    """
    options: pb.AssessOptions | None = None
    files: dict[str, bytes] = {}
    size = 0
    async for request in requests:
        if (request.WhichOneof("part") == "options") == (options is not None):
            raise InvalidInputError("Send the options first and once, then the files.")
        if options is None:
            options = request.options
            continue
        if request.file.path in files:
            raise InvalidInputError(f"The file {request.file.path!r} was sent twice.")
        files[request.file.path] = request.file.content
        size += len(request.file.content)
        bound(len(files), size, settings)
    if options is None:
        raise InvalidInputError("Send the options first; nothing came.")
    return ReceivedProject(
        files=files, tiers=tuple(options.tiers), edited=tuple(options.edited_paths)
    )


def assessment_step_to_proto(step: Step) -> pb.AssessProjectResponse:
    """Return a step of an assessment as a message."""
    match step:
        case GateStarted():
            started = pb.GateStarted(name=step.name, index=step.index, count=step.count)
            return pb.AssessProjectResponse(gate_started=started)
        case GateResult():
            return pb.AssessProjectResponse(gate=_gate_to_proto(step))
        case Report():
            gates = [_gate_to_proto(gate) for gate in step.gates]
            return pb.AssessProjectResponse(report=pb.ProofReport(score=step.score, gates=gates))


def _gate_to_proto(gate: GateResult) -> pb.Gate:
    return pb.Gate(
        name=gate.name,
        tier=gate.tier,
        outcome=_OUTCOMES[gate.outcome],
        reason=gate.reason,
        findings=gate.findings,
    )
