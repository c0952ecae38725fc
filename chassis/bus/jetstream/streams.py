"""Streams: made when they are not there, told apart by an epoch when they were made anew."""

import asyncio
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from chassis.bus.jetstream.connection import Connection
from chassis.bus.jetstream.errors import STREAM_NAME_IN_USE, STREAM_NOT_FOUND, ApiError, away
from chassis.bus.jetstream.session import Session
from chassis.bus.jetstream.settings import BusSettings
from chassis.errors import ServiceError

EPOCH = "bus.epoch"
NANOSECONDS = 10**9
CHANGEABLE = ("subjects", "max_age", "num_replicas", "duplicate_window")
LEASE = timedelta(seconds=3)
"""While a majority answered a leader within this time no other can lead: they elect another one
after four seconds of silence at the earliest (`minElectionTimeout` of nats-server)."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """What a stream is and keeps at one moment, as its leader says."""

    epoch: str
    """The stream's incarnation."""

    first: int
    """The sequence of the oldest message kept; one more than `last` when none is."""

    last: int
    """The sequence of the newest message ever taken."""


def nanoseconds(duration: timedelta) -> int:
    """Return a duration in the server's unit."""
    return round(duration.total_seconds() * NANOSECONDS)


def stream(name: str, settings: BusSettings, **more: object) -> dict[str, object]:
    """Return a stream's configuration: durable, replicated as set, and what `more` says."""
    return {
        "name": name,
        "storage": "file",
        "num_replicas": settings.replicas,
        "duplicate_window": nanoseconds(settings.deduplicate_within),
        "max_consumers": settings.max_consumers,
        **more,
    }


class Stream:
    """A stream that is there whenever a session is: made, or made anew, when it is missing."""

    def __init__(self, connection: Connection, config: dict[str, object]) -> None:
        self.name = str(config["name"])
        self.epoch = ""
        self._connection = connection
        self._config = config
        self._checked: Session | None = None
        self._lock = asyncio.Lock()

    async def session(self) -> Session:
        """Return the open session, on which the stream is known to be.

        Raises:
            UnavailableError: There is none, or the stream cannot be made now.
        """
        session = self._connection.session()
        return session if self._checked is session else await self._on(session)

    async def wait_session(self) -> Session:
        """Return a session on which the stream is known to be, as soon as there is one."""
        return await self._on(await self._connection.wait())

    def stored(self) -> None:
        """Note that the server has stored a message."""
        self._connection.writes.succeeded()

    def not_stored(self, failure: ServiceError) -> None:
        """Note that the server has not, if it is there: its disk may be full."""
        if self._connection.is_open():
            self._connection.writes.failed(failure)

    def doubt(self) -> None:
        """Look whether the stream is there before the next use."""
        self._checked = None

    async def state(self) -> StreamState:
        """Return what the stream's leader says, after making the stream if it is missing."""
        session = await self.session()
        found = await inspect(session, self.name)
        if found is None:
            self.doubt()
            await self._on(session)
            found = await inspect(session, self.name)
        if found is None:
            raise away("The stream has vanished; try again")
        self.epoch = found.epoch
        return found

    async def _on(self, session: Session) -> Session:
        async with self._lock:
            if self._checked is not session:
                self.epoch = (await ensure(session, self._config)).epoch
                self._checked = session
        return session


async def ensure(session: Session, config: dict[str, object]) -> StreamState:
    """Make a stream, or bring the one that is there in line with its configuration."""
    name = config["name"]
    try:
        info = await session.api(f"STREAM.INFO.{name}")
    except ApiError as error:
        if error.number != STREAM_NOT_FOUND:
            raise
        info = await _create(session, config)
    found = info["config"]
    if EPOCH not in found.get("metadata", {}) or _differs(found, config):
        info = await session.api(f"STREAM.UPDATE.{name}", found | config | _marked(found))
    return _state(info)


async def inspect(session: Session, name: str) -> StreamState | None:
    """Return a stream's state, or None when it is not there.

    Raises:
        UnavailableError: Whoever answered may not lead the stream any more, or not yet.
    """
    try:
        info = await session.api(f"STREAM.INFO.{name}")
    except ApiError as error:
        if error.number != STREAM_NOT_FOUND:
            raise
        return None
    if not _is_from_leader(info):
        raise away("The bus is choosing a leader; try again")
    return _state(info)


def _is_from_leader(info: dict[str, Any]) -> bool:
    """Tell whether the answer is the leader's.

    Others answer too, with a state that may lag: any replica while there is no leader, and one that
    was replaced while it was paused. `replicas` are the others, once there is a leader; `active` is
    the age of their last answer in nanoseconds, and 0 when there was none.
    """
    cluster = info.get("cluster", {})
    others = cluster.get("replicas", [])
    if not others:
        return True
    heard = sum(0 < each["active"] < nanoseconds(LEASE) for each in others)
    names = {each["name"] for each in others}
    is_leader = bool(cluster.get("leader")) and cluster["leader"] not in names
    return is_leader and 2 * (heard + 1) > len(others) + 1


async def _create(session: Session, config: dict[str, object]) -> dict[str, Any]:
    try:
        made = await session.api(f"STREAM.CREATE.{config['name']}", config | _marked({}))
    except ApiError as error:
        if error.number != STREAM_NAME_IN_USE:
            raise
    else:
        log.info("bus.stream_made", stream=config["name"], epoch=_state(made).epoch)
        return made
    try:
        return await session.api(f"STREAM.INFO.{config['name']}")  # another process was first
    except ApiError as error:
        if error.number != STREAM_NOT_FOUND:
            raise
        # In a cluster a stream has its name a moment before it is there.
        raise away("The stream is being made; try again") from error


def _marked(found: dict[str, Any]) -> dict[str, object]:
    return {"metadata": {EPOCH: secrets.token_hex(8)} | found.get("metadata", {})}


def _differs(found: dict[str, Any], config: dict[str, object]) -> bool:
    return any(key in config and found.get(key) != config[key] for key in CHANGEABLE)


def _state(info: dict[str, Any]) -> StreamState:
    epoch = info["config"].get("metadata", {}).get(EPOCH, "")
    return StreamState(
        epoch=epoch, first=info["state"]["first_seq"], last=info["state"]["last_seq"]
    )
