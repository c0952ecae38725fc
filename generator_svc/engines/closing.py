"""The files that are about all the others: the OpenAPI document, the spec and the manifest."""

import hashlib
import json
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from generator_svc.domain.dump import spec_yaml
from generator_svc.domain.iteration import Base
from generator_svc.domain.spec import ProjectSpec
from generator_svc.engines.describing import Describe
from generator_svc.engines.fingerprint import fingerprint
from generator_svc.engines.interface import GeneratedFile
from generator_svc.phases.migrating.history import FOLDER
from generator_svc.phases.support import all_pins

OPENAPI, SPEC, MANIFEST = "openapi.json", ".backsmith/spec.yaml", ".backsmith/manifest.json"
PATHS = (OPENAPI, SPEC, MANIFEST)


def openapi(files: Iterable[GeneratedFile], describe: Describe) -> GeneratedFile:
    """Return the document that the rendered application serves.

    Nothing but templates was rendered into it at this point, so it runs as any tool of ours does.

    Raises:
        InternalError: The application does not start.
        DeadlineExceededError: It takes too long to.
    """
    with tempfile.TemporaryDirectory(prefix="backsmith-describe-") as name:
        root = Path(name)
        for file in files:
            if file.path.startswith("app/"):
                path = root / file.path
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(file.content)
        return GeneratedFile(path=OPENAPI, content=describe(root))


def spec_file(spec: ProjectSpec) -> GeneratedFile:
    """Return the spec as it was rendered."""
    return GeneratedFile(path=SPEC, content=spec_yaml(spec).encode())


def same_project(spec: ProjectSpec, base: Base) -> bool:
    """Tell whether these files would be those of the parent's rendering."""
    told = base.rendering.digests.items()
    migrations = {
        path: hashlib.sha256(content).hexdigest() for path, content in base.migrations.items()
    }
    return spec == base.spec and migrations == {
        path: digest for path, digest in told if path.startswith(FOLDER)
    }


def manifest(files: Sequence[GeneratedFile]) -> GeneratedFile:
    """Return what names every generated file with its digest."""
    document = {
        "template_set": all_pins().version,
        "renderer": fingerprint(),
        "files": [
            {"path": file.path, "sha256": hashlib.sha256(file.content).hexdigest()}
            for file in sorted(files, key=lambda file: file.path)
            if not file.path.startswith(".backsmith/")
        ],
    }
    text = json.dumps(document, indent=2) + "\n"
    return GeneratedFile(path=MANIFEST, content=text.encode())
