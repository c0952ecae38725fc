"""Where in a stream a viewer begins."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from bridge.sse.event import Event, Standing
from bridge.sse.feed import Feed
from bridge.sse.frames import told

From = Literal["start", "snapshot", "now"]
Until = Callable[[Callable[[], bool]], Awaitable[None]]
"""Waits until something holds."""

CURSOR = re.compile(r"[\x21-\x7e]{1,200}")
"""What a cursor looks like; anything else was never one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a client asked for."""

    begin: From = "start"
    """Where a fresh connection begins."""

    last_event_id: str = ""
    """The last event a returning client has; empty for a fresh one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to go on."""

    position: int
    """The first event to send, as a position in the ring."""

    standing: Standing
    """How far the generation was just before it."""

    prelude: tuple[Event, ...] = ()
    """What to say first, after `connected`."""

    replay_after: str | None = None
    """A cursor that the ring does not reach: events after it must be fetched up to the ring."""


async def find_place(feed: Feed, wish: Wish, *, until: Until) -> Place:
    """Return where a viewer begins, as soon as the feed has come far enough to tell."""
    cursor = wish.last_event_id
    if not cursor:
        if wish.begin != "start":
            await until(lambda: feed.settled)
        return fresh(feed, wish.begin)
    if not CURSOR.fullmatch(cursor):
        await until(lambda: feed.settled)
        return truncated(feed, wish.begin)
    await until(lambda: feed.settled or feed.ring.find(cursor) is not None)
    return _resumed(feed, cursor)


def connected(feed: Feed, wish: Wish, standing: Standing) -> Event:
    """Return what a stream says first; that of a channel is a place to return to."""
    event = told(
        feed.topic,
        "connected",
        f"Connected to {feed.topic}",
        standing=standing,
        now=feed.clock.now(),
    )
    if feed.topic.kind != "channel":
        return event
    return replace(event, cursor=wish.last_event_id or feed.ring.last_cursor)


def truncated(feed: Feed, begin: From) -> Place:
    """Return the place of a client whose cursor is unknown: it is told, and starts over."""
    place = fresh(feed, begin)
    notice = told(
        feed.topic,
        "history_truncated",
        "The place to resume at is unknown or no longer kept; the stream starts over.",
        standing=place.standing,
        now=feed.clock.now(),
    )
    return replace(place, prelude=(notice, *place.prelude))


async def ended_for(feed: Feed, wish: Wish) -> bool:
    """Tell whether a returning client has the terminal event already: nothing will follow."""
    if not wish.last_event_id:
        return False
    await feed.until(lambda: feed.settled, limit=feed.settings.connect_patience)
    last = feed.ring.last
    return feed.ended and last is not None and last.event.cursor == wish.last_event_id


def fresh(feed: Feed, begin: From) -> Place:
    """Return the place of a client that has nothing yet; the feed's history is told."""
    ring = feed.ring
    if begin == "start":
        return Place(
            position=ring.first, standing=feed.origin, replay_after=None if ring.whole else ""
        )
    position = ring.end - 1 if feed.ended else ring.end
    prelude = (_snapshot(feed),) if begin == "snapshot" else ()
    return Place(position=position, standing=_before(feed, position), prelude=prelude)


def _resumed(feed: Feed, cursor: str) -> Place:
    position = feed.ring.find(cursor)
    if position is None:
        return Place(position=feed.ring.end, standing=feed.origin, replay_after=cursor)
    return Place(position=position + 1, standing=_before(feed, position + 1))


def _before(feed: Feed, position: int) -> Standing:
    ring = feed.ring
    return ring.at(position - 1).event.standing if position > ring.first else feed.origin


def _snapshot(feed: Feed) -> Event:
    position = feed.ring.end - 1 if feed.ended else feed.ring.end
    standing = _before(feed, position)
    return told(
        feed.topic,
        "snapshot",
        f"{standing.phases_completed} of 6 phases done, {standing.files} files so far",
        standing=standing,
        now=feed.clock.now(),
        phases_completed=standing.phases_completed,
        files_so_far=standing.files,
    )
