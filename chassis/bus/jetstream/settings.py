"""How a process uses NATS."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class BusSettings:
    """Where NATS is, how much it keeps safe and how long to wait for it.

    An acknowledgement means: written to the operating system by the server (one replica), or by a
    majority of them (three). Only a server that runs with `sync_interval: always` also survives
    the loss of the machine's power without losing the last two minutes; set it where there is one
    replica and the events matter.
    """

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_NATS"

    url: str = "nats://127.0.0.1:4222"
    """The servers' addresses, separated by commas."""

    replicas: int = 1
    """On how many servers each stream is kept: 1, or 3 in a cluster."""

    connect_within: timedelta = timedelta(seconds=2)
    """How long a start waits for the first connection before it goes on without, in seconds."""

    answer_within: timedelta = timedelta(seconds=2)
    """How long one request to the server may take, in seconds."""

    retry_within: timedelta = timedelta(seconds=5)
    """How long an append (with the same message id) or a read is tried again, in seconds."""

    reconnect_wait: timedelta = timedelta(milliseconds=100)
    """The first wait between two attempts to connect, in seconds; doubles, with jitter."""

    reconnect_wait_limit: timedelta = timedelta(seconds=2)
    """The longest wait between two attempts to connect, in seconds."""

    heartbeat: timedelta = timedelta(seconds=1)
    """How often the connection and the live feed show signs of life, in seconds, at least 0.1."""

    deduplicate_within: timedelta = timedelta(minutes=2)
    """How long a message id is remembered, in seconds."""

    max_in_flight: int = 1024
    """How many requests of a connection may await their answer; further ones queue."""

    max_consumers: int = 4096
    """How many processes may read one log live at once."""

    subscriber_buffer: int = 1024
    """How many live messages wait for a slow subscriber before it falls back to the history."""

    subscriber_buffer_size: int = 8 * 1024 * 1024
    """How many bytes they may have."""

    replay_batch: int = 256
    """How many messages of the history one request reads."""

    replay_batch_size: int = 4 * 1024 * 1024
    """How many bytes one request reads, unless the first message alone has more."""

    idle_feed: timedelta = timedelta(seconds=10)
    """How long the live feed of a log stays open without a subscriber, in seconds."""
