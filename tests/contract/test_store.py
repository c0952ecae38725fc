"""Every database keeps the same promises: SQLite and a real PostgreSQL."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from chassis.errors import (
    AbortedError,
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
    UnavailableError,
)
from chassis.testing import postgres
from orchestrator_svc.domain.model import Details, Generation, Mode, Origin, Project
from orchestrator_svc.domain.status import Status
from orchestrator_svc.notices import BusNotices
from orchestrator_svc.store import migrate as migrations
from orchestrator_svc.store.errors import ReplacedError
from orchestrator_svc.store.migrate import migrate
from orchestrator_svc.store.settings import StoreSettings
from orchestrator_svc.store.store import Store, open_store
from orchestrator_svc.store.tables import metadata
from orchestrator_svc.store.values import (
    Assessment,
    Checkpoint,
    Claim,
    Edit,
    Filter,
    Idempotency,
    Merge,
    OutboxKind,
)

LEASE = timedelta(seconds=30)
PASSWORD = "testing"
NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
DETAILS = Details(spec=b"\x0a\x04blog", context={"ticket": "T-1", "depth": [1, {"a": None}]})


def assessed(score: float) -> Assessment:
    """Return an assessment that left one file behind."""
    return Assessment(score=score, report=b"r", snapshot_id="proved", file_count=1)


class SetClock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.time = NOW

    def now(self) -> datetime:
        """Return the instant, a little later each time."""
        self.time += timedelta(microseconds=1)
        return self.time


@pytest.fixture(scope="module")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL's databases; skips visibly where there is none."""
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed here")
    with postgres.running(programs, password=PASSWORD) as port:
        yield f"{postgres.USER}:{PASSWORD}@127.0.0.1:{port}"


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Name an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path}/store.db"
    server: str = request.getfixturevalue("postgres_server")
    name = f"test_{uuid.uuid4().hex}"
    connection = await asyncpg.connect(f"postgresql://{server}/{postgres.USER}")
    await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()
    return f"postgresql+asyncpg://{server}/{name}"


@pytest.fixture
def clock() -> SetClock:
    """The store's clock."""
    return SetClock()


@pytest.fixture
async def store(url: str, clock: SetClock) -> AsyncIterator[Store]:
    """A store on an empty database."""
    async with open_store(StoreSettings(url=url), notices=BusNotices(clock), clock=clock) as opened:
        await migrate(opened.database)
        yield opened


def new_generation(number: int, *, user_id: str = "ada", project_id: str = "") -> Generation:
    """Return a generation that is about to be stored."""
    return Generation(
        generation_id=f"gen_{number:04}",
        user_id=user_id,
        project_id=project_id or f"prj_{number:04}",
        project_name="Blog",
        auto_created_project=not project_id,
        version=0,
        status=Status.PENDING,
        attempt=1,
        epoch=0,
        progress=0.0,
        prompt="Ein Blog für Ünïcode 🙂",
        mode=Mode.CLASSIC,
        ab_group="",
        engine="template",
        entities_count=2,
        entity_name="Post",
        parent_generation_id="",
        snapshot_id="",
        generated_snapshot_id="",
        phase_files=(),
        file_count=0,
        conflict_count=0,
        quality_score=None,
        error="",
        title="",
        description="",
        tags=(),
        create_time=NOW,
        update_time=NOW,
        end_time=None,
    )


async def start(
    store: Store, number: int, *, user_id: str = "ada", project_id: str = "", key: str = ""
) -> Generation:
    """Store a generation."""
    idempotency = Idempotency(key=key, request_hash="h" * 64) if key else None
    return await store.starts.start(
        new_generation(number, user_id=user_id, project_id=project_id),
        DETAILS,
        idempotency=idempotency,
    )


async def claim(store: Store, *, lease: timedelta = LEASE, per_user: int = 100) -> Claim:
    """Claim the generation whose turn it is."""
    claimed = await store.runs.claim(lease=lease, per_user=per_user)
    assert claimed is not None
    return claimed


