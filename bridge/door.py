"""The door to streams: who may come in, by what, and where it leads."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from bridge import tickets
from bridge.errors import StreamTokenError
from bridge.rates import Rate
from bridge.resume import ResumeCookies
from bridge.schemas.stream import StreamTokenOut
from bridge.settings import StreamSettings
from bridge.sse.event import Standing, Topic
from bridge.sse.frames import Framing, framed, refused
from bridge.sse.gzip import GzipWriter
from bridge.sse.hub import Hub
from bridge.sse.start import Wish, ended_for
from bridge.sse.streams import Streams
from bridge.sse.viewer import Viewer
from bridge.sse.writer import Receive, Send, writer_for
from bridge.tickets import Ticket, Tickets
from chassis.auth import Authenticator, Principal, bind_principal
from chassis.clock import Clock
from chassis.errors import (
    DeadlineExceededError,
    LimitExceededError,
    UnauthenticatedError,
    UnavailableError,
)

log = structlog.get_logger()

Look = Callable[[], Coroutine[Any, Any, Standing]]
"""Asks for a stream as its user; raises what the user may know, such as that there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Knock:
    """What a client shows to open a stream."""

    token: str | None = None
    """The query's `token`; it decides if there is one."""

    bearer: str = ""
    """The header's bearer token: a user's, or a stream token."""

    cookie: str = ""
    """The resume cookie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a client wants to see a stream."""

    wish: Wish
    framing: Framing
    named_heartbeat: bool = False
    gzip: bool = False


