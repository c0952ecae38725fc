"""Tokens stay where they belong: with their client, and as hashes in the store."""

from datetime import UTC, datetime, timedelta

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bridge.resume import NAME, ResumeCookies
from bridge.tickets import Ticket, Tickets
from chassis.clock import SystemClock
from tests.unit.bridge.script import COMPLETED
from tests.unit.bridge.world import World, settings, world

STREAM = "/generations/gen_1/stream"
TICKET = Ticket(user_id="alice", stream="generation gen_1")


class Book:
    """A store that shows everything that was ever asked of it."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self._values: dict[str, bytes] = {}

    async def create(self, key: str, value: bytes, *, ttl: timedelta) -> bool:
        """Store a value."""
        assert ttl > timedelta()
        self.written += [key.encode(), value]
        self._values[key] = value
        return True

    async def get(self, key: str) -> bytes | None:
        """Return a value."""
        self.written.append(key.encode())
        return self._values.get(key)

    async def take(self, key: str) -> bytes | None:
        """Return and delete a value."""
        return self._values.pop(key, None)


async def test_store_sees_no_token() -> None:
    """Hands hashes to the store, whose every key and value expires."""
    book = Book()
    tickets = Tickets(book, settings().stream, clock=SystemClock())
    tokens = [await tickets.issue(TICKET) for _ in range(20)]
    assert len(set(tokens)) == 20
    for token in tokens:
        assert await tickets.burn(token, stream=TICKET.stream) == TICKET
    told = b" ".join(book.written)
    assert not any(token.encode() in told for token in tokens)


async def answers(bridge: World, token: str) -> list[bytes]:
    """Show a token at every door, as a good one, a spent one, and where it is a mistake."""
    bodies = []
    for path in (
        f"/generations/gen_2/stream?token={token}",
        f"{STREAM}?from=nowhere&token={token}",
        f"{STREAM}?token={token}",
        f"{STREAM}?token={token}",
        f"{STREAM}?token={token}x",
        f"/nowhere?token={token}",
        f"/api/events/user.alice?token={token}",
    ):
        async with bridge.stream(path) as stream:
            if stream.status == 200:
                await stream.rest()
            bodies.append(stream.body)
    for method in ("POST", "HEAD", "OPTIONS"):
        answer = await bridge.http.request(method, f"{STREAM}?token={token}")
        bodies.append(answer.content)
    return bodies


async def test_token_is_told_nowhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leaves tokens out of error bodies, logs, traces and metrics, whatever is done with them."""
    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    monkeypatch.setattr("chassis.telemetry.trace.get_tracer", provider.get_tracer)
    async with world(metrics=True) as bridge:
        for number in (1, 2):
            bridge.orchestrator.add(f"gen_{number}").happen("completed", 1.0, status=COMPLETED)
        token = await bridge.token()
        bodies = await answers(bridge, token)
        metrics = (await bridge.http.get("/metrics")).content
    logged = "".join(capsys.readouterr())
    traced = "".join(span.to_json() for span in spans.get_finished_spans())
    assert b"STREAM_TOKEN_SPENT" in b"".join(bodies)
    assert "SSE stream opened" in logged
    assert "HTTP GET" in traced
    assert b"backsmith" in metrics
    for told in (b"".join(bodies).decode(), logged, traced, metrics.decode()):
        assert token not in told


class Late:
    """A clock that is ahead."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    def now(self) -> datetime:
        """Return the instant."""
        return datetime.now(UTC) + self._ahead


def test_cookie_ends() -> None:
    """Resumes until the cookie's time is over, and for its own stream and signer alone."""
    stream = settings().stream
    secret = "s" * 32

    def made(age: timedelta, signer: str = secret) -> str:
        cookies = ResumeCookies(signer, stream, clock=Late(-age))
        header = cookies.header(TICKET, path="/generations/gen_1/stream", secure=False)
        return header.removeprefix(f"{NAME}=").partition(";")[0]

    reader = ResumeCookies(secret, stream, clock=SystemClock())
    fresh = stream.resume_lifetime - timedelta(minutes=1)
    assert reader.read(made(fresh), stream=TICKET.stream) == TICKET
    assert reader.read(made(fresh), stream="generation gen_2") is None
    assert reader.read(made(stream.resume_lifetime), stream=TICKET.stream) is None
    assert reader.read(made(fresh, "t" * 32), stream=TICKET.stream) is None
    assert reader.read("nonsense", stream=TICKET.stream) is None


async def test_cookie_behind_a_proxy() -> None:
    """Scopes the cookie to the path, and the scheme, that the browser sees in front of a proxy."""
    async with world(public_url="https://api.example.com/backsmith") as bridge:
        bridge.orchestrator.add()
        async with bridge.watch() as stream:
            cookie = stream.headers["set-cookie"]
    assert f"Path=/backsmith{STREAM}" in cookie
    assert "Secure" in cookie


async def test_cookie_for_other_sites() -> None:
    """Marks a cookie for other sites as `Secure`, without which no browser keeps it."""
    async with world(stream_cookie_same_site="none") as bridge:
        bridge.orchestrator.add()
        async with bridge.watch() as stream:
            cookie = stream.headers["set-cookie"]
    assert "SameSite=None" in cookie
    assert "Secure" in cookie