def phase(number: int) -> Checkpoint:
    """Return the checkpoint of a phase."""
    return Checkpoint(
        number=number,
        snapshot_id=f"snapshot-{number}",
        phase_files=number,
        file_count=sum(range(number + 1)),
        progress=number / 10,
    )


async def complete(store: Store, number: int, *, project_id: str = "") -> Generation:
    """Store a generation and run it to its end."""
    await start(store, number, project_id=project_id)
    held = (await claim(store)).generation
    await store.runs.checkpoint(held.generation_id, held.epoch, phase(1))
    return await store.runs.complete(held.generation_id, held.epoch)


async def test_the_migrations_lead_to_the_tables(store: Store) -> None:
    """Leaves nothing that a new migration would have to change."""

    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    found = await store.database.read(lambda connection: connection.run_sync(differences))
    assert found == []


async def undo_migrations(store: Store, revision: str) -> None:
    """Bring a database back to the shape it had."""

    def down(connection: Connection) -> None:
        config = Config()
        folder = Path(migrations.__file__).parent / "migrations"
        config.set_main_option("script_location", str(folder))
        config.attributes["connection"] = connection
        command.downgrade(config, revision)

    await store.database.write(lambda connection: connection.run_sync(down))


async def test_migrations_can_be_undone(store: Store) -> None:
    """Goes down to nothing and up again."""
    await undo_migrations(store, "base")
    await migrate(store.database)
    assert (await start(store, 1)).version == 1


async def test_a_queue_from_before_there_were_places_keeps_its_order(store: Store) -> None:
    """Takes what was queued by ids in their order, and what is queued now after it."""
    for number in (9, 1, 8):
        await start(store, number)
    await undo_migrations(store, "0002")
    await migrate(store.database)
    await start(store, 2)
    claimed = [(await claim(store)).generation.generation_id for _ in range(4)]
    assert claimed == ["gen_0001", "gen_0008", "gen_0009", "gen_0002"]


async def test_replicas_that_start_at_once_migrate_once(url: str, clock: SetClock) -> None:
    """Brings a database to its shape however many try at the same time."""

    async def open_and_start(number: int) -> int:
        async with open_store(
            StoreSettings(url=url), notices=BusNotices(clock), clock=clock
        ) as opened:
            await migrate(opened.database)
            return (await start(opened, number)).version

    assert await asyncio.gather(*(open_and_start(number) for number in range(4))) == [1] * 4


async def test_is_away_until_it_is_migrated(url: str, clock: SetClock) -> None:
    """Answers nothing before the database has its shape."""
    async with open_store(StoreSettings(url=url), notices=BusNotices(clock), clock=clock) as opened:
        with pytest.raises(UnavailableError):
            await opened.generations.get("ada", "gen_1")


async def test_returns_what_was_stored(store: Store) -> None:
    """Reads a generation back, to the microsecond and the character."""
    stored = await start(store, 1)
    assert stored == replace(new_generation(1), version=1)
    assert await store.generations.get("ada", stored.generation_id) == stored
    assert await store.generations.details(stored.generation_id) == DETAILS
    assert await store.generations.review(stored.generation_id) is None


async def test_what_is_somebody_elses_is_not_found(store: Store) -> None:
    """Finds nothing for another user."""
    stored = await start(store, 1)
    for call in (
        store.generations.get("eve", stored.generation_id),
        store.generations.cancel("eve", stored.generation_id),
        store.generations.retry("eve", stored.generation_id),
        store.generations.delete("eve", stored.generation_id, force=True),
        store.generations.describe(
            "eve", stored.generation_id, title="x", description=None, tags=None
        ),
        store.projects.get_project("eve", stored.project_id),
        store.projects.delete_project("eve", stored.project_id, force=True),
        store.projects.version("eve", stored.project_id, 1),
        store.projects.activate("eve", stored.project_id, stored.generation_id, expected=None),
        start(store, 2, user_id="eve", project_id=stored.project_id),
    ):
        with pytest.raises(NotFoundError):
            await call
    assert (await store.generations.get("ada", stored.generation_id)) == stored