class Door:
    """Issues tickets, checks them, and seats viewers.

    Args:
        tickets: Stream tokens.
        cookies: Resume cookies.
        authenticator: Verifies users' tokens.
        hub: The streams to watch.
        streams: The viewers there are.
        settings: How streams behave.
        clock: Tells the time of what the door itself says.
    """

    def __init__(
        self,
        *,
        tickets: Tickets,
        cookies: ResumeCookies,
        authenticator: Authenticator,
        hub: Hub,
        streams: Streams,
        settings: StreamSettings,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._tickets = tickets
        self._cookies = cookies
        self._authenticator = authenticator
        self.hub = hub
        self.streams = streams
        self._settings = settings
        self._looks: dict[Topic, asyncio.Future[Standing]] = {}
        self._tokens = Rate(
            settings.tokens_per_minute,
            in_all=settings.tokens_per_minute_in_all,
            what="stream tokens",
            reason="TOKEN_RATE_EXCEEDED",
        )
        self._connects = Rate(
            settings.connects_per_minute,
            in_all=settings.connects_per_minute_in_all,
            what="connections",
            reason="CONNECT_RATE_EXCEEDED",
        )

    def check(self, user_id: str) -> None:
        """Pass while a user may have one more token, and open one more stream with it.

        Raises:
            LimitExceededError: The user, or all users together, have too many.
        """
        self.streams.check(user_id)
        self._connects.check(user_id)
        self._tokens.check(user_id)

    async def ticket(self, topic: Topic, url: str) -> StreamTokenOut:
        """Return a token for a stream its user may read.

        Raises:
            LimitExceededError: The user, or all users together, have too many.
            UnavailableError: Tokens cannot be stored.
        """
        self.check(topic.user_id)
        self._tokens.count(topic.user_id)
        token = await self._tickets.issue(Ticket(user_id=topic.user_id, stream=str(topic)))
        return StreamTokenOut(
            generation_id=topic.name,
            sse_token=token,
            expires_in=int(self._tickets.lifetime.total_seconds()),
            stream_url=url,
            event_source_url=f"{url}?token={token}",
        )

    async def admit(self, knock: Knock, *, stream: str) -> Ticket:
        """Return whom a knock lets in; binds that user to the request.

        Raises:
            UnauthenticatedError: Nothing that was shown opens this stream.
            UnavailableError: Tokens cannot be checked.
        """
        if knock.token:
            ticket = await self._by_token(knock.token, knock.cookie, stream)
        elif tickets.TOKEN.fullmatch(knock.bearer):
            ticket = await self._by_token(knock.bearer, knock.cookie, stream)
        elif knock.bearer:
            ticket = await self._by_user(knock.bearer, stream)
        else:
            raise tickets.refusal(tickets.MISSING)
        bind_principal(Principal(user_id=ticket.user_id))
        structlog.contextvars.bind_contextvars(user_id=ticket.user_id)
        return ticket

    async def _by_token(self, token: str, cookie: str, stream: str) -> Ticket:
        try:
            ticket = await self._tickets.burn(token, stream=stream)
        except StreamTokenError as refused:
            resumed = self._cookies.read(cookie, stream=stream) if cookie else None
            if refused.reason not in tickets.RESUMABLE or resumed is None:
                raise
            log.info("SSE stream resumed by cookie for %s", stream)
            return resumed
        log.info("SSE token validated for %s", stream)
        return ticket

    async def _by_user(self, bearer: str, stream: str) -> Ticket:
        principal = await self._authenticator.verify(bearer)
        if principal.internal or not principal.user_id:
            raise UnauthenticatedError("Sign in as a user.", reason="TOKEN_INVALID")
        log.info("SSE token validated for %s", stream)
        return Ticket(user_id=principal.user_id, stream=stream)

    def cookie(self, ticket: Ticket, *, path: str, secure: bool) -> str:
        """Return the `Set-Cookie` header by which this client may come back."""
        return self._cookies.header(ticket, path=path, secure=secure)

    def refusal(self, topic: Topic) -> LimitExceededError | None:
        """Return why a stream cannot be opened now, if it cannot."""
        try:
            self.streams.check(topic.user_id)
            self._connects.count(topic.user_id)
        except LimitExceededError as error:
            return error
        return None

    async def turn_away(
        self, topic: Topic, error: LimitExceededError, view: View, receive: Receive, send: Send
    ) -> None:
        """Tell a client in its stream to come back later: a status would end an EventSource."""
        del receive
        words = refused(topic, error, now=self._clock.now())
        writer = writer_for(send, direct=False)
        await writer.write(b"".join(framed(each, view.framing) for each in words))
        await writer.finish()
        log.info("SSE stream refused for %s: %s", topic, error.reason)

    async def over(self, topic: Topic, wish: Wish, look: Look) -> bool:
        """Tell whether a returning client has everything already.

        A source that is away is no reason to refuse: the stream opens, and waits for it.

        Raises:
            NotFoundError: There is no such stream, or it is somebody else's.
        """
        standing = await self._look(topic, look)
        with self.hub.attached(topic) as feed:
            if standing is not None:
                feed.origin = Standing(project_id=standing.project_id, version=standing.version)
                if feed.ended and standing.status in {"pending", "processing"}:
                    self.hub.forget(topic)
                    return False
            over = await ended_for(feed, wish)
            if topic.kind == "channel":
                await feed.until(lambda: feed.settled, limit=self._settings.connect_patience)
            if feed.failure is not None:
                raise feed.failure
            return over

    async def _look(self, topic: Topic, look: Look) -> Standing | None:
        """Ask once for all who come at the same time: a thousand may return at once."""
        looking = self._looks.get(topic)
        if looking is None:
            looking = self._looks[topic] = asyncio.ensure_future(look())
            looking.add_done_callback(partial(self._looked, topic))
        with suppress(UnavailableError, DeadlineExceededError):
            return await asyncio.shield(looking)
        return None

    def _looked(self, topic: Topic, looking: "asyncio.Future[Standing]") -> None:
        """Forget what was asked; its error is whoever's who still waits for it."""
        del self._looks[topic]
        if not looking.cancelled():
            looking.exception()

    async def seat(self, topic: Topic, view: View, receive: Receive, send: Send) -> None:
        """Serve a stream's body to one client until it ends."""
        writer = writer_for(send, direct=self._settings.direct_writes)
        with self.hub.attached(topic) as feed:
            topic = feed.topic  # Equal, and shared by all its viewers.
            viewer = Viewer(
                feed,
                view.wish,
                framing=view.framing,
                writer=GzipWriter(writer) if view.gzip else writer,
                named_heartbeat=view.named_heartbeat,
            )
            log.info("SSE stream opened for %s", topic)
            # Not a context manager of a function: its frame would stay as long as the stream.
            self.streams.add(topic, viewer)
            try:
                await viewer.run(receive)
            finally:
                self.streams.remove(viewer)
                log.info("SSE stream closed for %s: %s", topic, viewer.why or "cancelled")
