"""One connection to a server, from its beginning to its end.

A session is never mended: when the connection is lost, it ends, everything that waits on it fails
at once, and `connection` opens another. So no half-sent state outlives a connection.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta
from math import inf
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from chassis.bus.jetstream.errors import NoResponderError, api_error, away
from chassis.bus.jetstream.settings import BusSettings
from chassis.errors import LimitExceededError, UnavailableError

API = "$JS.API"
STATUS = "Status"
NO_RESPONDERS = "503"
SWEEPS_PER_DEADLINE = 8
GIVE_BACK = b"-NAK"
MAX_PENDING_MESSAGES = 1_000_000
MAX_PENDING_BYTES = 256 * 1024 * 1024


class _Answer:
    """What comes back for one request: one message, or many ended by a status."""

    __slots__ = ("_done", "_failure", "_many", "deadline", "messages")

    def __init__(self, *, many: bool, deadline: float = inf) -> None:
        self.deadline = deadline
        self.messages: list[Msg] = []
        self._many = many
        self._failure = ""
        self._done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def take(self, message: Msg) -> None:
        """Note a message; the last one settles the answer, and what comes after it is dropped.

        A cluster may answer twice what several clients ask for at the same time.
        """
        if self._done.done():
            return
        self.messages.append(message)
        if not self._many or (message.headers is not None and STATUS in message.headers):
            self._done.set_result(None)

    def fail(self, why: str) -> None:
        """Give up."""
        if not self._done.done():
            self._failure = why
            self._done.set_result(None)

    async def wait(self) -> list[Msg]:
        """Return the messages when all are there.

        Raises:
            UnavailableError: They will not come.
        """
        await self._done
        if self._failure:
            raise away(self._failure)
        return self.messages


class Session:
    """Requests and subscriptions over one connection.

    All answers come to one inbox subscription, told apart by a counter; as many requests as the
    window allows are under way at once.
    """

    def __init__(self, client: Client, settings: BusSettings) -> None:
        self.client = client
        self.ended = asyncio.Event()
        self._settings = settings
        self._prefix = client.new_inbox() + "."
        self._echo = self._prefix + "echo"
        self._answers: dict[str, _Answer] = {}
        self._window = asyncio.Semaphore(settings.max_in_flight)
        self._count = 0
        self._loop = asyncio.get_running_loop()
        self._sweeper: asyncio.TimerHandle | None = None

    async def start(self) -> None:
        """Listen for answers."""
        self._sweep()
        await self.subscribe(self._prefix + "*", self._on_answer)

    def end(self) -> None:
        """Fail whatever waits: the connection is lost."""
        self.ended.set()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for answer in self._answers.values():
            answer.fail("The connection to the bus was lost; try again")

    async def watch(self) -> None:
        """Return when the connection is lost, or answers no more."""
        while not self.ended.is_set():
            try:
                async with asyncio.timeout(self._settings.heartbeat.total_seconds()):
                    await self.ended.wait()
            except TimeoutError:
                await self._check()

    async def request(
        self, subject: str, payload: bytes = b"", *, headers: dict[str, str] | None = None
    ) -> Msg:
        """Send a request and return its answer.

        Raises:
            UnavailableError: None came in time; whether the request was served is unknown.
            NoResponderError: Nobody serves the subject.
        """
        (answer,) = await self._ask(subject, payload, headers=headers)
        if answer.headers is not None and answer.headers.get(STATUS) == NO_RESPONDERS:
            raise NoResponderError("The bus has nobody for this; try again later")
        return answer

    async def request_many(self, subject: str, payload: bytes) -> list[Msg]:
        """Send a request and return all its answers; the last one is the status that ends them."""
        return await self._ask(subject, payload, many=True)

    async def pull(self, subject: str, payload: bytes, *, within: timedelta) -> Msg | None:
        """Ask for one job, which arrives under its own subject and so on an inbox of its own.

        One that arrives when its asker has been cancelled goes straight back.
        """
        answer = _Answer(many=False)
        token = self._next_token()

        async def on_message(message: Msg) -> None:
            answer.take(message)

        try:
            subscription = await self.subscribe(self.client.new_inbox(), on_message)
            try:
                async with asyncio.timeout(within.total_seconds()):
                    self._answers[token] = answer
                    await self._send(subject, payload, subscription.subject, None)
                    await answer.wait()
            finally:
                self._answers.pop(token, None)
                with suppress(nats.errors.Error):
                    await subscription.unsubscribe()
        except asyncio.CancelledError:
            for message in answer.messages:
                if message.reply:
                    await self.publish(message.reply, GIVE_BACK)
            raise
        except TimeoutError:
            return None
        return answer.messages[0]

    async def subscribe(self, subject: str, take: Callable[[Msg], Awaitable[None]]) -> Subscription:
        """Hand every message of a subject to `take`, until unsubscribed."""
        try:
            return await self.client.subscribe(
                subject,
                cb=take,
                pending_msgs_limit=MAX_PENDING_MESSAGES,
                pending_bytes_limit=MAX_PENDING_BYTES,
            )
        except nats.errors.Error as error:
            raise away() from error

    async def api(self, call: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Call the JetStream API.

        Raises:
            ApiError: The server refused.
        """
        payload = b"" if body is None else json.dumps(body).encode()
        answer = await self.request(f"{API}.{call}", payload)
        result: dict[str, Any] = json.loads(answer.data)
        if "error" in result:
            raise api_error(result["error"])
        return result

    async def publish(self, subject: str, payload: bytes = b"", *, reply: str = "") -> None:
        """Send a message that nobody answers here."""
        try:
            await self.client.publish(subject, payload, reply=reply)
        except nats.errors.Error as error:
            raise away() from error

    async def _ask(
        self,
        subject: str,
        payload: bytes = b"",
        *,
        many: bool = False,
        headers: dict[str, str] | None = None,
    ) -> list[Msg]:
        token = self._next_token()
        deadline = self._loop.time() + self._settings.answer_within.total_seconds()
        answer = _Answer(many=many, deadline=deadline)
        async with self._window:
            self._answers[token] = answer
            try:
                await self._send(subject, payload, self._prefix + token, headers)
                return await answer.wait()
            finally:
                del self._answers[token]

    def _sweep(self) -> None:
        """Fail the requests whose time is over: one timer for all of them costs each nothing."""
        now = self._loop.time()
        for answer in self._answers.values():
            if answer.deadline < now:
                answer.fail("The bus did not answer in time; try again")
        pause = self._settings.answer_within.total_seconds() / SWEEPS_PER_DEADLINE
        self._sweeper = self._loop.call_later(pause, self._sweep)

    async def _send(
        self, subject: str, payload: bytes, reply: str, headers: dict[str, str] | None
    ) -> None:
        if self.ended.is_set():
            raise away()
        try:
            await self.client.publish(subject, payload, reply=reply, headers=headers)
        except nats.errors.MaxPayloadError as error:
            limit = self.client.max_payload
            raise LimitExceededError(f"A message has at most {limit} bytes") from error
        except nats.errors.Error as error:
            raise away() from error

    def _next_token(self) -> str:
        self._count += 1
        return str(self._count)

    async def _on_answer(self, message: Msg) -> None:
        inbox = message.reply if message.subject == self._echo else message.subject
        answer = self._answers.get(inbox[len(self._prefix) :])
        if answer is not None:
            answer.take(message)

    async def _check(self) -> None:
        """End the session when neither an echo of our own nor anything else arrives in time."""
        received = self.client.stats["in_msgs"]
        try:
            await self._ask(self._echo)
        except UnavailableError:
            if self.client.stats["in_msgs"] == received:
                self.end()
