"""T0: the manifest names every generated file, as it is unless the user edited it."""

import hashlib
import json
from collections.abc import Iterator

from generator_svc.assessment.gates.checked import CannotCheckError
from generator_svc.assessment.project import Project

MANIFEST = ".backsmith/manifest.json"


def check_manifest(project: Project) -> Iterator[str]:
    """Yield each file that the manifest lacks, has and is not there, or has otherwise."""
    if MANIFEST not in project.files:
        raise CannotCheckError(f"there is no {MANIFEST}")
    try:
        told = _told(json.loads(project.files[MANIFEST]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"{MANIFEST}: not a manifest: {error!r}"
        return
    for path in sorted((told.keys() | _covered(project)) - project.edited):
        if problem := _problem(path, told, project):
            yield f"{path}: {problem}"


def _told(document: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {entry["path"]: entry["sha256"] for entry in document["files"]}


def _covered(project: Project) -> set[str]:
    """Return what a manifest must name: everything but what is made after it."""
    return {path for path in project.files if not path.startswith(".backsmith/")}


def _problem(path: str, told: dict[str, str], project: Project) -> str:
    if path not in told:
        return "not in the manifest"
    if path not in project.files:
        return "in the manifest, and not there"
    digest = hashlib.sha256(project.files[path]).hexdigest()
    return "" if told[path] == digest else "differs from its digest in the manifest"
