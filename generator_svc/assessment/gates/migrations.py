"""T2: the migrations lead up, agree with the models, lead down and up again."""

import sys

from generator_svc.assessment.databases import Database
from generator_svc.assessment.launch import launch_of
from generator_svc.assessment.project import Project
from generator_svc.assessment.report import GateResult, Tier, judged, skipped
from generator_svc.assessment.serving import Stage

_STEPS = (("upgrade", "head"), ("check",), ("downgrade", "base"), ("upgrade", "head"))


class Migrations:
    """Runs the migrations on an empty database."""

    tier = Tier.T2

    def __init__(self, stage: Stage, database: Database) -> None:
        self.name = f"migrations_{database.name}"
        self._stage = stage
        self._database = database

    async def run(self, project: Project) -> GateResult:
        """Run the steps, and stop at the first that fails."""
        if self._database.unavailable:
            return skipped(self.name, self.tier, self._database.unavailable)
        if "alembic.ini" not in project.files:
            return skipped(self.name, self.tier, "the project has no migrations")
        return judged(self.name, self.tier, await self._findings(project))

    async def _findings(self, project: Project) -> list[str]:
        with project.copied() as root:
            async with self._database.scratch(root) as url:
                for step in _STEPS:
                    finished = await self._stage.sandbox.run(
                        [sys.executable, "-m", "alembic", *step],
                        root=root,
                        deadline=self._stage.settings.migration_deadline,
                        environment=launch_of(project, url).environment,
                        host_network=self._database.over_network,
                    )
                    if not finished.succeeded:
                        return [f"alembic {' '.join(step)}: {finished.told()}"]
        return []