async def test_numbers_versions_without_gaps_or_doubles(store: Store) -> None:
    """Counts concurrent versions of one project up by one each."""
    first = await start(store, 0)
    later = await asyncio.gather(
        *(start(store, number, project_id=first.project_id) for number in range(1, 25))
    )
    assert sorted(each.version for each in later) == list(range(2, 26))
    project = await store.projects.get_project("ada", first.project_id)
    assert project.latest_version == 25


async def test_a_start_that_is_refused_leaves_no_gap(store: Store) -> None:
    """Takes back the number when the start does not hold."""
    first = await start(store, 1)
    with pytest.raises(Exception):  # noqa: B017, PT011 - whatever a doubled id raises
        await start(store, 1, project_id=first.project_id)
    assert (await start(store, 2, project_id=first.project_id)).version == 2


async def test_one_key_starts_once_however_many_try(store: Store) -> None:
    """Returns the twin to every concurrent repeat."""
    starts = await asyncio.gather(*(start(store, number, key="key") for number in range(10)))
    assert len({each.generation_id for each in starts}) == 1
    assert len(await store.generations.list("ada", Filter(), before="", limit=50)) == 1


async def test_one_key_with_two_requests_is_refused(store: Store) -> None:
    """Refuses the second request, whether asked for or started."""
    await start(store, 1, key="key")
    other = Idempotency(key="key", request_hash="0" * 64)
    with pytest.raises(AlreadyExistsError):
        await store.starts.find_start("ada", other)
    with pytest.raises(AlreadyExistsError):
        await store.starts.start(new_generation(2), DETAILS, idempotency=other)
    assert await store.starts.find_start("eve", other) is None


async def test_leaves_in_the_outbox_what_a_start_means(store: Store) -> None:
    """Keeps the job and the events with the generation, in order, until they are discarded."""
    await start(store, 1)
    stored = await store.outbox.pending(10)
    assert [each.outgoing.kind for each in stored] == [
        OutboxKind.QUEUED,
        OutboxKind.JOB,
        OutboxKind.EVENT,
    ]
    assert await store.outbox.holds(stored[0].outgoing.subject)
    await store.outbox.discard([each.outbox_id for each in stored])
    assert await store.outbox.pending(10) == []
    assert not await store.outbox.holds(stored[0].outgoing.subject)


async def test_a_claim_holds_until_its_lease_ends(store: Store, clock: SetClock) -> None:
    """Gives a generation to one runner at a time, with a higher epoch each time."""
    await start(store, 1)
    first = await claim(store)
    assert (first.generation.status, first.generation.epoch, first.claims) == (
        Status.PROCESSING,
        1,
        1,
    )
    assert first.details == DETAILS
    assert await store.runs.claim(lease=LEASE, per_user=9) is None
    assert await store.runs.waiting() == 0

    clock.time += LEASE
    assert await store.runs.waiting() == 1
    second = await claim(store)
    assert (second.generation.epoch, second.claims) == (2, 2)


async def test_one_of_many_claimers_gets_it(store: Store) -> None:
    """Gives each generation to exactly one of concurrent claimers."""
    for number in range(5):
        await start(store, number, user_id=f"u{number % 2}")
    claims = await asyncio.gather(*(store.runs.claim(lease=LEASE, per_user=9) for _ in range(12)))
    taken = [each.generation.generation_id for each in claims if each]
    assert sorted(taken) == [f"gen_{number:04}" for number in range(5)]


async def test_a_lease_can_be_prolonged(store: Store, clock: SetClock) -> None:
    """Keeps others away for longer, and keeps the progress."""
    await start(store, 1)
    held = (await claim(store)).generation
    clock.time += LEASE / 2
    await store.runs.extend(held.generation_id, held.epoch, lease=LEASE, progress=0.3)
    clock.time += LEASE * 0.9
    assert await store.runs.claim(lease=LEASE, per_user=9) is None
    assert (await store.generations.get("ada", held.generation_id)).progress == 0.3


