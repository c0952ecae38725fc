"""The orchestrator as it is, over a real nats-server, with one generation that is told from here.

usage: orchestrator_under_load.py NATS_URL BEFORE AFTER
Prints its port and the generation's id. After one line on its standard input it tells the events
before, after another those after and the end.
"""

import asyncio
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog
import uvloop
from backsmith.progress.v1 import progress_pb2 as progress

from chassis.auth import AuthSettings
from chassis.bus import jetstream
from chassis.bus.interface import EventLog
from chassis.clock import SystemClock
from chassis.ids import new_id
from orchestrator_svc.app import assemble
from orchestrator_svc.backbone import Backbone
from orchestrator_svc.convert import progress_record
from orchestrator_svc.domain.model import Details, Generation
from orchestrator_svc.domain.subjects import generation_subject
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.settings import OrchestratorSettings, RunnerSettings
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.settings import StoreSettings
from orchestrator_svc.store.store import open_store
from orchestrator_svc.testing import new_generation

USER = "bench"
PADDING = "x" * 160
NOWHERE = "127.0.0.1:9"


def settings_for(url: str, folder: str) -> OrchestratorSettings:
    """Return settings under which nothing runs: the generation is told from here."""
    return OrchestratorSettings(
        auth=AuthSettings(secret="a secret for the benchmark alone", mode="development"),  # noqa: S106
        generator_target=NOWHERE,
        files_target=NOWHERE,
        bus=jetstream.BusSettings(url=url),
        store=StoreSettings(url=f"sqlite+aiosqlite:///{Path(folder, 'orchestrator.db')}"),
        runner=RunnerSettings(concurrency=0),
    )


def generation() -> Generation:
    """Return a generation as a start stores it."""
    return new_generation(
        now=datetime.now(UTC), generation_id=new_id("gen"), user_id=USER, project_id=new_id("prj")
    )


async def tell(log: EventLog, told: Generation, numbers: range) -> None:
    """Append these events, each as a message of its own."""
    subject = generation_subject(told.user_id, told.project_id, told.generation_id)
    for number in numbers:
        message = f"event {number:06} at {time.monotonic_ns()} {PADDING}"
        record = progress_record([_event(told, message)])
        await log.append(subject, record, message_id=f"{told.generation_id}.{number}")


async def end(log: EventLog, told: Generation) -> None:
    """Append the terminal event."""
    subject = generation_subject(told.user_id, told.project_id, told.generation_id)
    record = progress_record([_event(told, "done", ended=True)])
    await log.append(subject, record, message_id=f"{told.generation_id}.end")


def _event(told: Generation, message: str, *, ended: bool = False) -> progress.ProgressEvent:
    return progress.ProgressEvent(
        generation_id=told.generation_id,
        status=progress.GENERATION_STATUS_COMPLETED
        if ended
        else progress.GENERATION_STATUS_PROCESSING,
        stage="completed" if ended else "generating_file",
        progress=1.0 if ended else 0.5,
        message=message,
        project_id=told.project_id,
        version=1,
        attempt=1,
    )


async def main(folder: str) -> None:
    """Serve until killed."""
    before, after = int(sys.argv[2]), int(sys.argv[3])
    settings, clock = settings_for(sys.argv[1], folder), SystemClock()
    async with (
        jetstream.connect(settings.bus) as bus,
        assemble(settings, asyncio.Event(), bus=bus) as address,
        open_store(settings.store, notices=BusNotices(clock), clock=clock) as store,
    ):
        await migrate(store.database)
        details = Details(spec=b"", context={})
        told = await store.starts.start(generation(), details, idempotency=None)
        log = await Backbone(bus, runner=settings.runner, events=settings.events).log()
        print(address.rpartition(":")[2], told.generation_id, flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        await tell(log, told, range(before))
        await asyncio.to_thread(sys.stdin.readline)
        await tell(log, told, range(before, before + after))
        await end(log, told)
        await asyncio.Event().wait()


if __name__ == "__main__":
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger("ERROR"),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with tempfile.TemporaryDirectory(prefix="bench-resume-") as where:
        uvloop.run(main(where))
