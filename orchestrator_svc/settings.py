"""What the orchestrator reads from its environment."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from chassis.auth import AuthSettings
from chassis.bus.jetstream import BusSettings
from chassis.channel import ChannelSettings
from chassis.server import ServerSettings
from orchestrator_svc.store.settings import StoreSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerSettings:
    """How generations are run."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_RUNNER"

    concurrency: int = 8
    """How many generations a replica runs at a time."""

    per_user: int = 4
    """How many generations of one user run at a time, in all replicas together."""

    max_silence: timedelta = timedelta(seconds=3)
    """How long a quality gate may work before watchers are told that it still does, in seconds."""

    lease: timedelta = timedelta(seconds=5)
    """How long a runner may stay silent before another takes its generation, in seconds."""

    watch_interval: timedelta = timedelta(milliseconds=250)
    """How often a replica looks whether what it runs was cancelled, in seconds."""

    sweep_interval: timedelta = timedelta(seconds=2)
    """How often a replica looks for generations and messages left behind, in seconds."""

    max_claims: int = 5
    """How often a generation is begun without finishing a phase before it is given up."""

    patience: timedelta = timedelta(minutes=15)
    """How long a run waits for a service that is away before it fails, in seconds; for room on a
    full disk it waits until its deadline."""

    first_wait: timedelta = timedelta(milliseconds=100)
    """The first wait for a service that is away, in seconds; doubles, with jitter."""

    longest_wait: timedelta = timedelta(seconds=2)
    """The longest wait between two tries of a service that is away, in seconds."""

    phase_deadline: timedelta = timedelta(minutes=15)
    """How long a phase may take, in seconds, without the waiting for services that are away."""

    generation_deadline: timedelta = timedelta(hours=1)
    """How long an attempt may take from its first claim in a replica, in seconds."""

    max_phase_bytes: int = 64 * 1024 * 1024
    """The most that the files of one phase may have together, in bytes; held in memory."""

    assessment_tiers: tuple[str, ...] = ("t0",)
    """The tiers of the proof report that a classic generation runs."""

    extended_tiers: tuple[str, ...] = ("t0", "t1")
    """The tiers of the proof report that an enhanced generation runs."""

    merged_tiers: tuple[str, ...] = ("t0", "t1")
    """The tiers that run after every merge with a user's edits, besides those of the mode;
    `t2` and `t3` run the merged code, in the generator's sandbox."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSettings:
    """How events are kept and watched."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_EVENTS"

    retention: timedelta = timedelta(days=7)
    """How long events are kept, in seconds; afterwards a watcher gets a snapshot and the end."""

    max_batch: int = 64
    """How many events of a generation are stored as one message at most."""

    max_waiting: int = 256
    """How many events of a generation wait to be stored before its runner does."""

    max_relayed: int = 10_000
    """How many generations one relay may watch at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HousekeepingSettings:
    """How the system is kept tidy."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_HOUSEKEEPING"

    interval: timedelta = timedelta(minutes=1)
    """How often a replica looks whether there is something to tidy, in seconds."""

    idempotency_retention: timedelta = timedelta(days=1)
    """How long idempotency keys are remembered, in seconds."""

    garbage_interval: timedelta = timedelta(hours=6)
    """How often files that no generation needs are collected, in seconds, by one replica."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonmentSettings:
    """How generations are cancelled that nobody watches any more, where that was asked for."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_ABANDONMENT"

    interval: timedelta = timedelta(seconds=1)
    """How often a replica looks for abandoned generations, in seconds."""

    listen_first: timedelta = timedelta(seconds=20)
    """How long a replica that was away listens to the bridges before it cancels, in seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrchestratorSettings:
    """Everything the orchestrator reads from its environment."""

    ENV_PREFIX: ClassVar[str] = "BACKSMITH_ORCHESTRATOR"

    auth: AuthSettings
    """How callers are told apart."""

    generator_target: str
    """Where the generator serves, `host:port`."""

    files_target: str
    """Where the files service serves, `host:port`."""

    server: ServerSettings = field(default_factory=ServerSettings)
    """How to serve."""

    channel: ChannelSettings = field(default_factory=ChannelSettings)
    """How to call the other services."""

    bus: BusSettings = field(default_factory=BusSettings)
    """How to use NATS."""

    store: StoreSettings = field(default_factory=StoreSettings)
    """Where generations are kept."""

    runner: RunnerSettings = field(default_factory=RunnerSettings)
    """How generations are run."""

    events: EventSettings = field(default_factory=EventSettings)
    """How events are kept and watched."""

    engines: tuple[str, ...] = ("template",)
    """The engines that requests may name; the generator must have them."""

    housekeeping: HousekeepingSettings = field(default_factory=HousekeepingSettings)
    """How the system is kept tidy."""

    abandonment: AbandonmentSettings = field(default_factory=AbandonmentSettings)
    """What happens when nobody watches any more."""

    default_engine: str = "template"
    """The engine for requests that name none."""

    enhanced_share: float = 0.5
    """Which share of the users the mode AUTO runs as ENHANCED, 0.0 to 1.0."""

    max_context_bytes: int = 64 * 1024
    """The largest context a caller may send along, in bytes."""
