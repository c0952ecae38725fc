"""What every run works with, chosen once for all of a replica's runners."""

from collections.abc import Callable
from dataclasses import dataclass, field

from chassis.clock import Clock
from orchestrator_svc.backbone import Backbone
from orchestrator_svc.clients.files import Files
from orchestrator_svc.clients.generator import Generator
from orchestrator_svc.runner.pace import Paces
from orchestrator_svc.settings import EventSettings, RunnerSettings
from orchestrator_svc.store.interface import Runs


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What every run works with."""

    runs: Runs
    backbone: Backbone
    generator: Generator
    files: Files
    clock: Clock
    settings: RunnerSettings
    events: EventSettings
    committed: Callable[[], None]
    """Called when a run has left something in the outbox."""
    paces: Paces = field(default_factory=Paces)
