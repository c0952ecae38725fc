"""The spec that a project carries."""

from generator_svc.assessment.gates.served import NotApplicableError
from generator_svc.assessment.project import Project
from generator_svc.domain.spec import ProjectSpec
from generator_svc.planner.document import read_document
from generator_svc.planner.request import SpecDocument, SpecFormat

_SPECS = {".backsmith/spec.json": SpecFormat.JSON, ".backsmith/spec.yaml": SpecFormat.YAML}


def spec_of(project: Project) -> ProjectSpec:
    """Return the spec that a project was made from.

    Raises:
        NotApplicableError: There is none.
    """
    for path, kind in _SPECS.items():
        if path in project.files:
            return read_document(SpecDocument(content=project.files[path], format=kind))
    raise NotApplicableError("there is no spec in .backsmith")
