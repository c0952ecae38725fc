"""What stands around every request, as plain ASGI, outermost first: see `stack`."""

import time
from collections.abc import Mapping

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.errors import BodyTooLargeError, QueryTooLongError
from bridge.problems import render
from bridge.settings import BridgeSettings
from bridge.sse.response import Handoff
from chassis.errors import InternalError, ServiceError
from chassis.ids import new_id
from chassis.telemetry import traced

REQUEST_ID = "x-request-id"
MAX_REQUEST_ID = 64
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}

log = structlog.get_logger()


def stack(app: ASGIApp, settings: BridgeSettings) -> ASGIApp:
    """Put an application below everything that every request passes."""
    app = Limits(app, settings)
    app = Cors(app, settings.allowed_origins)
    app = Telemetry(app)
    return Handoff(app)


class Telemetry:
    """Traces each request, names it, logs it without its query, and answers what nobody caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        carrier = dict(Headers(scope=scope))
        request_id = _request_id(carrier)
        method, path = scope["method"], scope["path"]
        with traced(f"HTTP {method}", carrier, request_id=request_id) as trace_id:
            answer = _Answer(send, request_id=request_id, trace_id=trace_id)
            started = time.perf_counter()
            try:
                await self._app(scope, receive, answer)
            except Exception:
                log.exception("http.failed", method=method, path=path)
                await _answer_failure(scope, receive, answer)
            log.info(
                "http.served",
                method=method,
                path=path,
                status=answer.status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )


class _Answer:
    """A `send` that adds what every response carries."""

    def __init__(self, send: Send, *, request_id: str, trace_id: str) -> None:
        self._send = send
        self._headers = {REQUEST_ID: request_id, "x-trace-id": trace_id, **SECURITY_HEADERS}
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Send one message."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        await self._send(message)


def _request_id(headers: Mapping[str, str]) -> str:
    """Return the caller's own id for the request, when it is harmless, or a new one."""
    given = headers.get(REQUEST_ID, "")
    harmless = given.isascii() and given.replace("-", "").replace("_", "").isalnum()
    return given if harmless and len(given) <= MAX_REQUEST_ID else new_id("req")


async def _answer_failure(scope: Scope, receive: Receive, answer: _Answer) -> None:
    if answer.status:
        return
    failure = InternalError("The service failed; report it, with its trace id, if it stays.")
    await render(failure, instance=scope["path"])(scope, receive, answer)


class Cors:
    """Lets pages of the allowed origins call, with credentials (Fetch, CORS protocol)."""

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        origin = headers.get("origin", "")
        if not origin or not self._origins:
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflight(origin, send)
        else:
            await self._app(scope, receive, self._allowing(origin, send))

    async def _preflight(self, origin: str, send: Send) -> None:
        headers = _allow(origin) | _PREFLIGHT if origin in self._origins else {"vary": "Origin"}
        raw = [(key.encode(), value.encode()) for key, value in headers.items()]
        await send({"type": "http.response.start", "status": 204, "headers": raw})
        await send({"type": "http.response.body", "body": b""})

    def _allowing(self, origin: str, send: Send) -> Send:
        async def allowing(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if origin in self._origins:
                    headers.update(_allow(origin))
            await send(message)

        return allowing


def _allow(origin: str) -> dict[str, str]:
    return {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-expose-headers": "ETag, Location, Retry-After, X-Request-Id, X-Trace-Id",
        "vary": "Origin",
    }


_PREFLIGHT = {
    "access-control-allow-methods": "GET, POST, PUT, PATCH, DELETE",
    "access-control-allow-headers": (
        "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, "
        "Range, X-Request-Id, Traceparent"
    ),
    "access-control-max-age": "600",
}


class Limits:
    """Refuses what is too long or too large before it is parsed."""

    def __init__(self, app: ASGIApp, settings: BridgeSettings) -> None:
        self._app = app
        self._max_query = settings.max_query_bytes
        self._max_body = settings.max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and (error := self._refusal(scope)):
            await render(error, instance=scope["path"][:200])(scope, receive, send)
            return
        await self._app(scope, self._bounded(receive), send)

    def _refusal(self, scope: Scope) -> ServiceError | None:
        if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > self._max_query:
            return QueryTooLongError(
                f"The path and query are longer than {self._max_query} bytes together."
            )
        declared = Headers(scope=scope).get("content-length", "")
        if declared.isdecimal() and int(declared) > self._max_body:
            return self._too_large()
        return None

    def _bounded(self, receive: Receive) -> Receive:
        """Count a body that did not say how large it is, and stop it at the limit."""
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body:
                raise HTTPException(413)
            return message

        return bounded

    def _too_large(self) -> BodyTooLargeError:
        return BodyTooLargeError(f"The body is larger than {self._max_body} bytes.")
