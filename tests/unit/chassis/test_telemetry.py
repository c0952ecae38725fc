"""Logs tell what happened, with the call's ids, and never a local variable."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator

import pytest
import structlog

from chassis.telemetry import TelemetrySettings, configure, trace_headers, trace_id, traced

PARENT = {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    """Leave logging as it was found."""
    yield
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def fail(password: str) -> None:
    """Raise with a secret among the local variables."""
    raise ValueError(f"refused {len(password)} characters")


@pytest.mark.parametrize("form", ["console", "json"])
def test_tracebacks_hold_no_locals(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A traceback names the error and the place, never a value."""
    configure(TelemetrySettings(format=form), service="test")  # type: ignore[arg-type]
    try:
        fail("hunter" + str(2))
    except ValueError:
        structlog.get_logger().exception("thing.failed")
    written = capsys.readouterr().err
    assert "refused 7 characters" in written
    assert "hunter2" not in written


async def test_lines_carry_the_trace_of_the_caller(capsys: pytest.CaptureFixture[str]) -> None:
    """The caller's trace id stands in each JSON line and is handed on."""
    configure(TelemetrySettings(format="json"), service="test")
    with traced("work", PARENT, request_id="req_1") as traced_id:
        structlog.get_logger().info("thing.done")
        assert trace_headers()["traceparent"].split("-")[1] == traced_id
    line = json.loads(capsys.readouterr().err)
    assert traced_id == "0af7651916cd43dd8448eb211c80319c"
    assert (line["trace_id"], line["request_id"], line["service"]) == (traced_id, "req_1", "test")


async def test_trace_ends_with_its_task() -> None:
    """One task's trace is not another's, also when its stream is closed from elsewhere."""

    async def work() -> AsyncGenerator[str, None]:
        with traced("work", PARENT):
            yield trace_id()

    stream = work()
    assert await asyncio.create_task(stream.asend(None)) == "0af7651916cd43dd8448eb211c80319c"
    await asyncio.create_task(stream.aclose())
    assert trace_id() == "0" * 32


def test_level_is_a_setting(capsys: pytest.CaptureFixture[str]) -> None:
    """What is less severe than the level is not written."""
    configure(TelemetrySettings(format="json", level="WARNING"), service="test")
    structlog.get_logger().info("thing.done")
    assert capsys.readouterr().err == ""
