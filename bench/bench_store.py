"""What a generation costs the store when a thousand are stored, and when a million are.

Prints the ratio of the two, per operation and for the whole life of a generation. The rounds are
interleaved, so that whatever else the machine does meets both alike.

    python bench/bench_store.py [--stored 1000000] [--rounds 5] [--lives 60] [--strict]
"""

import argparse
import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from relay.report import judge

from chassis.clock import SystemClock
from chassis.ids import new_id
from orchestrator_svc.domain.model import Details, Generation
from orchestrator_svc.domain.status import Status
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.rows import generation_to_row
from orchestrator_svc.store.settings import StoreSettings
from orchestrator_svc.store.store import Store, open_store
from orchestrator_svc.store.tables import EPOCH
from orchestrator_svc.store.values import Checkpoint, Filter
from orchestrator_svc.testing import new_generation

FEW = 1_000
USERS = 10
USER = "user-7"
CHUNK = 20_000
LEASE = timedelta(seconds=30)
SPEC = b"s" * 4_000
MUST, AIM = 1.5, 1.1
Times = dict[str, list[float]]


def generation(number: int) -> Generation:
    """Return a generation as a start stores it."""
    return new_generation(
        now=datetime.now(UTC),
        generation_id=new_id("gen"),
        user_id=f"user-{number % USERS}",
        project_id=new_id("prj"),
        version=1,
        prompt="A blog with users, posts and comments",
    )


def fill(path: Path, count: int) -> None:
    """Store so many completed generations, past the store's own way."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous=OFF")
        for start in range(0, count, CHUNK):
            rows = list(_rows(range(start, min(start + CHUNK, count))))
            _insert(database, "projects", [project for project, _, _ in rows])
            _insert(database, "generations", [row for _, row, _ in rows])
            _insert(database, "generation_details", [details for _, _, details in rows])
            database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _rows(numbers: range) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    for number in numbers:
        stored = generation(number)
        row = generation_to_row(stored)
        at = (stored.create_time - EPOCH) // timedelta(microseconds=1)
        row |= {"status": "completed", "create_time": at, "update_time": at, "end_time": at}
        row |= {"phase_files": "[10,15,4,9,12,10]", "tags": "[]", "quality_score": 0.9}
        project = {
            "project_id": stored.project_id,
            "user_id": stored.user_id,
            "name": "Blog",
            "description": "",
            "latest_version": 1,
            "active_generation_id": stored.generation_id,
            "active_version": 1,
            "create_time": at,
            "update_time": at,
        }
        details = {"generation_id": stored.generation_id, "spec": b"", "context": "{}"}
        details |= {"base_snapshot_id": "", "ours_snapshot_id": ""}
        yield project, row, details


def _insert(database: sqlite3.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    names = list(rows[0])
    marks = ", ".join(f":{name}" for name in names)
    database.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608 - constants


async def live(store: Store, times: Times) -> None:
    """Take one generation through its life, and look at it as its user does."""

    async def timed(name: str, work: Any) -> Any:
        begun = time.perf_counter()
        result = await work
        times[name].append(time.perf_counter() - begun)
        return result

    begun = time.perf_counter()
    details = Details(spec=SPEC, context={})
    started = await timed("start", store.starts.start(generation(7), details, idempotency=None))
    claim = await timed("claim", store.runs.claim(lease=LEASE, per_user=4))
    held = claim.generation
    for number in range(1, 7):
        checkpoint = Checkpoint(
            number=number, snapshot_id="s" * 64, phase_files=10, file_count=10, progress=0.1
        )
        await timed("checkpoint", store.runs.checkpoint(held.generation_id, held.epoch, checkpoint))
    await timed("complete", store.runs.complete(held.generation_id, held.epoch))
    pending = await store.outbox.pending(100)
    await timed("discard", store.outbox.discard([each.outbox_id for each in pending]))
    await timed("get", store.generations.get(USER, started.generation_id))
    page = await timed("list", store.generations.list(USER, Filter(), before="", limit=50))
    active = Filter(statuses=(Status.PENDING, Status.PROCESSING))
    await timed("active", store.generations.list(USER, active, before="", limit=50))
    assert page[0].generation_id == started.generation_id  # noqa: S101 - a wrong answer is no benchmark
    times["whole life"].append(time.perf_counter() - begun)


@asynccontextmanager
async def filled(folder: Path, count: int) -> AsyncIterator[Store]:
    """Open a store that holds so many generations."""
    path = folder / f"{count}.db"
    clock = SystemClock()
    settings = StoreSettings(url=f"sqlite+aiosqlite:///{path}")
    async with open_store(settings, notices=BusNotices(clock), clock=clock) as store:
        await migrate(store.database)
        await asyncio.to_thread(fill, path, count)
        yield store


async def measure(many: int, rounds: int, lives: int) -> tuple[Times, Times]:
    """Return the times with few and with many generations stored."""
    few_times: Times = defaultdict(list)
    many_times: Times = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench-store-") as folder:
        async with AsyncExitStack() as stack:
            few = await stack.enter_async_context(filled(Path(folder), FEW))
            full = await stack.enter_async_context(filled(Path(folder), many))
            await live(few, defaultdict(list))
            await live(full, defaultdict(list))
            for _ in range(rounds):
                for store, times in ((few, few_times), (full, many_times)):
                    for _ in range(lives):
                        await live(store, times)
    return few_times, many_times


def main() -> None:
    """Measure with few and with many stored, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stored", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lives", type=int, default=60)
    parser.add_argument("--strict", action="store_true", help="fail over the target, too")
    arguments = parser.parse_args()
    few, many = asyncio.run(measure(arguments.stored, arguments.rounds, arguments.lives))
    print(f"{'operation':12} {FEW:>10,} {arguments.stored:>10,}   ratio")
    for name in many:
        before, after = statistics.median(few[name]), statistics.median(many[name])
        print(f"{name:12} {before * 1e3:7.2f} ms {after * 1e3:7.2f} ms {after / before:7.2f}")
    ratio = statistics.median(many["whole life"]) / statistics.median(few["whole life"])
    name = f"a generation's whole life: {arguments.stored:,} stored ÷ {FEW:,}"
    over = judge(name, ratio, must=MUST, aim=AIM)
    if over and arguments.strict:
        raise SystemExit(f"over the target: {', '.join(over)}")


if __name__ == "__main__":
    main()
