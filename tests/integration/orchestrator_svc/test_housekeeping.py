"""What is tidied up, and what is left alone."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any

from backsmith.orchestrator.v1 import orchestrator_service_pb2 as pb

from chassis.errors import NotFoundError
from chassis.status import rpc_errors
from files_svc import app as files_app
from files_svc.settings import FilesSettings
from files_svc.settings import StoreSettings as FileStoreSettings
from orchestrator_svc.settings import HousekeepingSettings
from tests.integration.orchestrator_svc.conftest import AUTH, Client, System
from tests.integration.orchestrator_svc.test_happy_path import listed


async def test_files_of_a_deleted_generation_are_collected_and_no_others(system: System) -> None:
    """Deletes what nothing needs any more, round by round, and keeps every live snapshot."""
    often = HousekeepingSettings(
        interval=timedelta(milliseconds=50), garbage_interval=timedelta(milliseconds=200)
    )
    store = FileStoreSettings(url="memory:", lease=timedelta())
    settings = FilesSettings(auth=AUTH, store=store)
    async with AsyncExitStack() as stack:
        files = await stack.enter_async_context(files_app.application(settings, asyncio.Event()))
        system.files = files
        system.settings = replace(system.settings, files_target=files)
        client = await stack.enter_async_context(system.orchestrator())
        kept, gone = [await completed(client, prompt) for prompt in ("a Car", "an Invoice")]
        stub = await client.stub()
        await stub.DeleteGeneration(pb.DeleteGenerationRequest(generation_id=gone.generation_id))
        await stack.enter_async_context(system.orchestrator(housekeeping=often))
        async with asyncio.timeout(10):
            while await known(system, gone.snapshot_id):  # noqa: ASYNC110 - nothing announces it
                await asyncio.sleep(0.05)

        assert len(await listed(system, kept.snapshot_id)) == kept.file_count


async def completed(client: Client, prompt: str) -> Any:
    """Run a generation and return it as it ended."""
    started = await client.start(f"please make {prompt}")
    await client.story(started.generation_id)
    return await client.get(started.generation_id)


async def known(system: System, snapshot_id: str) -> bool:
    """Tell whether the files service has a snapshot."""
    try:
        with rpc_errors():
            await listed(system, snapshot_id)
    except NotFoundError:
        return False
    return True
