r"""Starts a generation over gRPC and prints its progress.

    python generate.py HOST:PORT TOKEN "A blog with users and posts"

Needs grpcio and the stubs, which every language makes from `protos/`; for Python:

    python -m grpc_tools.protoc -I protos --python_out=. --grpc_python_out=. \
        $(find protos -name '*.proto')
"""

import sys
import time
from collections.abc import Iterator

import grpc
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub
from backsmith.progress.v1 import progress_pb2

TERMINAL = (
    progress_pb2.GENERATION_STATUS_COMPLETED,
    progress_pb2.GENERATION_STATUS_FAILED,
    progress_pb2.GENERATION_STATUS_CANCELLED,
)


def main() -> None:
    """Run the command line."""
    target, token, prompt = sys.argv[1:]
    credentials = (("authorization", f"Bearer {token}"),)
    with grpc.insecure_channel(target) as channel:
        stub = OrchestratorServiceStub(channel)
        request = pb.StartGenerationRequest(prompt=prompt)
        started = stub.StartGeneration(request, metadata=credentials, timeout=30)
        for event in events(stub, started.generation.generation_id, credentials):
            print(f"{event.progress:4.0%}  {event.message}")


def events(
    stub: OrchestratorServiceStub, generation_id: str, credentials: tuple[tuple[str, str]]
) -> Iterator[progress_pb2.ProgressEvent]:
    """Yield a generation's events, once each, over as many connections as it takes."""
    cursor = ""
    while True:
        request = pb.WatchGenerationRequest(generation_id=generation_id, after_cursor=cursor)
        try:
            for batch in stub.WatchGeneration(request, metadata=credentials, timeout=3600):
                for watched in batch.events:
                    cursor = watched.cursor
                    yield watched.event
                    if watched.event.status in TERMINAL:
                        return
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            time.sleep(1)


if __name__ == "__main__":
    main()
