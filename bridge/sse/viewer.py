"""One client of a stream.

A viewer that is caught up is an index into the feed's ring and a writer; the feed writes to it
directly. Only when it has to open, to catch up, to wait or to end does it have a task of its own.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

from bridge.sse.alarms import Sleeper
from bridge.sse.event import Event, Standing
from bridge.sse.feed import Feed
from bridge.sse.frames import HEARTBEAT, NAMED_HEARTBEAT, Framing, frame, framed, retry, told
from bridge.sse.news import News
from bridge.sse.replay import Replay
from bridge.sse.start import Place, Wish, connected, find_place, fresh, truncated
from bridge.sse.writer import Receive, Writer
from chassis.errors import OutOfRangeError, ServiceError


class _CutError(Exception):
    """The connection is to be cut; says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Why a stream is closed, and what its client is told first."""

    why: str
    """For the log."""

    last_words: tuple[bytes, ...] = ()
    """Unnamed frames to send before the end."""


class Viewer:
    """Sends one client what it wished for, then what happens, until the stream ends.

    Args:
        feed: The stream.
        wish: Where to begin.
        framing: Whether frames are named.
        writer: The way to the client.
        named_heartbeat: Whether heartbeats are events that scripts can see.
    """

    __slots__ = (
        "_alarm",
        "_cursor",
        "_ending",
        "_feed",
        "_framing",
        "_group",
        "_heartbeat",
        "_last_event",
        "_last_write",
        "_loop",
        "_position",
        "_pump",
        "_wish",
        "_writer",
        "why",
    )

    def __init__(
        self,
        feed: Feed,
        wish: Wish,
        *,
        framing: Framing,
        writer: Writer,
        named_heartbeat: bool = False,
    ) -> None:
        self._feed = feed
        self._wish = wish
        self._framing = framing
        self._writer = writer
        self._heartbeat = NAMED_HEARTBEAT if named_heartbeat else HEARTBEAT
        self._loop = asyncio.get_running_loop()
        self._last_event = self._last_write = self._loop.time()
        self._position: int | None = None
        self._cursor = ""
        self._group: asyncio.TaskGroup | None = None
        self._pump: asyncio.Task[None] | None = None
        self._alarm = set[Sleeper]()
        self._ending: Ending | None = None
        self.why = ""
        """Why the stream was closed; empty while it is open."""

    @property
    def standing(self) -> Standing:
        """How far the generation is with what this client has been sent."""
        ring, position = self._feed.ring, self._position
        if position is None or not ring.first < position <= ring.end:
            return self._feed.origin
        return ring.at(position - 1).event.standing

    async def run(self, receive: Receive) -> None:
        """Serve the client until the stream ends or the client goes."""
        self._feed.viewers.add(self)
        try:
            async with asyncio.TaskGroup() as self._group:
                self.wake()
                while (await receive())["type"] != "http.disconnect":
                    pass
                self.why = self.why or "the client went"
                if self._pump is not None:
                    self._pump.cancel()
        except* _CutError as cut:
            self.why = str(cut.exceptions[0])
            self._writer.cut()
        finally:
            self._group = None
            self._feed.viewers.discard(self)
            self._alarm.discard(self)

    def end(self, ending: Ending) -> None:
        """Close the stream once all that has come is sent."""
        self._ending = self._ending or ending
        self.wake()

    def offer(self, news: News) -> None:
        """Take what has just come, or remember to fetch it."""
        if self._pump is not None or self._position != news.begin or not news.whole:
            self.wake()
            return
        written = self._writer.write_now(news, self._framing)
        if written or self._writer.unfinished:
            self._position = news.end
            self._cursor = news.cursor
            self._last_event = self._last_write = news.at
        if news.terminal or not written:
            self.wake()

    def wake(self) -> None:
        """Do what there is to do; what comes meanwhile is done by the same task."""
        if self._group is not None and self._pump is None and not self.why:
            self._pump = self._group.create_task(self._play())

    async def _play(self) -> None:
        try:
            if self._position is None:
                await self._open()
            while not self.why and await self._step():
                pass
        finally:
            self._pump = None
        if not self.why:
            self._arm()

    async def _step(self) -> bool:
        """Do the next thing; tell whether there may be another."""
        ring = self._feed.ring
        position = self._position or 0
        if self._writer.unfinished:
            await self._write(b"")
        elif position < ring.first:
            await self._fall_behind()
        elif position < ring.end:
            await self._send_from(position)
        elif self._feed.ended:
            await self._finish("the generation ended")
        elif self._feed.failure is not None:
            await self._fail(self._feed.failure)
        elif self._ending is not None:
            await self._finish(self._ending.why, *self._ending.last_words)
        elif self._loop.time() >= self._times_out_at():
            await self._time_out()
        elif self._loop.time() >= self._beats_at():
            await self._write(self._heartbeat)
        else:
            return False
        return True

    async def _fall_behind(self) -> None:
        """Cut who is too slow; but a history longer than the ring is nobody's fault."""
        wish = self._wish
        nothing_told = not (self._cursor or wish.last_event_id) and wish.begin == "start"
        if self._feed.caught_up and not nothing_told:
            raise _CutError("the client fell too far behind")
        await self._replay(replace(fresh(self._feed, "start"), replay_after=self._cursor))

    async def _send_from(self, position: int) -> None:
        entries = self._feed.ring.slice(position, self._feed.settings.drain_write_bytes)
        self._position = position + len(entries)
        self._cursor = entries[-1].event.cursor or self._cursor
        await self._write(b"".join(entry.framed(self._framing) for entry in entries))
        self._last_event = self._last_write
        if entries[-1].event.terminal:
            await self._finish("the generation ended")

    async def _time_out(self) -> None:
        minutes = self._feed.settings.idle_timeout.total_seconds() / 60
        event = self._told("timeout", f"No news for {minutes:g} minutes; the stream closes")
        await self._finish("it was silent for too long", frame(event))

    async def _fail(self, error: ServiceError) -> None:
        event = self._told("stream_error", error.message, reason=error.reason, retry=False)
        await self._finish(f"the source refused it: {error.reason}", frame(event))

    async def _finish(self, why: str, *last_words: bytes) -> None:
        if last_words:
            await self._write(b"".join(framed(words, self._framing) for words in last_words))
        self.why = why
        await self._writer.finish()

    async def _write(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._feed.settings.stall_timeout.total_seconds()):
                await self._writer.write(data)
        except TimeoutError:
            raise _CutError("the client does not read") from None
        self._last_write = self._loop.time()

    def _told(self, stage: str, message: str, **more: Any) -> Event:
        feed = self._feed
        now = feed.clock.now()
        return told(feed.topic, stage, message, standing=self.standing, now=now, **more)

    def _beats_at(self) -> float:
        return self._last_write + self._feed.settings.heartbeat.total_seconds()

    def _times_out_at(self) -> float:
        return self._last_event + self._feed.settings.idle_timeout.total_seconds()

    def _arm(self) -> None:
        """Look again when a heartbeat, or the end of patience, would be due."""
        self._alarm.discard(self)
        due = min(self._beats_at(), self._times_out_at())
        self._alarm = self._feed.alarms.at(due, self)

    def tick(self) -> None:
        """Wake only if nothing was written meanwhile."""
        if self._loop.time() >= min(self._beats_at(), self._times_out_at()):
            self.wake()
        elif self._pump is None and not self.why:
            self._arm()

    async def _open(self) -> None:
        """Send what every stream begins with, and find the place to go on from."""
        await self._write(retry(int(self._feed.settings.retry.total_seconds() * 1000)))
        place = await find_place(self._feed, self._wish, until=self._until)
        if place.replay_after is None:
            await self._begin(place)
        else:
            await self._replay(place)

    async def _until(self, condition: Callable[[], bool]) -> None:
        """Wait for the feed, with heartbeats; an ending or a failure is for `_step`."""
        patience = self._feed.settings.heartbeat
        while not await self._feed.until(lambda: condition() or self._leaving(), limit=patience):
            await self._write(self._heartbeat)

    def _leaving(self) -> bool:
        return (
            self._ending is not None
            or self._feed.failure is not None
            or self._loop.time() >= self._times_out_at()
        )

    async def _begin(self, place: Place) -> None:
        """Say `connected`, then what else comes first."""
        self._position = place.position
        opening = (connected(self._feed, self._wish, place.standing), *place.prelude)
        first = (frame(event) for event in opening)
        await self._write(b"".join(framed(each, self._framing) for each in first))

    async def _replay(self, place: Place) -> None:
        """Fetch what the ring does not reach, up to where it does."""
        replay = Replay(self._feed, place.replay_after or "")
        try:
            async with aclosing(replay.events()) as batches:  # type: ignore[type-var]
                async for events in batches:
                    await self._send_replayed(events, place)
                    if self.why:
                        return
        except OutOfRangeError:
            await self._begin(truncated(self._feed, self._wish.begin))
            return
        except ServiceError as error:
            raise _CutError(f"the source is away: {error.reason}") from error
        await self._join(replay, place)

    async def _send_replayed(self, events: list[Event], place: Place) -> None:
        if self._position is None:
            standing = events[0].standing if place.replay_after else place.standing
            await self._begin(replace(place, standing=standing))
        self._cursor = events[-1].cursor
        await self._write(b"".join(framed(frame(event), self._framing) for event in events))
        self._last_event = self._last_write
        if events[-1].terminal:
            await self._finish("the generation ended")

    async def _join(self, replay: Replay, place: Place) -> None:
        """Go on in the ring where a replay has come to."""
        ring = self._feed.ring
        if replay.joins_at is None:
            await self._until(lambda: ring.find(replay.cursor) is not None)
        found = ring.find(replay.cursor)
        following = ring.end if found is None else found + 1
        position = following if replay.joins_at is None else replay.joins_at
        if self._position is None:
            standing = place.standing if found is None else ring.at(found).event.standing
            await self._begin(replace(place, standing=standing))
        self._position = position
