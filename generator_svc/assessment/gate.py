"""What a gate is."""

from typing import Protocol

from generator_svc.assessment.project import Project
from generator_svc.assessment.report import GateResult, Tier


class Gate(Protocol):
    """One check of a whole project."""

    @property
    def name(self) -> str:
        """The gate's name, in snake case; unique."""
        ...

    @property
    def tier(self) -> Tier:
        """The tier that the gate runs in."""
        ...

    async def run(self, project: Project) -> GateResult:
        """Check the project; a gate that cannot run says skipped and why."""
        ...