async def test_turns_are_fair(store: Store) -> None:
    """Serves users in turn, and each user's oldest first."""
    for number in range(6):
        await start(store, number, user_id="ada")
    await start(store, 10, user_id="bob")
    await start(store, 11, user_id="eve")
    await start(store, 12, user_id="eve")

    order = []
    for _ in range(9):
        held = (await claim(store)).generation
        order.append(held.generation_id)
        await store.runs.complete(held.generation_id, held.epoch)

    assert [int(each[4:]) for each in order] == [0, 10, 11, 1, 12, 2, 3, 4, 5]


async def test_a_user_has_a_bounded_number_of_claims(store: Store) -> None:
    """Passes over a user who has as many running as allowed."""
    for number in range(3):
        await start(store, number)
    await start(store, 9, user_id="eve")
    for _ in range(3):
        await claim(store, per_user=2)
    assert await store.runs.claim(lease=LEASE, per_user=2) is None
    assert await store.runs.waiting() == 1


async def test_a_replaced_runner_can_write_nothing(store: Store, clock: SetClock) -> None:
    """Refuses every write of an older epoch."""
    await start(store, 1)
    old = (await claim(store)).generation
    clock.time += LEASE
    new = (await claim(store)).generation
    key = old.generation_id
    for call in (
        store.runs.extend(key, old.epoch, lease=LEASE, progress=0.9),
        store.runs.checkpoint(key, old.epoch, phase(1)),
        store.runs.assess(key, old.epoch, assessed(0.1)),
        store.runs.release(key, old.epoch, blameless=False),
        store.runs.complete(key, old.epoch),
        store.runs.fail(key, old.epoch, error="late", progress=0.9),
    ):
        with pytest.raises(ReplacedError):
            await call
    assert await store.generations.get("ada", key) == new
    assert await store.generations.review(key) is None


@pytest.mark.parametrize("change", ["cancel", "fail", "complete"])
async def test_an_end_is_final_for_its_runner(store: Store, change: str) -> None:
    """Lets a runner write nothing after the end, and leaves nothing to claim."""
    await start(store, 1)
    held = (await claim(store)).generation
    key, epoch = held.generation_id, held.epoch
    match change:
        case "cancel":
            ended = await store.generations.cancel("ada", key)
        case "fail":
            ended = await store.runs.fail(key, epoch, error="broken", progress=0.4)
        case _:
            ended = await store.runs.complete(key, epoch)
    with pytest.raises(ReplacedError):
        await store.runs.checkpoint(key, epoch, phase(1))
    with pytest.raises(ReplacedError):
        await store.runs.complete(key, epoch)
    assert await store.generations.get("ada", key) == ended
    assert ended.end_time is not None
    assert await store.runs.claim(lease=LEASE, per_user=9) is None
    kinds = [each.outgoing.kind for each in await store.outbox.pending(10)]
    assert kinds.count(OutboxKind.ENDED) == 1


async def test_a_kept_phase_is_remembered(store: Store) -> None:
    """Tells phases that an iteration left alone from those it made, in whatever order."""
    await start(store, 1)
    held = (await claim(store)).generation
    for number in (1, 2, 3):
        checkpoint = replace(phase(number), kept=number != 2)
        held = await store.runs.checkpoint(held.generation_id, held.epoch, checkpoint)
    read = await store.generations.get("ada", held.generation_id)
    assert read == held
    assert (read.phase_files, read.kept_phases) == ((1, 2, 3), {1, 3})


