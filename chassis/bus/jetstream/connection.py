"""The connection to NATS: kept up for ever, lost without harm."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import nats.errors
import structlog
from nats.aio.client import Client

from chassis.bus.jetstream.errors import away
from chassis.bus.jetstream.session import Session
from chassis.bus.jetstream.settings import BusSettings
from chassis.errors import InternalError
from chassis.writes import Writes

CLOSE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Connection:
    """Opens a session, waits for its end, and opens the next, with growing waits in between."""

    def __init__(self, settings: BusSettings) -> None:
        self.settings = settings
        self.writes = Writes()
        """Whether what was sent over an open session was stored."""
        self._session: Session | None = None
        self._failure: BaseException | None = None
        self._opened = asyncio.Condition()

    def session(self) -> Session:
        """Return the session that is open now.

        Raises:
            UnavailableError: There is none.
        """
        if self._failure is not None:
            raise InternalError("The bus has failed; see the log") from self._failure
        if self._session is None or self._session.ended.is_set():
            raise away()
        return self._session

    async def wait(self) -> Session:
        """Return a session as soon as one is open."""
        if not self.is_open():
            async with self._opened:
                await self._opened.wait_for(self.is_open)
        return self.session()

    def on_end(self, task: "asyncio.Task[None]") -> None:
        """Remember why `run` failed, if it did: callers are to hear of it."""
        if not task.cancelled():
            self._failure = task.exception()

    async def run(self) -> None:
        """Keep a session open until cancelled."""
        failures = 0
        while True:
            try:
                session = await self._open()
            except (OSError, nats.errors.Error, TimeoutError) as error:
                failures += 1
                log.warning("bus.connect_failed", error=str(error), failures=failures)
                await asyncio.sleep(self._backoff(failures))
                continue
            failures = 0
            await self._keep(session)
            log.warning("bus.connection_lost")

    async def _keep(self, session: Session) -> None:
        async with self._opened:
            self._session = session
            self._opened.notify_all()
        try:
            await session.watch()
        finally:
            self._session = None
            session.end()
            await _close(session.client)

    async def _open(self) -> Session:
        client = Client()
        session: Session | None = None

        async def on_closed() -> None:
            if session is not None:
                session.end()

        try:
            async with asyncio.timeout(_connect_seconds(self.settings)):
                await _connect(client, self.settings, on_closed)
                session = Session(client, self.settings)
                await session.start()
        except BaseException:
            await _close(client)
            raise
        return session

    def is_open(self) -> bool:
        """Tell whether a session is open now."""
        return self._session is not None and not self._session.ended.is_set()

    def _backoff(self, failures: int) -> float:
        first = self.settings.reconnect_wait.total_seconds()
        longest = self.settings.reconnect_wait_limit.total_seconds()
        wait: float = min(longest, first * 2.0 ** min(failures, 16))
        return wait * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing


def _servers(settings: BusSettings) -> list[str]:
    return [url.strip() for url in settings.url.split(",")]


def _connect_seconds(settings: BusSettings) -> float:
    return settings.answer_within.total_seconds() * (len(_servers(settings)) + 1)


async def _connect(
    client: Client, settings: BusSettings, on_closed: Callable[[], Awaitable[None]]
) -> None:
    connecting = asyncio.create_task(
        client.connect(
            servers=_servers(settings),
            connect_timeout=max(1, round(settings.answer_within.total_seconds())),
            allow_reconnect=False,  # a session is never mended
            max_reconnect_attempts=1,
            reconnect_time_wait=0,
            flush_timeout=settings.answer_within.total_seconds(),
            closed_cb=on_closed,
            error_cb=_on_error,
        )
    )
    try:
        await asyncio.wait([connecting])
    finally:
        await _end(connecting)
    connecting.result()


def _abort(client: Client) -> None:
    """Drop the socket: a server that reads no more would hold up an orderly close for ever."""
    transport = client._transport  # noqa: SLF001 - the client has no public way
    writer = getattr(transport, "_io_writer", None)
    if writer is not None:
        writer.transport.abort()


async def _close(client: Client) -> None:
    closing = asyncio.create_task(client.close())
    try:
        await asyncio.wait([closing], timeout=CLOSE_SECONDS)
    finally:
        if not closing.done():
            _abort(client)
        await _end(closing)
    try:
        closing.result()
    except (asyncio.CancelledError, OSError, nats.errors.Error) as error:
        log.warning("bus.close_failed", error=repr(error))
        _abort(client)


async def _end(task: "asyncio.Task[None]") -> None:
    """End the client's work, which has a task of its own.

    The client swallows cancellations while it connects and closes: ours would be lost with them.
    """
    task.cancel()
    await asyncio.wait([task])


async def _on_error(error: Exception) -> None:
    log.debug("bus.client_error", error=repr(error))
