"""Steps of a phase to messages of the generator's contract."""

from backsmith.generator.v1 import generator_service_pb2 as pb

from generator_svc.engines.interface import (
    EntityCompleted,
    EntityStarted,
    GeneratedFile,
    PhaseCompleted,
    Step,
)


def step_to_proto(step: Step) -> pb.GeneratePhaseResponse:
    """Return a step of a phase as a message."""
    match step:
        case EntityStarted():
            started = pb.EntityStarted(name=step.name, index=step.index, count=step.count)
            return pb.GeneratePhaseResponse(entity_started=started)
        case EntityCompleted():
            completed = pb.EntityCompleted(
                name=step.name,
                index=step.index,
                count=step.count,
                files_generated=step.files_generated,
            )
            return pb.GeneratePhaseResponse(entity_completed=completed)
        case GeneratedFile():
            file = pb.GeneratedFile(path=step.path, content=step.content)
            return pb.GeneratePhaseResponse(file=file)
        case PhaseCompleted():
            ended = pb.PhaseCompleted(
                files_generated=step.files_generated, kept_paths=step.kept_paths
            )
            return pb.GeneratePhaseResponse(phase_completed=ended)
