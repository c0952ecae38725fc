"""One async context manager around every RPC, whatever its shape.

A streaming handler is wrapped as a whole, iteration included, and closed when it is left early:
an error raised at the tenth message is rendered like one raised at the first.
"""

import inspect
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from dataclasses import dataclass
from typing import Any, cast

import grpc


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """An RPC that is being served."""

    method: str
    """Its full name, `/package.Service/Method`."""

    metadata: Mapping[str, str]
    """The caller's text metadata."""

    context: grpc.aio.ServicerContext[Any, Any]
    """The transport's own view of the call."""

    streaming: bool
    """Whether the answer is a stream."""


Around = Callable[[Call], AbstractAsyncContextManager[None]]


class AroundInterceptor(grpc.aio.ServerInterceptor):
    """Runs every RPC inside a context manager."""

    def __init__(self, around: Around) -> None:
        self._around = around

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        """Wrap the handler that the next interceptor found."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None
        method = str(handler_call_details.method)
        metadata = {
            key: value
            for key, value in handler_call_details.invocation_metadata or ()
            if isinstance(value, str)
        }

        def around(context: Any) -> AbstractAsyncContextManager[None]:
            return self._around(
                Call(
                    method=method,
                    metadata=metadata,
                    context=context,
                    streaming=handler.response_streaming,
                )
            )

        return _wrap(handler, around)


def _wrap(handler: Any, around: Callable[[Any], AbstractAsyncContextManager[None]]) -> Any:
    if handler.response_streaming:
        inner = handler.stream_stream if handler.request_streaming else handler.unary_stream
        make = (
            grpc.stream_stream_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_stream_rpc_method_handler
        )
        behaviour: Any = _around_stream(inner, around)
    else:
        inner = handler.stream_unary if handler.request_streaming else handler.unary_unary
        make = cast(
            "Any",
            grpc.stream_unary_rpc_method_handler
            if handler.request_streaming
            else grpc.unary_unary_rpc_method_handler,
        )
        behaviour = _around_unary(inner, around)
    return make(
        behaviour,
        request_deserializer=handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )


def _around_unary(inner: Any, around: Callable[[Any], AbstractAsyncContextManager[None]]) -> Any:
    async def behaviour(request: Any, context: Any) -> Any:
        async with around(context):
            return await inner(request, context)

    return behaviour


def _around_stream(inner: Any, around: Callable[[Any], AbstractAsyncContextManager[None]]) -> Any:
    async def behaviour(request: Any, context: Any) -> AsyncIterator[Any]:
        async with around(context):
            responses = inner(request, context)
            if inspect.isawaitable(responses):  # it answers by context.write
                await responses
                return
            async with aclosing(responses):
                async for response in responses:
                    yield response

    return behaviour
