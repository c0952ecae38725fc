"""The ordered consumer behind a log's live feed."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import nats.errors
from nats.aio.msg import Msg

from chassis.bus.jetstream.errors import ApiError
from chassis.bus.jetstream.session import API, STATUS, Session
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.stored import feed_place
from chassis.bus.jetstream.streams import nanoseconds
from chassis.errors import UnavailableError

SILENT_HEARTBEATS = 2
CONTROL = "100"
LAST_CONSUMER = "Nats-Last-Consumer"
STALLED = "Nats-Consumer-Stalled"


class Feed:
    """Delivers every message after a position, in order, until one is missed.

    Args:
        name: The stream.
        settings: The heartbeat.
        session: The connection it lives and dies with.
        deliver: Takes a message, its sequence and its time in nanoseconds.
    """

    def __init__(
        self,
        name: str,
        settings: BusSettings,
        *,
        session: Session,
        deliver: Callable[[Msg, int, int], None],
    ) -> None:
        self._name = name
        self._settings = settings
        self._session = session
        self._deliver = deliver
        self._delivered = 0
        self._silent = 0
        self._broken = asyncio.Event()

    @asynccontextmanager
    async def attached(self, *, after: int) -> AsyncIterator[None]:
        """Follow the stream inside the context."""
        inbox = self._session.client.new_inbox()
        consumer = f"feed-{secrets.token_hex(8)}"
        subscription = await self._session.subscribe(inbox, self._on_message)
        try:
            await self._create(consumer, inbox, after)
            yield
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()
            with suppress(UnavailableError, ApiError):
                await self._session.publish(f"{API}.CONSUMER.DELETE.{self._name}.{consumer}")

    async def alive(self) -> bool:
        """Wait for a heartbeat's time, and tell whether nothing was missed meanwhile."""
        broken = asyncio.ensure_future(self._broken.wait())
        ended = asyncio.ensure_future(self._session.ended.wait())
        try:
            seconds = self._settings.heartbeat.total_seconds()
            first = asyncio.FIRST_COMPLETED
            done, _ = await asyncio.wait({broken, ended}, timeout=seconds, return_when=first)
        finally:
            broken.cancel()
            ended.cancel()
        self._silent += 1
        return not done and self._silent <= SILENT_HEARTBEATS

    async def _create(self, consumer: str, inbox: str, after: int) -> None:
        config = {
            "name": consumer,
            "deliver_subject": inbox,
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": after + 1,
            "ack_policy": "none",
            "max_deliver": 1,
            "mem_storage": True,
            "num_replicas": 1,
            "flow_control": True,
            "idle_heartbeat": nanoseconds(self._settings.heartbeat),
            "inactive_threshold": nanoseconds(self._settings.idle_feed),
        }
        body = {"stream_name": self._name, "config": config}
        await self._session.api(f"CONSUMER.CREATE.{self._name}.{consumer}", body)

    async def _on_message(self, message: Msg) -> None:
        self._silent = 0
        if message.headers is not None and STATUS in message.headers:
            await self._on_control(message, message.headers)
            return
        sequence, delivered, time = feed_place(message.reply)
        if delivered != self._delivered + 1:
            self._broken.set()
        if not self._broken.is_set():
            self._delivered = delivered
            self._deliver(message, sequence, time)

    async def _on_control(self, message: Msg, headers: dict[str, str]) -> None:
        last = headers.get(LAST_CONSUMER)
        if headers[STATUS] != CONTROL or (last is not None and int(last) != self._delivered):
            self._broken.set()
            return
        reply = message.reply or headers.get(STALLED)
        if reply:
            await self._session.publish(reply)
