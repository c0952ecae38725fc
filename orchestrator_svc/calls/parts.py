"""What the answers are made with."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

import grpc

from chassis.clock import Clock
from orchestrator_svc.channels import Channels
from orchestrator_svc.clients.generator import Generator
from orchestrator_svc.edits import Edits
from orchestrator_svc.iterating import Iterating
from orchestrator_svc.resolving import Resolving
from orchestrator_svc.starting import Starting
from orchestrator_svc.store.interface import Audiences, Generations, Projects
from orchestrator_svc.watching import Watching

Context = grpc.aio.ServicerContext[object, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the answers are made with."""

    starting: Starting
    iterating: Iterating
    generations: Generations
    projects: Projects
    edits: Edits
    resolving: Resolving
    audiences: Audiences
    watching: Watching
    channels: Channels
    generator: Generator
    clock: Clock
    max_relayed: int
    """How many generations one relay may watch at a time."""
    committed: Callable[[], None]
    """Called when something was left in the outbox."""
    cancelled: Callable[[], None]
    """Called when a generation was cancelled that may run here."""
    stopping: asyncio.Event
    """Ends open watches when it is set."""


class Answering:
    """Holds the parts for the answers of one topic."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
