"""The gates that merged trees have to pass, and what of their findings is the user's own."""

from collections.abc import Collection
from pathlib import Path

from generator_svc.assessment import assess
from generator_svc.assessment.settings import AssessmentSettings
from tests.integration.files_svc.matrix.specs import Tree

MERGED = ("t0", "t1")
"""What every merge has to pass."""
ALL = (*MERGED, "t2", "t3")


class Gates:
    """Runs gates; mypy remembers what it learnt of libraries.

    Args:
        cache: Where it does.
    """

    def __init__(self, cache: Path) -> None:
        self._settings = AssessmentSettings(mypy_cache=str(cache), schemathesis_examples=5)

    async def findings(
        self, files: Tree, *, rendered: Tree, tiers: Collection[str] = MERGED
    ) -> set[str]:
        """Return what does not hold of a project, whose rendering its user and a merge changed."""
        report = await assess(
            files, tiers=tiers, edited=differing(files, rendered), settings=self._settings
        )
        return {f"{gate.name}: {finding}" for gate in report.failed for finding in gate.findings}


def differing(one: Tree, other: Tree) -> set[str]:
    """Return the paths at which two trees differ."""
    return {path for path, _ in one.items() ^ other.items()}
