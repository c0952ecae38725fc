"""Where in a stream a viewer begins."""

from dataclasses import dataclass, replace
from typing import Literal

from bridge.sse.event import Event, Standing
from bridge.sse.feed import Feed
from bridge.sse.frames import told

From = Literal["start", "snapshot", "now"]


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


def resumed(feed: Feed, cursor: str) -> Place:
    """Return the place of a client that returns."""
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
