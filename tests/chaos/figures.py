"""What a run is told by: kills, redeliveries, resumed phases, recoveries."""

import itertools
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from tests.chaos.mischief import Mischief
from tests.chaos.system import RunningSystem
from tests.chaos.views import Followed


def figures(
    system: RunningSystem, mischief: Mischief, followed: Sequence[Followed]
) -> dict[str, object]:
    """Count what was done, and how often work was taken up again."""
    known = {each.generation_id for each in followed}
    claims = [claim for claim in _claims(system) if claim["generation_id"] in known]
    again = len(claims) - len({claim["generation_id"] for claim in claims})
    resumed = [claim for claim in claims if claim["phases"]]
    views = [view for each in followed for view in each.views]
    deeds = Counter(deed.what for deed in mischief.deeds)
    return {
        "generations": len(followed),
        "cancelled": sum(each.cancelled for each in followed),
        "kills": deeds["kill"],
        "pauses": deeds["pause"],
        "of": dict(sorted(mischief.counts().items())),
        "redeliveries": again,
        "runs resumed after a finished phase": len(resumed),
        "finished phases not run again": sum(claim["phases"] for claim in resumed),
        "longest recovery, s": round(max(map(_longest_silence, followed), default=0.0), 1),
        "watches": dict(sorted(Counter(view.how for view in views).items())),
        "watches resumed": sum(view.connections - 1 for view in views),
    }


def _claims(system: RunningSystem) -> Iterator[dict[str, Any]]:
    for name in system.victims:
        if name.startswith("orchestrator"):
            for record in _records(system, name):
                if record.get("event") == "run.claimed":
                    yield record


def _records(system: RunningSystem, name: str) -> Iterator[dict[str, Any]]:
    for line in system.logs(name):
        if line.startswith("{"):
            try:
                yield json.loads(line)
            except ValueError:
                continue  # a line cut by a kill


def _longest_silence(followed: Followed) -> float:
    """Return the longest time between two events of a generation after it had a runner."""
    times = [event.time for event in followed.views[-1].events[1:]]
    return max((after - before for before, after in itertools.pairwise(times)), default=0.0)
