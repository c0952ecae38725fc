"""A project with a history, to read the contract's routes from."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.e2e.support import System, frames

PROBLEM = {"type", "title", "status", "detail", "instance", "reason", "trace_id", "errors"}
MISSING = "gen_00000000000000000000000000"
CHANGE = "Add a subtitle to books"
EITHER = pytest.mark.parametrize("which", ["a", "b"], ids=["generation", "iteration"])
"""Of a first generation and of an iteration alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A project of one user: a first version, its iteration, and who may see them."""

    client: httpx.Client
    first: dict[str, Any]
    second: dict[str, Any]

    @property
    def project_id(self) -> str:
        """The project of both."""
        project_id: str = self.first["project_id"]
        return project_id

    def path(self, text: str, *, first: str = "", second: str = "", project: str = "") -> str:
        """Fill the ids in."""
        return text.format(
            a=first or self.first["generation_id"],
            b=second or self.second["generation_id"],
            p=project or self.project_id,
        )

    def ids(self, path: str, **query: Any) -> list[str]:
        """Return the ids in the answer of a list."""
        answer = self.client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return [each["generation_id"] for each in answer.json()["generations"]]


def end(system: System, client: httpx.Client, started: dict[str, Any]) -> dict[str, Any]:
    """Wait for the end of a generation and return its details."""
    for _ in frames(f"{system.url}{started['event_source_url']}"):
        pass
    details: dict[str, Any] = client.get(f"/generations/{started['generation_id']}").json()
    return details


def iterate(client: httpx.Client, parent: str, **body: Any) -> httpx.Response:
    """Ask for a change of a generation."""
    asked = {"parent_generation_id": parent, "modification_prompt": CHANGE} | body
    return client.post("/generations/iterate", json={"generation_mode": "classic", **asked})


def assert_problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """Check that an answer is a whole problem document, and return it."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem.keys() == PROBLEM
    assert problem["status"] == status
    assert problem["instance"] == answer.request.url.path
    assert problem["trace_id"] == answer.headers["x-trace-id"]
    return problem
