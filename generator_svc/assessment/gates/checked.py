"""A gate that looks at the files in process."""

import asyncio
from collections.abc import Callable, Iterable

from generator_svc.assessment.project import Project
from generator_svc.assessment.report import GateResult, Tier, judged, skipped


class CannotCheckError(Exception):
    """The project lacks what the gate looks at; the message says what."""


class Checked:
    """A gate over a plain function from a project to findings.

    Args:
        name: The gate's name.
        check: Yields what does not hold; may raise `CannotCheckError`.
    """

    def __init__(self, name: str, check: Callable[[Project], Iterable[str]]) -> None:
        self.name = name
        self.tier = Tier.T0
        self._check = check

    async def run(self, project: Project) -> GateResult:
        """Check the project off the event loop."""
        try:
            findings = await asyncio.to_thread(lambda: list(self._check(project)))
        except CannotCheckError as error:
            return skipped(self.name, self.tier, str(error))
        return judged(self.name, self.tier, findings)
