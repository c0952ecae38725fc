"""Generations' streams and their tokens."""

from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from bridge.convert import generation_to_standing
from bridge.door import Knock, View
from bridge.params import GenerationId, known_shape
from bridge.parts import Has, Parts
from bridge.problems import documented
from bridge.resume import NAME
from bridge.routes import paths
from bridge.schemas.stream import StreamTokenBody, StreamTokenOut
from bridge.security import User
from bridge.sse.catalogue import Schema, item_schema, progress_schema
from bridge.sse.event import Standing, Topic
from bridge.sse.frames import Framing
from bridge.sse.response import StreamResponse
from bridge.sse.start import From, Wish
from bridge.tickets import Ticket

router = APIRouter(prefix="/generations", tags=["streams"])

HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
}


def stream_responses(data: Schema) -> dict[int | str, dict[str, Any]]:
    """Return OpenAPI `responses` for a stream of events with some data."""
    return {
        **documented(),
        200: {
            "description": "The stream.",
            "content": {"text/event-stream": {"itemSchema": item_schema(data)}},
        },
        204: {"description": "You have the terminal event: nothing follows."},
    }


STREAM = stream_responses(progress_schema())


@router.post("/generate/{generation_id}/stream-token", responses=documented(400, 413))
async def named_stream_token(
    generation_id: GenerationId, user: User, parts: Has, body: StreamTokenBody | None = None
) -> StreamTokenOut:
    """Return a token for the stream of named frames."""
    url = paths.named_stream(parts.settings, known_shape(generation_id, what="generation"))
    await _agree(parts, generation_id, body)
    return await _token(parts, generation_id, user.user_id, url)


@router.post("/{generation_id}/stream-token", responses=documented(400, 413))
async def stream_token(
    generation_id: GenerationId, user: User, parts: Has, body: StreamTokenBody | None = None
) -> StreamTokenOut:
    """Return a token for the stream of unnamed frames."""
    url = paths.message_stream(parts.settings, known_shape(generation_id, what="generation"))
    await _agree(parts, generation_id, body)
    return await _token(parts, generation_id, user.user_id, url)


async def _agree(parts: Parts, generation_id: str, body: StreamTokenBody | None) -> None:
    """Pass who may see the generation, and note what they ask for."""
    if body is not None and "cancel_after" in body.model_fields_set:
        await parts.orchestrator.set_cancel_after(generation_id, body.cancel_after)
    else:
        await parts.orchestrator.generation(generation_id)


async def _token(parts: Parts, generation_id: str, user_id: str, url: str) -> StreamTokenOut:
    topic = Topic(kind="generation", name=generation_id, user_id=user_id)
    return await parts.door.ticket(topic, url)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a client says about the stream it opens."""

    knock: Knock
    wish: Wish
    frames: Framing | None
    gzip: bool
    named_heartbeat: bool

    def view(self, parts: Parts, default: Framing) -> View:
        """Return how the client wants to see the stream, as far as settings allow."""
        return View(
            wish=self.wish,
            framing=self.frames or default,
            named_heartbeat=self.named_heartbeat,
            gzip=self.gzip and parts.settings.stream.compression,
        )


async def asked(
    request: Request,
    *,
    token: Annotated[str | None, Query(description="A stream token.")] = None,
    begin: Annotated[From, Query(alias="from", description="Where to begin.")] = "start",
    frames: Annotated[Framing | None, Query(description="Another framing.")] = None,
    heartbeat: Annotated[
        Literal["comment", "named"], Query(description="Heartbeats that scripts see.")
    ] = "comment",
    last_event_id: Annotated[str, Query(description="Where to resume.")] = "",
    last_event_id_header: Annotated[str, Header(alias="last-event-id")] = "",
) -> Asked:
    """Return what a client says about the stream it opens."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    return Asked(
        knock=Knock(
            token=token,
            bearer=bearer.strip() if scheme.lower() == "bearer" else "",
            cookie=request.cookies.get(NAME, ""),
        ),
        wish=Wish(begin=begin, last_event_id=last_event_id_header or last_event_id),
        frames=frames,
        gzip="gzip" in request.headers.get("accept-encoding", ""),
        named_heartbeat=heartbeat == "named",
    )


Asks = Annotated[Asked, Depends(asked)]


@router.get("/generate/{generation_id}/stream", responses=STREAM, response_class=Response)
async def named_stream(
    generation_id: GenerationId,
    request: Request,
    parts: Has,
    asked: Asks,
) -> Response:
    """Stream a generation's progress as `progress` events."""
    return await _stream(parts, request, generation_id, asked, "named")


@router.get("/{generation_id}/stream", responses=STREAM, response_class=Response)
async def message_stream(
    generation_id: GenerationId,
    request: Request,
    parts: Has,
    asked: Asks,
) -> Response:
    """Stream a generation's progress as `message` events."""
    return await _stream(parts, request, generation_id, asked, "message")


async def _stream(
    parts: Parts, request: Request, generation_id: str, asked: Asked, framing: Framing
) -> Response:
    ticket = await parts.door.admit(asked.knock, stream=f"generation {generation_id}")
    known_shape(generation_id, what="generation")
    topic = Topic(kind="generation", name=generation_id, user_id=ticket.user_id)

    async def look() -> Standing:
        return generation_to_standing(await parts.orchestrator.generation(generation_id))

    if await parts.door.over(topic, asked.wish, look):
        return Response(status_code=204, headers={"cache-control": "no-store"})
    return opened(parts, request, topic, asked.view(parts, framing), ticket)


def opened(
    parts: Parts, request: Request, topic: Topic, view: View, ticket: Ticket
) -> StreamResponse:
    """Return a stream's response, with the cookie by which its client may come back."""
    if refusal := parts.door.refusal(topic):
        return StreamResponse(partial(parts.door.turn_away, topic, refusal, view), HEADERS)
    public = urlsplit(parts.settings.public_url)
    path = (public.path or request.scope.get("root_path", "")) + request.url.path
    secure = "https" in {public.scheme, request.url.scheme}
    cookie = parts.door.cookie(ticket, path=path, secure=secure)
    headers = {**HEADERS, "set-cookie": cookie}
    if view.gzip:
        headers |= {"content-encoding": "gzip", "vary": "Accept-Encoding"}
    return StreamResponse(partial(parts.door.seat, topic, view), headers)