async def test_checkpoints_come_in_order_and_clear_the_blame(store: Store) -> None:
    """Keeps each phase's files, refuses a repeat, and counts claims anew."""
    await start(store, 1)
    for _ in range(3):
        held = await claim(store, lease=timedelta())
    generation = held.generation
    key, epoch = generation.generation_id, generation.epoch
    after = await store.runs.checkpoint(key, epoch, phase(1))
    after = await store.runs.checkpoint(key, epoch, phase(2))
    assert (after.phase_files, after.file_count, after.snapshot_id) == ((1, 2), 3, "snapshot-2")
    with pytest.raises(ReplacedError):
        await store.runs.checkpoint(key, epoch, phase(2))
    assert held.claims == 3
    assert (await claim(store)).claims == 2


async def test_a_released_generation_is_free_at_once(store: Store) -> None:
    """Lets the next claim have it, blamed or not."""
    await start(store, 1)
    first = await claim(store)
    key = first.generation.generation_id
    await store.runs.release(key, first.generation.epoch, blameless=True)
    second = await claim(store)
    assert second.claims == 1
    await store.runs.release(key, second.generation.epoch, blameless=False)
    assert (await claim(store)).claims == 2


async def test_retry_opens_the_next_attempt(store: Store) -> None:
    """Keeps what is finished, clears the error, and can be claimed."""
    await start(store, 1)
    held = (await claim(store)).generation
    key = held.generation_id
    await store.runs.checkpoint(key, held.epoch, phase(1))
    with pytest.raises(FailedPreconditionError):
        await store.generations.retry("ada", key)
    await store.runs.fail(key, held.epoch, error="broken", progress=0.3)

    retried = await store.generations.retry("ada", key)
    again = (await claim(store)).generation

    assert (retried.status, retried.attempt, retried.error) == (Status.PENDING, 2, "")
    assert (retried.end_time, retried.phase_files) == (None, (1,))
    assert (again.status, again.epoch) == (Status.PROCESSING, 2)


async def test_completing_activates_the_newest_version(store: Store) -> None:
    """Makes a version active unless a newer one is."""
    first = await start(store, 1)
    await start(store, 2, project_id=first.project_id)
    older, newer = (await claim(store)).generation, (await claim(store)).generation
    await store.runs.complete(newer.generation_id, newer.epoch)
    await store.runs.complete(older.generation_id, older.epoch)
    project = await store.projects.get_project("ada", first.project_id)
    assert project.active_generation_id == newer.generation_id
    active = await store.projects.version("ada", first.project_id, 0)
    assert (active.version, active.status) == (2, Status.COMPLETED)


async def test_activating_is_an_optimistic_write(store: Store) -> None:
    """Changes the active version only from the expected one, and only to a completed one."""
    first = await complete(store, 1)
    second = await complete(store, 2, project_id=first.project_id)
    other = await complete(store, 3)
    pending = await start(store, 4, project_id=first.project_id)
    activate = store.projects.activate
    with pytest.raises(AbortedError):
        await activate("ada", first.project_id, first.generation_id, expected=first.generation_id)
    with pytest.raises(FailedPreconditionError):
        await activate("ada", first.project_id, pending.generation_id, expected=None)
    with pytest.raises(NotFoundError):
        await activate("ada", first.project_id, other.generation_id, expected=None)

    project = await activate(
        "ada", first.project_id, first.generation_id, expected=second.generation_id
    )
    assert project.active_generation_id == first.generation_id


async def test_an_edit_replaces_the_expected_snapshot_only(store: Store) -> None:
    """Records an edit of an ended generation, from the snapshot it started with."""
    generation = await complete(store, 1)
    key = generation.generation_id
    edit = Edit(expected="snapshot-1", snapshot_id="edited", file_count=7, conflict_count=0)
    edited = await store.generations.replace_snapshot("ada", key, edit, told=())
    assert (edited.snapshot_id, edited.file_count) == ("edited", 7)
    assert edited.generated_snapshot_id == "snapshot-1"
    with pytest.raises(AbortedError):
        await store.generations.replace_snapshot("ada", key, edit, told=())
    running = await start(store, 2)
    with pytest.raises(FailedPreconditionError):
        await store.generations.replace_snapshot(
            "ada", running.generation_id, replace(edit, expected=""), told=()
        )


