"""The specs of the corpus, read as users' documents are."""

from pathlib import Path

from generator_svc.domain.spec import ProjectSpec
from generator_svc.domain.validate import validate
from generator_svc.planner.document import read_document
from generator_svc.planner.request import SpecDocument, SpecFormat

SPECS = Path(__file__).parent / "specs"


def spec_names() -> list[str]:
    """Return the names of all specs."""
    return sorted(path.stem for path in SPECS.glob("*.yaml"))


def load(name: str) -> ProjectSpec:
    """Return one spec, checked."""
    content = (SPECS / f"{name}.yaml").read_bytes()
    spec = read_document(SpecDocument(content=content, format=SpecFormat.YAML))
    validate(spec)
    return spec
