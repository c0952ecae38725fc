"""T2: the OpenAPI document is sound, and the committed one is the served one."""

import json
from collections import Counter
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi.openapi.models import OpenAPI
from pydantic import ValidationError

from generator_svc.assessment.project import Project
from generator_svc.assessment.report import GateResult, Tier, judged, skipped
from generator_svc.assessment.serving import BootError, Served, Stage

COMMITTED = "openapi.json"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_SHOWN = 5

Document = dict[str, Any]


class OpenApi:
    """Compares the served document with the committed one and checks that it holds together."""

    name = "openapi"
    tier = Tier.T2

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    async def run(self, project: Project) -> GateResult:
        """Serve the project and read its document."""
        try:
            async with self._stage.serving(project) as served:
                document = await fetch_document(served)
        except BootError as error:
            return judged(self.name, self.tier, [str(error)])
        if document is None:
            return judged(self.name, self.tier, ["there is no /openapi.json"])
        if COMMITTED not in project.files and not check_document(document):
            return skipped(self.name, self.tier, f"there is no {COMMITTED} to compare with")
        findings = [*check_document(document), *_differences(project, document)]
        return judged(self.name, self.tier, findings)


async def fetch_document(served: Served) -> Document | None:
    """Return the served document, or nothing if there is none."""
    response = await served.client.get("/openapi.json")
    if response.status_code != HTTPStatus.OK:
        return None
    document: Document = response.json()
    return document


def check_document(document: Document) -> list[str]:
    """Return what is wrong with an OpenAPI document in itself."""
    return [
        *_shape(document),
        *_dangling(document),
        *_repeated_ids(document),
        *_undeclared_parameters(document),
    ]


def _shape(document: Document) -> Iterator[str]:
    try:
        OpenAPI.model_validate(document)
    except ValidationError as error:
        for one in error.errors()[:_SHOWN]:
            yield f"{'.'.join(map(str, one['loc']))}: {one['msg']}"


def _dangling(document: Document) -> Iterator[str]:
    for reference in sorted(set(_references(document))):
        if resolve(document, reference) is None:
            yield f"the reference {reference} leads nowhere"


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _references(child)


def resolve(document: Document, reference: str) -> Any:
    """Return what a local reference leads to, or nothing."""
    node: Any = document
    for part in reference.removeprefix("#/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        node = node.get(name) if isinstance(node, dict) else None
    return node


def operations(document: Document) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield every operation as method, path and its description."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def _repeated_ids(document: Document) -> Iterator[str]:
    ids = Counter(operation.get("operationId") for _, _, operation in operations(document))
    for name, count in ids.items():
        if name is None or count > 1:
            yield f"{count} operations have the id {name!r}"


def _undeclared_parameters(document: Document) -> Iterator[str]:
    for method, path, operation in operations(document):
        declared = {
            one["name"] for one in operation.get("parameters", []) if one.get("in") == "path"
        }
        in_path = {part[1:-1] for part in path.split("/") if part.startswith("{")}
        if declared != in_path:
            yield f"{method} {path}: its path parameters are {sorted(declared)}"


def _differences(project: Project, document: Document) -> Iterator[str]:
    text = project.text(COMMITTED)
    if text is None:
        return
    try:
        committed = json.loads(text)
    except ValueError as error:
        yield f"{COMMITTED}: {error}"
        return
    differing = list(_differing(committed, document, ""))
    for place in differing[:_SHOWN]:
        yield f"{COMMITTED} differs from what is served at {place or '/'}"


def _differing(one: Any, other: Any, place: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            if key in one and key in other:
                yield from _differing(one[key], other[key], f"{place}/{key}")
            else:
                yield f"{place}/{key}"
    elif one != other:
        yield place
