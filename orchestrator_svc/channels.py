"""Channels: everything of a user, of a project, or of one file."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from backsmith.orchestrator.v1 import channel_pb2
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.bus.interface import Message
from chassis.errors import NotFoundError
from orchestrator_svc.backbone import Backbone
from orchestrator_svc.convert import events_of
from orchestrator_svc.cursors import Cursors, Place
from orchestrator_svc.domain.subjects import (
    files_subject,
    project_of_file,
    project_pattern,
    user_pattern,
)
from orchestrator_svc.paging import invalid
from orchestrator_svc.store.interface import Projects


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What of the log a channel shows."""

    name: str
    """The channel's name, unlike any other's."""
    pattern: str
    file_id: str = ""
    """Only this file's changes; empty means everything that fits the pattern."""


class Channels:
    """Watches channels."""

    def __init__(self, *, backbone: Backbone, projects: Projects) -> None:
        self._backbone = backbone
        self._projects = projects

    async def watch(
        self, user_id: str, channel: channel_pb2.Channel, after_cursor: str
    ) -> AsyncGenerator[pb.WatchChannelResponse, None]:
        """Yield a channel's events after a cursor; without one, what follows from now on.

        The first answer has no events: it tells the place from which nothing will be missed.

        Raises:
            InvalidInputError: The channel's kind is not set.
            NotFoundError: The channel is unknown.
            CursorUnknownError: The cursor is not one of this channel.
            CursorExpiredError: What follows the cursor is no longer kept.
            UnavailableError: The log or the store is away.
        """
        selection = await self._select(user_id, channel)
        log = await self._backbone.log()
        cursors = Cursors(selection.name, log.epoch)
        place = cursors.read(after_cursor) if after_cursor else Place(after=await log.end())
        skip = place.skip
        yield pb.WatchChannelResponse(cursor=after_cursor or cursors.at(place))
        async with log.subscribe(selection.pattern, after=place.after) as batches:
            async for messages in batches:
                events: list[channel_pb2.ChannelEvent] = []
                for message in messages:
                    events += _shown(message, selection, cursors, skip)
                    skip = 0
                if events:
                    yield pb.WatchChannelResponse(events=events)

    async def _select(self, user_id: str, channel: channel_pb2.Channel) -> Selection:
        name = f"{channel.kind}:{user_id}:{channel.id}"
        match channel.kind:
            case channel_pb2.CHANNEL_KIND_USER:
                if channel.id != user_id:
                    raise NotFoundError(f"There is no channel of user {channel.id!r}.")
                return Selection(name=name, pattern=user_pattern(user_id))
            case channel_pb2.CHANNEL_KIND_PROJECT:
                await self._projects.get_project(user_id, channel.id)
                return Selection(name=name, pattern=project_pattern(user_id, channel.id))
            case channel_pb2.CHANNEL_KIND_FILE:
                project_id = project_of_file(channel.id)
                await self._projects.get_project(user_id, project_id)
                pattern = files_subject(user_id, project_id)
                return Selection(name=name, pattern=pattern, file_id=channel.id)
        raise invalid("channel.kind", "is not set", "UNSPECIFIED")


def _shown(
    message: Message, selection: Selection, cursors: Cursors, skip: int
) -> Sequence[channel_pb2.ChannelEvent]:
    events = events_of(message.data)
    for index, event in enumerate(events):
        event.cursor = cursors.write(message, index, last=index == len(events) - 1)
    return [
        event
        for event in events[skip:]
        if not selection.file_id or event.file.id == selection.file_id
    ]
