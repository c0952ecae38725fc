"""The bridge's settings."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal

from chassis.auth import AuthSettings
from chassis.bus.jetstream import BusSettings
from chassis.channel import ChannelSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSettings:
    """How streams of events behave."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_STREAM"

    retry: timedelta = timedelta(seconds=2)
    """How long a client waits before it reconnects, in seconds."""

    heartbeat: timedelta = timedelta(seconds=15)
    """How long a stream may be silent before a heartbeat is sent, in seconds."""

    idle_timeout: timedelta = timedelta(minutes=5)
    """How long a stream stays open without a real event, in seconds."""

    stall_timeout: timedelta = timedelta(seconds=60)
    """How long a reader may take nothing off a full connection before it is cut, in seconds."""

    connect_patience: timedelta = timedelta(seconds=2)
    """How long a stream's source is waited for before the stream opens without it, in seconds."""

    token_lifetime: timedelta = timedelta(seconds=60)
    """How long a stream token is good to connect, in seconds."""

    token_memory: timedelta = timedelta(minutes=30)
    """How long a spent or expired token is told from an unknown one, in seconds."""

    resume_lifetime: timedelta = timedelta(hours=24)
    """How long a stream's cookie is good to resume it, in seconds."""

    cookie_same_site: Literal["strict", "lax", "none"] = "strict"
    """The `SameSite` of the resume cookie; `none`, for other origins, also makes it `Secure`."""

    ring_events: int = 4096
    """How many events of one stream are kept for its viewers; who falls further behind is cut."""

    ring_bytes: int = 8 * 1024 * 1024
    """How many bytes of events of one stream are kept for its viewers."""

    replay_linger: timedelta = timedelta(seconds=1)
    """How long events fetched from beyond the ring are kept for others who return, in seconds."""

    drain_write_bytes: int = 64 * 1024
    """The most bytes handed to a lagging viewer in one write."""

    linger: timedelta = timedelta(seconds=30)
    """How long a stream without viewers is kept in memory for those who return, in seconds."""

    idle_feeds: int = 1000
    """How many streams without viewers are kept in memory."""

    reattach_backoff: timedelta = timedelta(milliseconds=200)
    """The first pause before a lost source is attached to again, in seconds; it doubles."""

    max_reattach_backoff: timedelta = timedelta(seconds=5)
    """The longest pause before a lost source is attached to again, in seconds."""

    max_streams: int = 10_000
    """How many streams one process serves at a time."""

    max_streams_per_user: int = 100
    """How many streams one user has open at a time in one process."""

    tokens_per_minute: int = 600
    """How many stream tokens one user may ask one process for in a minute."""

    tokens_per_minute_in_all: int = 60_000
    """How many stream tokens all users together may ask one process for in a minute."""

    connects_per_minute: int = 1200
    """How often one user may open or resume streams of one process in a minute."""

    connects_per_minute_in_all: int = 120_000
    """How often all users together may open or resume streams of one process in a minute."""

    report_interval: timedelta = timedelta(seconds=5)
    """How often the orchestrator is told which generations have viewers here, in seconds; it takes
    them for gone when it has not been told for four times as long."""

    report_delay: timedelta = timedelta(milliseconds=100)
    """How long viewers who come or go are collected before that is told, in seconds."""

    direct_writes: bool = True
    """Whether events are written to uvicorn's transport directly, where it offers one."""

    compression: bool = False
    """Whether a stream is compressed, flushed per event, for clients that accept gzip."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeSettings:
    """How the bridge serves, and whom it calls."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_BRIDGE"

    auth: AuthSettings
    bus: BusSettings
    channel: ChannelSettings
    stream: StreamSettings

    orchestrator_target: str
    """Where the orchestrator serves, `host:port`."""

    files_target: str
    """Where the files service serves, `host:port`."""

    listen: str = "127.0.0.1:8000"
    """The address to serve on, `host:port`; port 0 takes a free one and tells it."""

    public_url: str = ""
    """The URL that clients see in front of every path, such as `https://api.example.com/backsmith`;
    empty gives paths alone."""

    allowed_origins: tuple[str, ...] = ()
    """The origins whose pages may call, with credentials; separated by commas."""

    max_body_bytes: int = 2 * 1024 * 1024
    """The largest request body, in bytes."""

    max_query_bytes: int = 8 * 1024
    """The longest path and query together, in bytes."""

    metrics: bool = False
    """Whether `/metrics` answers on the same port."""

    docs: bool = True
    """Whether `/docs` and `/openapi.json` answer."""

    drain: timedelta = timedelta(seconds=5)
    """Over how long open streams are handed over at a stop, in seconds."""

    stop_grace: timedelta = timedelta(seconds=5)
    """How long other requests may go on after the streams are handed over, in seconds."""

    max_connections: int = 12_000
    """How many connections are served at a time; more are answered 503."""

    ready_interval: timedelta = timedelta(seconds=1)
    """How often the services are asked whether they answer, in seconds."""
