"""Logs, traces and metrics: configured once a process, bound once a call.

Log events are constant dotted names plus fields. The trace is W3C trace context, which callers hand
on as `traceparent`; its id stands in every log line and every error that leaves the process.
"""

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar, Literal

import structlog
from opentelemetry import context, propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from prometheus_client import Counter, Histogram

RPCS = Counter("rpcs", "RPCs served, by how they ended.", ["method", "code"], namespace="backsmith")
RPC_SECONDS = Histogram("rpc_seconds", "How long RPCs took.", ["method"], namespace="backsmith")

_TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)
"""Without local variables: they hold prompts and secrets."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetrySettings:
    """How a process tells what it does."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_LOG"

    format: Literal["auto", "console", "json"] = "auto"
    """Readable lines, or JSON; `auto` is readable on a terminal and JSON elsewhere."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least severe level that is written."""


def configure(settings: TelemetrySettings, *, service: str) -> None:
    """Set up logging and tracing for this process; logs go to standard error."""
    readable = settings.format == "console" or (settings.format == "auto" and sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    renderer: list[structlog.typing.Processor] = (
        [_console()] if readable else [_TRACEBACKS, structlog.processors.JSONRenderer()]
    )
    structlog.configure(
        processors=[*shared, *renderer],
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=max(logging.WARNING, logging.getLevelName(settings.level)))
    structlog.contextvars.bind_contextvars(service=service)
    trace.set_tracer_provider(TracerProvider(resource=Resource.create({"service.name": service})))


def _console() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
    )


@contextmanager
def traced(name: str, carrier: Mapping[str, str], **fields: str) -> Iterator[str]:
    """Run what is left of the current task as a span below the carrier's.

    Its ids and fields are bound to the logs of the task and stay so: a stream that is left early
    is closed from another context, where nothing could be unbound.

    Yields:
        The trace id, 32 hexadecimal digits.
    """
    span = trace.get_tracer("backsmith").start_span(name, context=propagate.extract(carrier))
    context.attach(trace.set_span_in_context(span))
    structlog.contextvars.bind_contextvars(trace_id=trace_id(), **fields)
    try:
        yield trace_id()
    finally:
        span.end()


def trace_id() -> str:
    """Return the current trace's id, 32 hexadecimal digits; all zeros outside any trace."""
    return trace.format_trace_id(trace.get_current_span().get_span_context().trace_id)


def trace_headers() -> dict[str, str]:
    """Return the headers that hand the current trace on."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier
