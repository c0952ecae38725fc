"""Orchestrators in this process, over real gRPC, with the real files service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from backsmith.generator.v1.generator_service_pb2_grpc import (
    add_GeneratorServiceServicer_to_server,
)
from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb
from backsmith.orchestrator.v1.orchestrator_service_pb2_grpc import OrchestratorServiceStub
from backsmith.progress.v1.progress_pb2 import ProgressEvent

from chassis.auth import Authenticator, AuthSettings, TokenIssuer
from chassis.bus import memory
from chassis.bus.interface import Bus
from chassis.channel import ChannelSettings, dial
from chassis.health import Health
from chassis.server import ServerSettings, Service, serve
from files_svc import app as files_app
from files_svc.settings import FilesSettings
from files_svc.settings import StoreSettings as FileStoreSettings
from orchestrator_svc.app import assemble
from orchestrator_svc.convert import status_from_proto
from orchestrator_svc.settings import OrchestratorSettings, RunnerSettings
from orchestrator_svc.store.settings import StoreSettings
from tests.integration.orchestrator_svc.fake_generator import FakeGenerator

AUTH = AuthSettings(secret="a secret of at least thirty-two bytes", mode="development")
PROMPT = "manage our User and Post and Comment, please"
QUICK = RunnerSettings(
    lease=timedelta(seconds=1),
    watch_interval=timedelta(milliseconds=50),
    sweep_interval=timedelta(milliseconds=200),
    first_wait=timedelta(milliseconds=20),
    longest_wait=timedelta(milliseconds=100),
    patience=timedelta(seconds=20),
)


@dataclass(slots=True)
class Client:
    """Calls an orchestrator as a user, or as a service that acts for one."""

    address: str
    stack: AsyncExitStack
    stubs: dict[tuple[str, str], Any] = field(default_factory=dict)

    async def stub(self, user_id: str = "ada", service: str = "") -> Any:
        """Return a stub that calls as a user."""
        if (user_id, service) not in self.stubs:
            issuer = TokenIssuer(AUTH)
            token = (
                issuer.internal_token(service, user_id=user_id)
                if service
                else issuer.user_token(user_id)
            )
            channel = await self.stack.enter_async_context(
                dial(self.address, ChannelSettings(), lambda: token)
            )
            self.stubs[user_id, service] = OrchestratorServiceStub(channel)
        return self.stubs[user_id, service]

    async def start(self, prompt: str = PROMPT, *, user_id: str = "ada", **more: Any) -> Any:
        """Start a generation and return it."""
        stub = await self.stub(user_id)
        request = pb.StartGenerationRequest(prompt=prompt, **more)
        return (await stub.StartGeneration(request)).generation

    async def get(self, generation_id: str, *, user_id: str = "ada") -> Any:
        """Return a generation."""
        stub = await self.stub(user_id)
        request = pb.GetGenerationRequest(generation_id=generation_id)
        return (await stub.GetGeneration(request)).generation

    async def watch(
        self, generation_id: str, after: str = "", *, user_id: str = "ada"
    ) -> AsyncIterator[pb.WatchedEvent]:
        """Yield a generation's events up to the end of the stream."""
        stub = await self.stub(user_id)
        call = stub.WatchGeneration(
            pb.WatchGenerationRequest(generation_id=generation_id, after_cursor=after)
        )
        try:
            async for response in call:
                for event in response.events:
                    yield event
        finally:
            call.cancel()

    async def story(self, generation_id: str, *, user_id: str = "ada") -> list[ProgressEvent]:
        """Return all that is told of a generation, up to its end."""
        return [watched.event async for watched in self.watch(generation_id, user_id=user_id)]


@dataclass(slots=True, kw_only=True)
class System:
    """Where the services serve, and how to start orchestrators beside them."""

    generator: str
    files: str
    bus: Bus
    settings: OrchestratorSettings
    stack: AsyncExitStack

    @asynccontextmanager
    async def orchestrator(
        self, *, bus: Bus | None = None, **changes: Any
    ) -> AsyncIterator[Client]:
        """Run one more replica for the length of a block."""
        settings = replace(self.settings, **changes)
        async with (
            assemble(settings, asyncio.Event(), bus=bus or self.bus) as address,
            AsyncExitStack() as stack,
        ):
            yield Client(address, stack)


def settings_for(tmp_path: Path, generator: str, files: str) -> OrchestratorSettings:
    """Return settings for quick tests."""
    return OrchestratorSettings(
        auth=AUTH,
        generator_target=generator,
        files_target=files,
        server=ServerSettings(drain=timedelta(seconds=1)),
        store=StoreSettings(url=f"sqlite+aiosqlite:///{tmp_path}/orchestrator.db"),
        runner=QUICK,
    )


@pytest.fixture
def generator() -> FakeGenerator:
    """The generator, to be told what to do."""
    return FakeGenerator()


@pytest.fixture
async def generator_address(generator: FakeGenerator) -> AsyncIterator[str]:
    """The address of the generator."""
    settings = ServerSettings()
    async with serve(
        settings,
        services=[
            Service(
                name="backsmith.generator.v1.GeneratorService",
                servicer=generator,
                register=add_GeneratorServiceServicer_to_server,
            )
        ],
        authenticator=Authenticator(AUTH),
        health_of=Health(probes={}, interval=settings.health_interval),
        stopping=asyncio.Event(),
    ) as address:
        yield address


@pytest.fixture
async def files_address(tmp_path: Path) -> AsyncIterator[str]:
    """The address of a real files service."""
    store = FileStoreSettings(url="memory:")
    settings = FilesSettings(auth=AUTH, store=store)
    async with files_app.application(settings, asyncio.Event()) as address:
        yield address


@pytest.fixture
async def system(
    tmp_path: Path, generator_address: str, files_address: str
) -> AsyncIterator[System]:
    """The services around the orchestrator, with a bus in memory."""
    async with memory.connect() as bus, AsyncExitStack() as stack:
        yield System(
            generator=generator_address,
            files=files_address,
            bus=bus,
            settings=settings_for(tmp_path, generator_address, files_address),
            stack=stack,
        )


@pytest.fixture
async def client(system: System) -> AsyncIterator[Client]:
    """A client of one orchestrator."""
    async with system.orchestrator() as client:
        yield client


def terminal(event: ProgressEvent) -> bool:
    """Tell whether an event ends its stream."""
    return status_from_proto(event.status).terminal


async def eventually(condition: Callable[[], bool], *, within: float = 5.0) -> None:
    """Return once a condition holds that nothing announces."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.005)