async def test_lists_newest_first_page_by_page(store: Store) -> None:
    """Walks through all of a user's generations, each once."""
    for number in range(5):
        await start(store, number)
    await start(store, 9, user_id="eve")
    seen: list[str] = []
    before = ""
    while page := await store.generations.list("ada", Filter(), before=before, limit=2):
        seen += [each.generation_id for each in page]
        before = seen[-1]
    assert seen == [f"gen_{number:04}" for number in reversed(range(5))]


async def test_lists_what_a_filter_names(store: Store) -> None:
    """Filters by status, project, kind, parent and quality, alone and together."""
    good = await complete(store, 1)
    await start(store, 2, project_id=good.project_id)
    child = replace(
        new_generation(3, project_id=good.project_id), parent_generation_id=good.generation_id
    )
    await store.starts.start(child, DETAILS, idempotency=None)
    held = await start(store, 4)
    running = (await claim(store)).generation
    await store.runs.assess(running.generation_id, running.epoch, assessed(0.8))

    async def numbers(which: Filter) -> list[int]:
        found = await store.generations.list("ada", which, before="", limit=50)
        return [int(each.generation_id[4:]) for each in found]

    assert await numbers(Filter(statuses=(Status.COMPLETED, Status.PROCESSING))) == [2, 1]
    assert await numbers(Filter(project_id=good.project_id)) == [3, 2, 1]
    assert await numbers(Filter(project_id=held.project_id)) == [4]
    assert await numbers(Filter(is_iteration=True)) == [3]
    assert await numbers(Filter(is_iteration=False)) == [4, 2, 1]
    assert await numbers(Filter(parent_generation_id=good.generation_id)) == [3]
    assert await numbers(Filter(min_quality_score=0.8)) == [2]
    assert await numbers(Filter(min_quality_score=0.81)) == []
    assert await numbers(Filter(statuses=(Status.PENDING,), is_iteration=True)) == [3]
    assert await store.generations.review(running.generation_id) == b"r"


async def test_counts_by_status(store: Store) -> None:
    """Counts a user's generations, or a project's, and averages what is known."""
    first = await complete(store, 1)
    await start(store, 2)
    running = (await claim(store)).generation
    await store.runs.assess(running.generation_id, running.epoch, assessed(0.5))
    await start(store, 3, user_id="eve")

    count = store.generations.statistics
    counts = await count("ada", Filter())
    of_project = await count("ada", Filter(project_id=first.project_id))
    nothing = await count("bob", Filter())
    run = await count("ada", Filter(statuses=(Status.PROCESSING,), min_quality_score=0.5))

    assert counts.by_status == {Status.COMPLETED: 1, Status.PROCESSING: 1}
    assert counts.mean_quality_score == 0.5
    assert counts.mean_duration is not None
    assert counts.mean_duration > timedelta()
    assert of_project.by_status == {Status.COMPLETED: 1}
    assert run.by_status == {Status.PROCESSING: 1}
    assert (nothing.by_status, nothing.mean_quality_score) == ({}, None)


async def test_describes_only_what_is_given(store: Store) -> None:
    """Changes title, description and tags apart from each other."""
    key = (await start(store, 1)).generation_id
    describe = store.generations.describe
    await describe("ada", key, title="One", description=None, tags=("b", "a"))
    described = await describe("ada", key, title=None, description="More", tags=None)
    assert (described.title, described.description, described.tags) == ("One", "More", ("b", "a"))
    assert (await describe("ada", key, title=None, description=None, tags=())).tags == ()


