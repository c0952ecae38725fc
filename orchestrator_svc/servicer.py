"""OrchestratorService over gRPC, put together by topic."""

from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceServicer

from orchestrator_svc.calls.audiences import AudienceCalls
from orchestrator_svc.calls.generations import GenerationCalls
from orchestrator_svc.calls.projects import ProjectCalls
from orchestrator_svc.calls.streams import StreamCalls


class OrchestratorServicer(
    GenerationCalls, ProjectCalls, StreamCalls, AudienceCalls, OrchestratorServiceServicer
):
    """Owns generations and projects, and tells their progress."""
