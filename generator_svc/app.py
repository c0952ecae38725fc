"""Puts the generator together: the only place that chooses its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backsmith.generator.v1 import generator_service_pb2_grpc as rpc
from backsmith.generator.v1.generator_service_pb2 import DESCRIPTOR

from chassis.auth import Authenticator
from chassis.health import Health
from chassis.server import Service, serve
from generator_svc.engines.describing import WarmDescriber
from generator_svc.engines.template import TemplateEngine
from generator_svc.servicer import GeneratorServicer
from generator_svc.settings import GeneratorSettings


@asynccontextmanager
async def application(settings: GeneratorSettings, stopping: asyncio.Event) -> AsyncIterator[str]:
    """Run the generator for the length of a block and yield its address."""
    with WarmDescriber() as warm:
        servicer = GeneratorServicer(settings, engines={"template": TemplateEngine(warm.describe)})
        service = Service(
            name=DESCRIPTOR.services_by_name["GeneratorService"].full_name,
            servicer=servicer,
            register=rpc.add_GeneratorServiceServicer_to_server,
        )
        async with serve(
            settings.server,
            services=[service],
            authenticator=Authenticator(settings.auth),
            health_of=Health(probes={}, interval=settings.server.health_interval),
            stopping=stopping,
            internal_only=True,
        ) as address:
            yield address