async def test_deleting_a_parent_leaves_its_iterations(store: Store) -> None:
    """Forgets a generation and what hangs on it, and nothing else."""
    parent = await complete(store, 1)
    child = replace(
        new_generation(2, project_id=parent.project_id),
        parent_generation_id=parent.generation_id,
    )
    await store.starts.start(child, DETAILS, idempotency=None)
    await store.generations.delete("ada", parent.generation_id, force=False)

    with pytest.raises(NotFoundError):
        await store.generations.details(parent.generation_id)
    kept = await store.generations.get("ada", child.generation_id)
    assert kept.parent_generation_id == parent.generation_id
    project = await store.projects.get_project("ada", parent.project_id)
    assert (project.active_generation_id, project.latest_version) == ("", 2)
    assert (await start(store, 3, project_id=parent.project_id)).version == 3


async def test_deleting_what_runs_needs_force_and_cancels(store: Store) -> None:
    """Refuses without force; with it the runner is replaced and the end is told."""
    await start(store, 1)
    held = (await claim(store)).generation
    with pytest.raises(FailedPreconditionError):
        await store.generations.delete("ada", held.generation_id, force=False)
    await store.generations.delete("ada", held.generation_id, force=True)
    with pytest.raises(ReplacedError):
        await store.runs.extend(held.generation_id, held.epoch, lease=LEASE, progress=0.1)
    assert await store.runs.grasps([held.generation_id]) == {}
    kinds = [each.outgoing.kind for each in await store.outbox.pending(10)]
    assert kinds.count(OutboxKind.ENDED) == 1


async def test_projects_live_by_themselves(store: Store, clock: SetClock) -> None:
    """Makes, repeats, lists, changes and deletes projects."""
    project = Project(
        project_id="prj_1",
        user_id="ada",
        name="Shop",
        description="",
        latest_version=0,
        active_generation_id="",
        create_time=NOW,
        update_time=NOW,
    )
    key = Idempotency(key="key", request_hash="h" * 64)
    projects = store.projects
    assert await projects.create(project, idempotency=key) == project
    twin = replace(project, project_id="prj_2")
    assert await projects.create(twin, idempotency=key) == project
    await projects.create(twin, idempotency=None)

    page = await projects.list_projects("ada", before="", limit=1)
    rest = await projects.list_projects("ada", before=page[0].project_id, limit=9)
    renamed = await projects.update_project("ada", "prj_1", name="Store", description=None)
    await start(store, 1, project_id="prj_2")

    assert [each.project_id for each in (*page, *rest)] == ["prj_2", "prj_1"]
    assert (renamed.name, renamed.description) == ("Store", "")
    with pytest.raises(FailedPreconditionError):
        await projects.delete_project("ada", "prj_2", force=False)
    await projects.delete_project("ada", "prj_2", force=True)
    with pytest.raises(NotFoundError):
        await store.generations.get("ada", "gen_0001")
    assert await store.runs.waiting() == 0
    with pytest.raises(NotFoundError):
        await projects.version("ada", "prj_1", 0)


async def test_finds_what_is_left_behind(store: Store, clock: SetClock) -> None:
    """Names what nobody works on and nobody has touched for a while."""
    await start(store, 1)
    await start(store, 2)
    await claim(store)
    left = store.runs.left_behind
    assert await left(for_at_least=LEASE, limit=9) == []
    clock.time += LEASE / 2
    clock.time += LEASE
    assert [each.generation_id for each in await left(for_at_least=LEASE, limit=9)] == [
        "gen_0001",
        "gen_0002",
    ]


async def test_forgets_keys_that_are_too_old(store: Store, clock: SetClock) -> None:
    """Takes an old key for a new one, and keeps the young."""
    await start(store, 1, key="old")
    clock.time += timedelta(days=2)
    young = replace(new_generation(2), create_time=clock.time, update_time=clock.time)
    key = Idempotency(key="young", request_hash="h" * 64)
    await store.starts.start(young, DETAILS, idempotency=key)

    assert await store.housekeeping.forget_keys(older_than=timedelta(days=1)) == 1
    assert await store.housekeeping.forget_keys(older_than=timedelta(days=1)) == 0
    assert (await start(store, 3, key="old")).generation_id == "gen_0003"
    assert (await store.starts.find_start("ada", key)) is not None


