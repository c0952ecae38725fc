"""Runs the gates over what a run has made, and over its parent where that must be compared."""

from dataclasses import dataclass, replace

from backsmith.generator.v1 import generator_service_pb2 as pb
from backsmith.spec.v1.spec_pb2 import ProjectSpec

from orchestrator_svc.clients.files import File, Files
from orchestrator_svc.clients.generator import Generator
from orchestrator_svc.domain import stages
from orchestrator_svc.domain.model import Generation, Origin
from orchestrator_svc.runner.merging import edited_paths
from orchestrator_svc.runner.patience import patiently
from orchestrator_svc.runner.proof import Teller, broken, check_merge, tiers_of
from orchestrator_svc.settings import RunnerSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessor:
    """Has projects assessed, however long a service is away."""

    files: Files
    generator: Generator
    settings: RunnerSettings

    async def report(
        self, generation: Generation, spec: ProjectSpec, teller: Teller
    ) -> pb.ProofReport:
        """Run the gates that a generation has to face."""
        options = pb.AssessOptions(spec=spec, tiers=tiers_of(generation, self.settings))
        return await patiently(lambda: self._run(generation, options, teller), self.settings)

    async def compare(
        self, report: pb.ProofReport, generation: Generation, origin: Origin, teller: Teller
    ) -> None:
        """Pass an iteration when what its merge broke was broken before.

        Raises:
            InternalError: Its parent passes a gate that the merge does not.
        """
        tiers = sorted({gate.tier for gate in broken(report)})
        if not tiers:
            return
        parent = replace(
            generation,
            snapshot_id=origin.ours_snapshot_id,
            generated_snapshot_id=origin.base_snapshot_id,
        )
        options = pb.AssessOptions(spec=ProjectSpec.FromString(origin.base_spec), tiers=tiers)
        aside = replace(teller, tell=lambda each: teller.tell(stages.of_parent(each)))
        before = await patiently(lambda: self._run(parent, options, aside), self.settings)
        check_merge(report, parent=before)

    async def _run(
        self, generation: Generation, options: pb.AssessOptions, teller: Teller
    ) -> pb.ProofReport:
        """Run gates over a generation's files, told which of them a user has edited."""
        edited = await edited_paths(self.files, generation)
        whole = pb.AssessOptions(spec=options.spec, tiers=options.tiers, edited_paths=edited)
        files = [_generated(file) async for file in self.files.read_all(generation.snapshot_id)]
        async with self.generator.assessment(whole, files) as answers:
            return await teller.follow(answers)


def _generated(file: File) -> pb.GeneratedFile:
    return pb.GeneratedFile(path=file.path, content=file.content)
