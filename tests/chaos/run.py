"""One run: undisturbed generations first, then many under mischief, then the oracle."""

import asyncio
import random
import shutil
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.figures import figures
from tests.chaos.load import PROMPTS, WAYS, Users, users_of
from tests.chaos.mischief import Mischief
from tests.chaos.oracle import violations
from tests.chaos.system import RunningSystem, running
from tests.chaos.views import Followed

USERS = ("ada", "bob", "eve", "zoë", "m.ü ller")
CANCEL_SHARE = 0.1
WATCHERS = (0, 2)
SETTLE_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do."""

    seed: int
    seconds: float
    """How long mischief is done; a slow machine starts the last generations after it."""
    generations: int
    cluster: bool = False
    """Whether NATS is three servers, and their leader in the draw, instead of one."""
    postgres: bool = False
    """Whether the database is PostgreSQL, and in the draw, instead of SQLite."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What happened."""

    plan: Plan
    violations: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)
    timeline: list[str] = field(default_factory=list)

    def lines(self) -> Sequence[str]:
        """Return what to print: figures, and on a failure what led to it."""
        lines = [f"{name}: {value}" for name, value in self.figures.items()]
        if self.violations:
            lines += ["", f"seed {self.plan.seed}; what was done:", *self.timeline, ""]
            lines += self.violations
        return [*lines, f"{len(self.violations)} violations"]


async def run(plan: Plan) -> Report:
    """Run the plan and report; what the processes logged and stored is kept when it failed."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    with running(folder, cluster=plan.cluster, postgres=plan.postgres) as system:
        async with users_of(system, _dice(plan, "users")) as users:
            report = await _run(plan, system, users)
    if report.violations:
        report.timeline.append(f"logs and stores: {folder}")
    else:
        shutil.rmtree(folder)
    return report


def _dice(plan: Plan, thrower: str) -> random.Random:
    """Return dice of a thrower's own, so that nobody else's throws change what falls."""
    return random.Random(f"{plan.seed} {thrower}")  # noqa: S311 - the same each time


async def _run(plan: Plan, system: RunningSystem, users: Users) -> Report:
    began = time.monotonic()
    undisturbed = await _undisturbed(users)
    report = Report(plan=plan)
    report.figures["undisturbed, s each"] = round((time.monotonic() - began) / len(PROMPTS), 1)
    mischief = Mischief(system=system, dice=_dice(plan, "mischief"))
    followed: list[Followed] = []
    async with asyncio.TaskGroup() as group:
        loading = group.create_task(_load(plan, users, followed))
        await mischief.run(plan.seconds)
        under_mischief = len(followed)
    calm = time.monotonic()
    report.violations += [f"{name} has ended by itself" for name in system.crashed()]
    stuck = await _settled(loading.result())
    report.figures["settled after, s"] = round(time.monotonic() - calm, 1)
    if len(followed) < plan.generations:
        report.violations.append(f"only {len(followed)} starts were ever accepted")
    for each in followed:
        await _judge(each, stuck, users, undisturbed, report)
    report.timeline = [
        f"{deed.at:8.2f} s  {deed.what} {deed.victim} ({deed.drawn}) for {deed.seconds:.2f} s"
        for deed in mischief.deeds
    ]
    report.figures["started under mischief"] = under_mischief
    report.figures |= figures(system, mischief, followed)
    return report


async def _undisturbed(users: Users) -> dict[str, dict[str, bytes]]:
    """Return the files that each prompt leads to."""
    files = {}
    for number, prompt in enumerate(PROMPTS):
        followed = await users.start(number - len(PROMPTS), "nobody")
        await users.watch(followed, "cookie")
        generation = await users.generation(followed)
        files[prompt] = await users.contents(generation.snapshot_id)
    return files


async def _load(plan: Plan, users: Users, followed: list[Followed]) -> list["asyncio.Task[None]"]:
    """Start generations spread over the time, watch them, and cancel some."""
    dice = _dice(plan, "load")
    tasks: list[asyncio.Task[None]] = []
    for number in range(plan.generations):
        following = _follow(
            users,
            followed,
            number=number,
            user_id=dice.choice(USERS),
            ways=dice.sample(WAYS, dice.randint(*WATCHERS)),
            cancel_after=dice.uniform(0, 2) if dice.random() < CANCEL_SHARE else None,
        )
        tasks.append(asyncio.create_task(following))
        await asyncio.sleep(plan.seconds / plan.generations * dice.uniform(0.5, 1.0))
    return tasks


async def _follow(
    users: Users,
    followed: list[Followed],
    *,
    number: int,
    user_id: str,
    ways: Sequence[str],
    cancel_after: float | None,
) -> None:
    each = await users.start(number, user_id)
    followed.append(each)
    async with asyncio.TaskGroup() as group:
        for how in ways:
            group.create_task(users.watch(each, how))
        if cancel_after is not None:
            await asyncio.sleep(cancel_after)
            await users.cancel(each)


async def _settled(watching: Sequence["asyncio.Task[None]"]) -> float:
    """Wait until every generation is started and every watcher done; return when patience ends."""
    deadline = time.monotonic() + SETTLE_SECONDS
    if watching:
        _, left = await asyncio.wait(watching, timeout=SETTLE_SECONDS)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        for task in set(watching) - left:
            task.result()
    return max(deadline, time.monotonic() + 10)


async def _judge(
    followed: Followed,
    deadline: float,
    users: Users,
    undisturbed: dict[str, dict[str, bytes]],
    report: Report,
) -> None:
    key = followed.generation_id
    try:
        async with asyncio.timeout(max(deadline - time.monotonic(), 10)):
            whole = await users.watch(followed, "grpc")
            await users.watch(followed, "token")
    except TimeoutError:
        report.violations.append(f"{key}: it is stuck")
        return
    generation = await users.generation(followed)
    files = await users.contents(generation.snapshot_id) if generation.snapshot_id else {}
    report.violations += [
        f"{key} of {followed.user_id!r}: {found}"
        for found in violations(
            followed, generation, files, whole, undisturbed=undisturbed[followed.prompt]
        )
    ]