async def test_names_every_snapshot_that_is_needed(store: Store) -> None:
    """Names what generations, their merges and running iterations need, page by page."""
    parent = await complete(store, 1)
    await start(store, 2)
    child = replace(
        new_generation(3, project_id=parent.project_id),
        parent_generation_id=parent.generation_id,
    )
    origin = Origin(patch=b"p", base_spec=b"s", base_snapshot_id="base", ours_snapshot_id="ours")
    iteration = replace(DETAILS, origin=origin)
    await store.starts.start(child, iteration, idempotency=None)
    assert await store.generations.details(child.generation_id) == iteration
    held = [(await claim(store)).generation for _ in range(2)]
    epoch = next(each.epoch for each in held if each.generation_id == child.generation_id)
    merge = Merge(
        snapshot_id="merged",
        generated_snapshot_id="theirs",
        file_count=3,
        conflict_count=1,
        conflicts=b"told",
    )
    merged = await store.runs.merge(child.generation_id, epoch, merge)
    done = await store.runs.complete(child.generation_id, epoch)

    live = store.housekeeping.live_snapshots
    first = await live(after="", limit=2)
    rest = await live(after=first[-1].generation_id, limit=9)
    assert [set(each.snapshot_ids) for each in (*first, *rest)] == [
        {"snapshot-1"},
        set(),
        {"merged", "theirs", "base", "ours"},
    ]
    assert rest[0].conflicts == await store.generations.conflicts(child.generation_id) == b"told"
    assert (merged.conflict_count, merged.file_count) == (1, 3)
    assert (done.snapshot_id, done.generated_snapshot_id) == ("merged", "theirs")


async def test_a_caller_that_gives_up_leaves_no_half_transaction(store: Store) -> None:
    """Finishes or undoes what a cancelled caller had begun, and serves the next one."""
    for number in range(30):
        task = asyncio.create_task(start(store, number))
        await asyncio.sleep(0.0005 * (number % 5))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    stored = await store.generations.list("ada", Filter(), before="", limit=50)
    for each in stored:
        assert await store.generations.details(each.generation_id) == DETAILS
    assert (await start(store, 99)).version == 1


async def test_a_database_that_cannot_be_reached_is_unavailable(
    store: Store, url: str, clock: SetClock, tmp_path: Path
) -> None:
    """Says so at once, for people and machines."""
    away = (
        f"sqlite+aiosqlite:///{tmp_path}/no/such/folder/store.db"
        if url.startswith("sqlite")
        else "postgresql+asyncpg://backsmith@127.0.0.1:1/none"
    )
    async with open_store(
        StoreSettings(url=away), notices=BusNotices(clock), clock=clock
    ) as opened:
        with pytest.raises(UnavailableError) as told:
            await migrate(opened.database)
    assert told.value.retry_after is not None
    await store.database.ping()


async def test_lists_are_found_by_an_index(store: Store, url: str) -> None:
    """Reads a page without sorting or scanning the whole table."""
    if not url.startswith("sqlite"):
        pytest.skip("PostgreSQL plans by statistics; SQLite's plan is stable")
    queries = {
        "a user's": "user_id = 'a' AND generation_id < 'x'",
        "a project's": "project_id = 'p' AND generation_id < 'x'",
        "a parent's": "parent_generation_id = 'p' AND generation_id < 'x'",
    }
    for where in queries.values():
        statement = f"SELECT * FROM generations WHERE {where} ORDER BY generation_id DESC LIMIT 9"  # noqa: S608 - constants
        rows = await store.database.read(
            lambda connection, statement=statement: connection.execute(
                text(f"EXPLAIN QUERY PLAN {statement}")
            )
        )
        plan = " ".join(str(row) for row in rows.all())
        assert "USING INDEX" in plan
        assert "TEMP B-TREE" not in plan
