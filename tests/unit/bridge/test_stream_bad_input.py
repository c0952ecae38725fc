"""Whatever is sent to the streams: a clear refusal, nothing repeated, and never a fault of ours."""

import asyncio
import json

import pytest

from tests.unit.bridge.sse import stages
from tests.unit.bridge.world import World

STREAM = "/generations/gen_1/stream"
CHANNEL = "/api/events/user.alice"


async def raw(bridge: World, request: bytes) -> tuple[int, bytes, bytes]:
    """Send bytes; return the status, the head and the body of the answer."""
    host, port = bridge.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    try:
        async with asyncio.timeout(10):
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == LENGTH), 0
            )
            body = b"" if request.startswith(b"HEAD ") else await reader.readexactly(length)
    finally:
        writer.close()
        await writer.wait_closed()
    return int(head[9:12]), head, body


LENGTH = b"content-length:"


def get(path: str, *headers: bytes, body: bytes = b"") -> bytes:
    """Return a GET, byte by byte."""
    lines = [f"GET {path} HTTP/1.1".encode("latin-1"), b"Host: test", *headers]
    return b"\r\n".join([*lines, b"", body])


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        (get(f"{STREAM}?token=%0d%0aset-cookie:%20a=b"), {401}),
        (get(f"{STREAM}?token=%00"), {401}),
        (get(f"{STREAM}?token={'x' * 5000}"), {401}),
        (get(f"{STREAM}?token=%ff%fe"), {401}),
        (get(f"{STREAM}?token=a&token=b"), {401}),
        (get(STREAM, b"Authorization: Bearer \xff\xfe"), {401}),
        (get(STREAM, b"Authorization: Basic YTpi"), {401}),
        (get(STREAM, b"Authorization: Bearer"), {401}),
        (get(STREAM, b"Cookie: backsmith_stream=\xff; ;;=;"), {401}),
        (get(f"{STREAM}?from=yesterday"), {422}),
        (get(f"{STREAM}?frames=mp4"), {422}),
        (get(f"{STREAM}?heartbeat=loud"), {422}),
        (get("/generations/gen%0d%0a1/stream?token=" + "a" * 43), {401, 404}),
        (get("/generations/%00/stream?token=" + "a" * 43), {401, 404}),
        (get(f"{CHANNEL}%0d%0a?token=" + "a" * 43), {401, 404}),
        (get("/api/events/?token=" + "a" * 43), {404}),
        (get("/api/events/..%2f..%2fetc?token=" + "a" * 43), {401, 404}),
        (get(STREAM, b"X-Nul: \0"), {400, 401}),
        (get(STREAM, b"X-Long: " + b"x" * 100_000), {400, 401, 431}),
        (b"GET " + STREAM.encode() + b"\r\nHost: test\r\n\r\n", {400, 401}),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 TLS, spoken in clear\r\n\r\n", {400}),
    ],
)
async def test_refusals(bridge: World, request_: bytes, statuses: set[int]) -> None:
    """Answers a problem that repeats nothing, whatever stands in a token, header or name."""
    bridge.orchestrator.add()
    status, head, body = await raw(bridge, request_)
    assert status in statuses, body
    assert b"application/problem+json" in head
    assert b"set-cookie" not in head.lower()
    problem = json.loads(body)
    assert problem["status"] == status
    assert problem["reason"]
    assert "Traceback" not in body.decode()
    assert len(body) < 1000


async def test_body_of_a_get_is_left_alone(bridge: World) -> None:
    """Opens a stream whatever body its request has, and does not take it for a next request."""
    bridge.orchestrator.add().happen("initializing", 0.01)
    body = b"GET /nowhere HTTP/1.1\r\n\r\n"
    path = f"{STREAM}?token={await bridge.token()}"
    length = b"Content-Length: %d" % len(body)
    status, head, _ = await raw(bridge, get(path, length, body=body))
    assert status == 200
    assert b"text/event-stream" in head
    too_much = get(path, b"Content-Length: 99999999")
    assert (await raw(bridge, too_much))[0] == 413


@pytest.mark.parametrize("cursor", ["%0d%0adata:%20x%0a%0a", "%00", "%ff", "e1-1%0a", "a" * 300])
async def test_cursors_of_the_query(bridge: World, cursor: str) -> None:
    """Tells a client that its cursor is none, and lets nothing of it into the stream."""
    bridge.orchestrator.add().happen("initializing", 0.01)
    async with bridge.watch(query=f"&last_event_id={cursor}") as stream:
        frames = await stream.until("initializing")
    assert stages(frames) == ["connected", "history_truncated", "initializing"]
    assert not any("x" in frame.fields.get("id", "") for frame in frames)


@pytest.mark.parametrize("path", [STREAM, "/generations/generate/gen_1/stream", CHANNEL])
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE", "BREW"])
async def test_other_methods(bridge: World, path: str, method: str) -> None:
    """Refuses every other method, burns no token by it, and says which one is answered."""
    bridge.orchestrator.add()
    token = await bridge.token()
    request = f"{method} {path}?token={token} HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n"
    status, head, _ = await raw(bridge, request.encode())
    assert status == (400 if method == "BREW" else 405)
    if status == 405:
        assert b"\r\nallow: get\r\n" in head.lower()
    async with bridge.stream(f"{STREAM}?token={token}") as stream:
        assert stream.status == 200
