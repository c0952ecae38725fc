"""What the store's tests store, and the clock that they set."""

from datetime import UTC, datetime, timedelta

from orchestrator_svc import testing
from orchestrator_svc.domain.model import Details, Generation
from orchestrator_svc.store.store import Store
from orchestrator_svc.store.values import Assessment, Checkpoint, Claim, Idempotency

LEASE = timedelta(seconds=30)
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


def new_generation(number: int, *, user_id: str = "ada", project_id: str = "") -> Generation:
    """Return a generation that is about to be stored."""
    return testing.new_generation(
        now=NOW,
        generation_id=f"gen_{number:04}",
        user_id=user_id,
        project_id=project_id or f"prj_{number:04}",
        auto_created_project=not project_id,
        prompt="Ein Blog für Ünïcode 🙂",
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
