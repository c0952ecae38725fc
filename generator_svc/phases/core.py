"""Phase 1: what every entity builds on."""

from collections.abc import Iterator

from generator_svc.phases.drafts import Draft, package
from generator_svc.phases.model.project import ProjectModel

_ALWAYS = (
    "columns",
    "config",
    "database",
    "documentation",
    "errors",
    "middleware",
    "repository",
    "schemas",
    "types",
)
_AUTH = ("accounts", "dependencies", "models", "router", "schemas", "tokens")


def drafts(project: ProjectModel) -> Iterator[Draft]:
    """Draft the core package, and the auth package where users sign in."""
    yield Draft(path="app/__init__.py", template="package.py", context={"doc": project.doc})
    yield package("app/core", "What every entity builds on.")
    optional = [("deletion", project.any_soft_delete), ("links", project.any_links)]
    modules = [*_ALWAYS, *(name for name, wanted in optional if wanted)]
    for name in sorted(modules):
        yield Draft(path=f"app/core/{name}.py", template=f"app/core/{name}.py")
    if project.auth:
        yield package("app/auth", "Accounts, and how they sign in.")
        for name in _AUTH:
            yield Draft(path=f"app/auth/{name}.py", template=f"app/auth/{name}.py")
