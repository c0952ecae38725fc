"""Puts the orchestrator together: the only place that chooses its parts."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import structlog
from backsmith.orchestrator.v1 import orchestrator_service_pb2_grpc as rpc
from backsmith.orchestrator.v1.orchestrator_service_pb2 import DESCRIPTOR

from chassis.auth import Authenticator, TokenIssuer
from chassis.bus import jetstream
from chassis.bus.interface import Bus
from chassis.channel import acting_credentials, dial
from chassis.clock import SystemClock
from chassis.errors import UnavailableError
from chassis.health import Health
from chassis.peer import serving
from chassis.server import Service, serve
from orchestrator_svc.abandonment import Abandonment
from orchestrator_svc.backbone import Backbone
from orchestrator_svc.calls.parts import Parts
from orchestrator_svc.channels import Channels
from orchestrator_svc.clients.files import Files
from orchestrator_svc.clients.generator import Generator
from orchestrator_svc.edits import Edits
from orchestrator_svc.housekeeping import Housekeeper
from orchestrator_svc.iterating import Iterating
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.relay import OutboxRelay
from orchestrator_svc.resolving import Resolving
from orchestrator_svc.runner.pool import SERVICE, RunnerPool
from orchestrator_svc.runner.workshop import Workshop
from orchestrator_svc.servicer import OrchestratorServicer
from orchestrator_svc.settings import OrchestratorSettings
from orchestrator_svc.starting import Starting
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.store import Store, open_store
from orchestrator_svc.watching import Watching

MIGRATE_AGAIN = timedelta(seconds=1)

log = structlog.get_logger()


@asynccontextmanager
async def application(
    settings: OrchestratorSettings, stopping: asyncio.Event
) -> AsyncIterator[str]:
    """Run the orchestrator over NATS for the length of a block and yield its address."""
    async with (
        jetstream.connect(settings.bus) as bus,
        assemble(settings, stopping, bus=bus) as address,
    ):
        yield address


@asynccontextmanager
async def assemble(
    settings: OrchestratorSettings, stopping: asyncio.Event, *, bus: Bus
) -> AsyncIterator[str]:
    """Run the orchestrator over a bus for the length of a block and yield its address."""
    clock = SystemClock()
    credentials = acting_credentials(TokenIssuer(settings.auth), SERVICE)

    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        store = await enter(open_store(settings.store, notices=BusNotices(clock), clock=clock))
        generator = await enter(dial(settings.generator_target, settings.channel, credentials))
        files = await enter(dial(settings.files_target, settings.channel, credentials))
        backbone = Backbone(bus, runner=settings.runner, events=settings.events)
        relay = OutboxRelay(store.outbox, backbone, sweep=settings.runner.sweep_interval)
        workshop = Workshop(
            runs=store.runs,
            backbone=backbone,
            generator=Generator(generator),
            files=Files(files),
            clock=clock,
            settings=settings.runner,
            events=settings.events,
            committed=relay.wake,
        )
        pool = RunnerPool(workshop)
        migrated = await _migrate(store)
        keeper = Housekeeper(store.housekeeping, workshop.files, bus, settings.housekeeping)
        abandonment = Abandonment(
            store.audiences,
            store.generations,
            settings.abandonment,
            clock=clock,
            committed=relay.wake,
            cancelled=pool.look,
        )
        await enter(
            _background(
                _migrate_later(store, migrated),
                relay.run(),
                pool.run(),
                keeper.run(),
                abandonment.run(),
            )
        )
        edits = Edits(store.generations, committed=relay.wake)
        servicer = OrchestratorServicer(
            Parts(
                starting=Starting(
                    starts=store.starts,
                    generator=workshop.generator,
                    clock=clock,
                    settings=settings,
                    committed=relay.wake,
                ),
                iterating=Iterating(
                    starts=store.starts,
                    generations=store.generations,
                    generator=workshop.generator,
                    clock=clock,
                    settings=settings,
                    committed=relay.wake,
                ),
                generations=store.generations,
                projects=store.projects,
                audiences=store.audiences,
                edits=edits,
                resolving=Resolving(store.generations, edits, workshop.files),
                watching=Watching(
                    backbone=backbone,
                    generations=store.generations,
                    outbox=store.outbox,
                    clock=clock,
                ),
                channels=Channels(backbone=backbone, projects=store.projects),
                generator=workshop.generator,
                clock=clock,
                max_relayed=settings.events.max_relayed,
                committed=relay.wake,
                cancelled=pool.look,
                stopping=stopping,
            )
        )
        health = Health(
            probes={
                "database": store.database.ping,
                "bus": backbone.ping,
                "generator": serving(generator),
                "files": serving(files),
            },
            interval=settings.server.health_interval,
        )
        yield await enter(
            serve(
                settings.server,
                services=[
                    Service(
                        name=DESCRIPTOR.services_by_name["OrchestratorService"].full_name,
                        servicer=servicer,
                        register=rpc.add_OrchestratorServiceServicer_to_server,
                    )
                ],
                authenticator=Authenticator(settings.auth),
                health_of=health,
                stopping=stopping,
            )
        )


@asynccontextmanager
async def _background(*work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run work beside a block; the block ends when one of it fails."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


async def _migrate(store: Store) -> bool:
    """Bring the database to its newest shape; False while it is away."""
    try:
        await migrate(store.database)
    except UnavailableError as error:
        log.warning("database.waits", error=error.message)
        return False
    return True


async def _migrate_later(store: Store, migrated: bool) -> None:  # noqa: FBT001 - how it stands
    while not migrated:
        await asyncio.sleep(MIGRATE_AGAIN.total_seconds())
        migrated = await _migrate(store)
