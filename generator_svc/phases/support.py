"""Phase 5: what surrounds the code: packaging, settings, containers, continuous integration."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from generator_svc.phases.drafts import Draft
from generator_svc.phases.model.project import ProjectModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Pins:
    """Which version of what a generated project depends on."""

    version: str
    """The version of the template set."""

    runtime: tuple[dict[str, Any], ...]
    development: tuple[dict[str, Any], ...]

    def of(self, project: ProjectModel) -> "Pins":
        """Return those that a project needs."""
        runtime = tuple(each for each in self.runtime if each["needs"] != "auth" or project.auth)
        return Pins(version=self.version, runtime=runtime, development=self.development)


@cache
def all_pins() -> Pins:
    """Read the pins, which are data of the template set."""
    text = resources.files("generator_svc").joinpath("templates", "pins.json").read_text()
    document = json.loads(text)
    optional = {"extra": "", "needs": ""}
    return Pins(
        version=document["version"],
        runtime=tuple(optional | each for each in document["runtime"]),
        development=tuple(document["development"]),
    )


def drafts(project: ProjectModel) -> Iterator[Draft]:
    """Draft the support files."""
    context = {"pins": all_pins().of(project)}
    for path, template in _files(project):
        yield Draft(path=path, template=f"support/{template}", context=context)


def _files(project: ProjectModel) -> Iterator[tuple[str, str]]:
    yield ".env.example", "env.example"
    yield ".gitignore", "gitignore"
    yield ".pre-commit-config.yaml", "pre-commit-config.yaml"
    yield "Makefile", "Makefile"
    yield "README.md", "README.md"
    yield "pyproject.toml", "pyproject.toml"
    yield "requirements-dev.txt", "requirements-dev.txt"
    yield "requirements.txt", "requirements.txt"
    if project.docker:
        yield ".dockerignore", "dockerignore"
        yield "Dockerfile", "Dockerfile"
        yield "compose.yaml", "compose.yaml"
    if project.ci:
        yield ".github/workflows/ci.yaml", "ci.yaml"
