"""What stands around every RPC made: a deadline, credentials, the trace and the request's id."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import grpc
import structlog

from chassis.interceptors.server import REQUEST_ID
from chassis.telemetry import trace_headers

Credentials = Callable[[], str]
"""Returns the bearer token for the call being made."""


class _Outgoing:
    def __init__(
        self, credentials: Credentials, *, unary_deadline: timedelta, stream_deadline: timedelta
    ) -> None:
        self._credentials = credentials
        self._unary_deadline = unary_deadline.total_seconds()
        self._stream_deadline = stream_deadline.total_seconds()

    def _details(self, details: Any, *, streaming: bool) -> grpc.aio.ClientCallDetails:
        metadata = grpc.aio.Metadata(*(details.metadata or ()))
        metadata["authorization"] = f"Bearer {self._credentials()}"
        for key, value in trace_headers().items():
            metadata[key] = value
        if request_id := structlog.contextvars.get_contextvars().get("request_id"):
            metadata[REQUEST_ID] = request_id
        limit = self._stream_deadline if streaming else self._unary_deadline
        return grpc.aio.ClientCallDetails(
            method=details.method,
            timeout=limit if details.timeout is None else details.timeout,
            metadata=metadata,
            credentials=details.credentials,
            wait_for_ready=details.wait_for_ready,
        )


class OutgoingUnaryUnary(_Outgoing, grpc.aio.UnaryUnaryClientInterceptor):
    """For one message either way."""

    async def intercept_unary_unary(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        """Go on with completed details."""
        return await continuation(self._details(client_call_details, streaming=False), request)


class OutgoingUnaryStream(_Outgoing, grpc.aio.UnaryStreamClientInterceptor):
    """For a streamed answer."""

    async def intercept_unary_stream(
        self, continuation: Any, client_call_details: Any, request: Any
    ) -> Any:
        """Go on with completed details."""
        return await continuation(self._details(client_call_details, streaming=True), request)


class OutgoingStreamUnary(_Outgoing, grpc.aio.StreamUnaryClientInterceptor):
    """For a streamed request."""

    async def intercept_stream_unary(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        """Go on with completed details."""
        details = self._details(client_call_details, streaming=True)
        return await continuation(details, request_iterator)


class OutgoingStreamStream(_Outgoing, grpc.aio.StreamStreamClientInterceptor):
    """For streams both ways."""

    async def intercept_stream_stream(
        self, continuation: Any, client_call_details: Any, request_iterator: Any
    ) -> Any:
        """Go on with completed details."""
        details = self._details(client_call_details, streaming=True)
        return await continuation(details, request_iterator)


def client_interceptors(
    credentials: Credentials, *, unary_deadline: timedelta, stream_deadline: timedelta
) -> list[grpc.aio.ClientInterceptor]:
    """Return what stands around every RPC made."""
    return [
        shape(credentials, unary_deadline=unary_deadline, stream_deadline=stream_deadline)
        for shape in (
            OutgoingUnaryUnary,
            OutgoingUnaryStream,
            OutgoingStreamUnary,
            OutgoingStreamStream,
        )
    ]
