"""Puts the files service together: the only place that chooses its parts."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from backsmith.files.v1 import files_service_pb2_grpc as rpc
from backsmith.files.v1.files_service_pb2 import DESCRIPTOR

from chassis.auth import Authenticator
from chassis.clock import SystemClock
from chassis.health import Health
from chassis.server import Service, serve
from files_svc.bundle import Bundles
from files_svc.collecting import Collector
from files_svc.commits import Commits
from files_svc.comparing import Comparisons
from files_svc.merging import Merges
from files_svc.reading import Reader
from files_svc.searching import Searches
from files_svc.servicer import FilesServicer
from files_svc.settings import FilesSettings
from files_svc.store.connect import open_store
from files_svc.tidying import RuffTidier
from files_svc.uploads import Uploads


@asynccontextmanager
async def application(settings: FilesSettings, stopping: asyncio.Event) -> AsyncIterator[str]:
    """Run the files service for the length of a block and yield its address."""
    store = open_store(settings.store)
    commits = Commits(store, settings.limits)
    reader = Reader(store)
    servicer = FilesServicer(
        store=store,
        uploads=Uploads(store, settings.limits),
        commits=commits,
        reader=reader,
        merges=Merges(store, commits, RuffTidier(settings.limits.tidy_timeout)),
        comparisons=Comparisons(store, settings.limits),
        searches=Searches(reader, settings.limits),
        bundles=Bundles(reader),
        collector=Collector(store, lease=settings.store.lease, clock=SystemClock()),
    )
    service = Service(
        name=DESCRIPTOR.services_by_name["FilesService"].full_name,
        servicer=servicer,
        register=rpc.add_FilesServiceServicer_to_server,
    )
    async with serve(
        settings.server,
        services=[service],
        authenticator=Authenticator(settings.auth),
        health_of=Health(probes={"store": store.probe}, interval=settings.server.health_interval),
        stopping=stopping,
        internal_only=True,
    ) as address:
        yield address
