"""T2: the project starts, answers and stops."""

import signal
from collections.abc import Iterator
from http import HTTPStatus

from generator_svc.assessment.databases import Database
from generator_svc.assessment.gates.openapi import fetch_document
from generator_svc.assessment.project import Project
from generator_svc.assessment.report import GateResult, Tier, judged, skipped
from generator_svc.assessment.serving import BootError, Served, Stage, last_lines, tracebacks

_STOPPED = (0, -signal.SIGTERM)


class Boots:
    """Starts the project on an empty database, asks for its health and its OpenAPI document."""

    tier = Tier.T2

    def __init__(self, stage: Stage, database: Database) -> None:
        self.name = f"boots_{database.name}"
        self._stage = stage
        self._database = database

    async def run(self, project: Project) -> GateResult:
        """Start the project, ask, and stop it."""
        if self._database.unavailable:
            return skipped(self.name, self.tier, self._database.unavailable)
        try:
            async with self._stage.serving(project, self._database) as served:
                findings = [*await _answers(served)]
            findings += _ending(await served.running.wait(), served.running.output)
        except BootError as error:
            findings = [str(error)]
        note = "" if self._database.over_network else await self._stage.sandbox.network()
        return judged(self.name, self.tier, findings, note)


async def _answers(served: Served) -> list[str]:
    response = await served.client.get(served.health_path)
    healthy = response.status_code == HTTPStatus.OK
    findings = [] if healthy else [f"{served.health_path} answers {response.status_code}"]
    document = await fetch_document(served)
    return findings if document else [*findings, "there is no /openapi.json"]


def _ending(exit_code: int, output: str) -> Iterator[str]:
    if exit_code not in _STOPPED:
        yield f"SIGTERM ended the server with {exit_code}: {last_lines(output)}"
    yield from (f"the log has {one}" for one in tracebacks(output))
