"""The work queue in JetStream: a work-queue stream and one durable pull consumer.

The server hands a job out again without limit. The bound is the owner's, which alone can end a job
truthfully: a job tells how often it was handed out and whether that is too often. A server that
crashes may forget its latest deliveries: a job may then come to a second worker before its time,
and its count start again. Owners fence their writes and keep a count of their own where it matters.
"""

import asyncio
import json
from datetime import timedelta

from nats.aio.msg import Msg

from chassis.bus.jetstream.history import delete, message_at
from chassis.bus.jetstream.publish import store
from chassis.bus.jetstream.session import API, NO_RESPONDERS, STATUS, Session
from chassis.bus.jetstream.settings import BusSettings
from chassis.bus.jetstream.stored import MESSAGE_ID, deliveries, feed_place, message_id_of
from chassis.bus.jetstream.streams import Stream, nanoseconds
from chassis.errors import UnavailableError

CONSUMER = "workers"
LONGEST_PULL = timedelta(seconds=5)
GRACE = timedelta(seconds=1)
PAUSE_SECONDS = 0.05
MAX_HELD_JOBS = 10_000
MAX_WAITING_WORKERS = 10_000


class JetStreamJob:
    """A job in a worker's hands; what it is told also works over a later connection."""

    def __init__(self, stream: Stream, message: Msg, *, max_deliveries: int) -> None:
        self._stream = stream
        self._message_id = (message.headers or {}).get(MESSAGE_ID, "")
        self._reply = message.reply
        self._data = message.data
        self._deliveries = deliveries(message.reply)
        self._max_deliveries = max_deliveries

    @property
    def data(self) -> bytes:
        """The payload."""
        return self._data

    @property
    def deliveries(self) -> int:
        """How often it was handed out, this time included."""
        return self._deliveries

    @property
    def spent(self) -> bool:
        """Whether it was handed out more often than `max_deliveries` allows."""
        return self._deliveries > self._max_deliveries

    async def keep(self) -> None:
        """Tell the queue that work goes on."""
        await self._tell(b"+WPI")

    async def done(self) -> None:
        """Take the job off the queue."""
        try:
            await self._tell(b"+ACK")
        except UnavailableError:
            await self._remove()

    async def give_back(self, *, delay: timedelta = timedelta()) -> None:
        """Put the job back, to be handed out again after a delay."""
        await self._tell(b"-NAK " + json.dumps({"delay": nanoseconds(delay)}).encode())

    async def _tell(self, what: bytes) -> None:
        session = await self._stream.session()
        await session.request(self._reply, what)

    async def _remove(self) -> None:
        """Delete the job itself: after a crash the server may have forgotten that it is ours.

        It answers no acknowledgement then, since it writes down later what it handed out.
        """
        sequence, _, _ = feed_place(self._reply)
        found = await message_at(self._stream, sequence)
        if found is not None and message_id_of(found) == self._message_id:
            await delete(self._stream, sequence)


class JetStreamQueue:
    """Jobs of one stream."""

    def __init__(
        self,
        stream: Stream,
        settings: BusSettings,
        *,
        subject: str,
        acknowledge_within: timedelta,
        max_deliveries: int,
    ) -> None:
        self._stream = stream
        self._settings = settings
        self._subject = subject
        self._acknowledge_within = acknowledge_within
        self._max_deliveries = max_deliveries
        self._opened_on: Session | None = None

    async def put(self, data: bytes, *, message_id: str) -> None:
        """Queue a job, once per `message_id` within the deduplication window."""
        headers = {MESSAGE_ID: message_id}
        await store(self._stream, self._settings, self._subject, data, headers)

    async def get(self, *, wait: timedelta) -> JetStreamJob | None:
        """Return the next job, or None when none came within `wait`."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait.total_seconds()
        while True:
            left = timedelta(seconds=max(0.0, deadline - loop.time()))
            message = await self._pull(await self.open(), min(left, LONGEST_PULL))
            if message is not None:
                return JetStreamJob(self._stream, message, max_deliveries=self._max_deliveries)
            if loop.time() >= deadline:
                return None
            await asyncio.sleep(PAUSE_SECONDS)  # some refusals come at once

    async def open(self) -> Session:
        """Make the consumer, or bring it in line, once per session."""
        session = await self._stream.session()
        if self._opened_on is not session:
            body = {"stream_name": self._stream.name, "config": self._consumer()}
            await session.api(f"CONSUMER.CREATE.{self._stream.name}.{CONSUMER}", body)
            self._opened_on = session
        return session

    def _consumer(self) -> dict[str, object]:
        return {
            "name": CONSUMER,
            "durable_name": CONSUMER,
            "ack_policy": "explicit",
            "ack_wait": nanoseconds(self._acknowledge_within),
            "max_deliver": -1,
            "max_ack_pending": MAX_HELD_JOBS,
            "max_waiting": MAX_WAITING_WORKERS,
        }

    async def _pull(self, session: Session, wait: timedelta) -> Msg | None:
        expires = {"expires": nanoseconds(wait)} if wait else {"no_wait": True}
        request = json.dumps({"batch": 1} | expires).encode()
        subject = f"{API}.CONSUMER.MSG.NEXT.{self._stream.name}.{CONSUMER}"
        message = await session.pull(subject, request, within=wait + GRACE)
        status = None if message is None or message.headers is None else message.headers.get(STATUS)
        if status == NO_RESPONDERS:
            self._opened_on = None
            self._stream.doubt()
        return None if status else message
