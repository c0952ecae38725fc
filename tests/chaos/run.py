"""One run: undisturbed generations first, then many under mischief, then the oracle."""

import asyncio
import itertools
import json
import random
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.load import PROMPTS, Followed, Users
from tests.chaos.mischief import Mischief
from tests.chaos.oracle import violations
from tests.chaos.system import RunningSystem, running

USERS = ("ada", "bob", "eve", "zoë", "m.ü ller")
CANCEL_SHARE = 0.1
WATCHERS = (0, 2)
SETTLE_SECONDS = 180.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to do."""

    seed: int
    seconds: float
    """How long mischief is done."""
    generations: int


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
    """Run the plan and report."""
    dice = random.Random(plan.seed)  # noqa: S311 - the same mischief each time
    with tempfile.TemporaryDirectory(prefix="chaos-") as folder, running(Path(folder)) as system:
        async with AsyncExitStack() as stack:
            return await _run(plan, dice, system, Users(system, dice, stack))


async def _run(plan: Plan, dice: random.Random, system: RunningSystem, users: Users) -> Report:
    began = time.monotonic()
    undisturbed = await _undisturbed(users)
    report = Report(plan=plan)
    report.figures["undisturbed, s each"] = round((time.monotonic() - began) / len(PROMPTS), 1)
    mischief = Mischief(system=system, dice=dice)
    begun = time.monotonic()
    async with asyncio.TaskGroup() as group:
        disturbing = group.create_task(mischief.run(plan.seconds))
        loading = group.create_task(_load(plan, dice, users))
    del disturbing
    settled = time.monotonic()
    followed, watching = loading.result()
    stuck = await _settled(watching)
    report.figures["settled after, s"] = round(time.monotonic() - settled, 1)
    for each in followed:
        await _judge(each, stuck, users, undisturbed, report)
    report.timeline = [
        f"{deed.at:8.2f} s  {deed.what} {deed.victim} for {deed.seconds:.2f} s"
        for deed in mischief.deeds
    ]
    _count(report, system, mischief, followed, settled - begun)
    return report


async def _undisturbed(users: Users) -> dict[str, str]:
    """Return the snapshot that each prompt leads to."""
    snapshots = {}
    for number, prompt in enumerate(PROMPTS):
        followed = await users.start(-len(PROMPTS) + number, "nobody")
        followed.prompt = prompt
        await users.watch(followed)
        snapshots[prompt] = (await users.generation(followed)).snapshot_id
    return snapshots


async def _load(
    plan: Plan, dice: random.Random, users: Users
) -> tuple[list[Followed], list["asyncio.Task[object]"]]:
    """Start generations spread over the time, watch them, and cancel some."""
    followed, tasks = [], []
    for number in range(plan.generations):
        each = await users.start(number, dice.choice(USERS))
        followed.append(each)
        watchers = dice.randint(*WATCHERS)
        tasks += [asyncio.ensure_future(users.watch(each)) for _ in range(watchers)]
        if dice.random() < CANCEL_SHARE:
            tasks.append(asyncio.ensure_future(_cancel_later(users, each, dice.uniform(0, 2))))
        await asyncio.sleep(plan.seconds / plan.generations * dice.uniform(0.5, 1.0))
    return followed, tasks


async def _cancel_later(users: Users, followed: Followed, seconds: float) -> None:
    await asyncio.sleep(seconds)
    await users.cancel(followed)


async def _settled(watching: Sequence["asyncio.Task[object]"]) -> float:
    """Wait until every watcher is done; return when patience ends."""
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
    followed: Followed, deadline: float, users: Users, expected: dict[str, str], report: Report
) -> None:
    key = followed.generation_id
    try:
        async with asyncio.timeout(max(deadline - time.monotonic(), 10)):
            whole = await users.watch(followed)
    except TimeoutError:
        report.violations.append(f"{key}: it is stuck")
        return
    followed.views.remove(whole)
    generation = await users.generation(followed)
    paths = await users.paths(generation.snapshot_id) if generation.snapshot_id else []
    report.violations += [
        f"{key} of {followed.user_id!r}: {found}"
        for found in violations(
            followed, generation, paths, whole, expected_snapshot=expected[followed.prompt]
        )
    ]
    followed.views.append(whole)


def _count(
    report: Report,
    system: RunningSystem,
    mischief: Mischief,
    followed: Sequence[Followed],
    seconds: float,
) -> None:
    claims = [
        record
        for name in system.victims
        if name.startswith("orchestrator")
        for record in _records(system, name)
        if record.get("event") == "run.claimed"
    ]
    known = {each.generation_id for each in followed}
    claims = [claim for claim in claims if claim.get("generation_id") in known]
    report.figures |= {
        "generations": len(followed),
        "cancelled": sum(each.cancelled for each in followed),
        "seconds of mischief": round(seconds, 1),
        "deeds": dict(sorted(mischief.counts().items())),
        "claims": len(claims),
        "resumed after a stop": len(claims) - len({claim["generation_id"] for claim in claims}),
        "longest silence, s": round(max(map(_longest_silence, followed), default=0.0), 1),
        "watches resumed": sum(view.resumes - 1 for each in followed for view in each.views),
    }


def _records(system: RunningSystem, name: str) -> list[dict[str, object]]:
    records = []
    for line in system.logs(name):
        if line.startswith("{"):
            try:
                records.append(json.loads(line))
            except ValueError:
                continue  # a line cut by a kill
    return records


def _longest_silence(followed: Followed) -> float:
    """Return the longest time between two events of a generation after it had a runner."""
    times = [
        event.event.event_time.ToDatetime().timestamp()
        for view in followed.views[-1:]
        for event in view.events[1:]
    ]
    return max((after - before for before, after in itertools.pairwise(times)), default=0)
