"""Channels: everything of a user, a project or a file, as one stream."""

import re
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from bridge.parts import Has
from bridge.problems import documented
from bridge.routes.streams import Asks, opened, stream_responses
from bridge.schemas.stream import ChannelTokenOut
from bridge.security import User
from bridge.sse.catalogue import channel_schema
from bridge.sse.event import Standing, Topic
from bridge.sse.start import Wish
from chassis.errors import NotFoundError

router = APIRouter(tags=["channels"])

CHANNEL = re.compile(r"(user|project|file)\.[\x21-\x7e]{1,128}")
STREAM = stream_responses(channel_schema())
ChannelName = Annotated[str, Path(description="`user.{id}`, `project.{id}` or `file.{id}`.")]


@router.post("/api/v1/events/{channel}/token", responses=documented())
@router.post("/api/events/{channel}/token", responses=documented())
async def channel_token(
    channel: ChannelName, request: Request, user: User, parts: Has
) -> ChannelTokenOut:
    """Return a token for a channel's stream."""
    topic = _topic(channel, user.user_id)
    await parts.door.over(topic, Wish(), _nothing)
    url = parts.settings.public_url + request.url.path.removesuffix("/token")
    ticket = await parts.door.ticket(topic, url)
    return ChannelTokenOut(channel=channel, **ticket.model_dump(exclude={"generation_id"}))


@router.get("/api/v1/events/{channel}", responses=STREAM, response_class=Response)
@router.get("/api/events/{channel}", responses=STREAM, response_class=Response)
async def channel_stream(
    channel: ChannelName, request: Request, parts: Has, asked: Asks
) -> Response:
    """Stream what happens in a channel as `message` events."""
    ticket = await parts.door.admit(asked.knock, stream=f"channel {channel}")
    topic = _topic(channel, ticket.user_id)
    view = asked.view(parts, "message")
    view = replace(view, wish=replace(view.wish, begin="now"))
    await parts.door.over(topic, view.wish, _nothing)
    return opened(parts, request, topic, view, ticket)


def _topic(channel: str, user_id: str) -> Topic:
    if not CHANNEL.fullmatch(channel):
        raise NotFoundError("There is no such channel.", reason="CHANNEL_NOT_FOUND")
    return Topic(kind="channel", name=channel, user_id=user_id)


async def _nothing() -> Standing:
    """A channel has no standing; its source alone says whether its user may read it."""
    return Standing()
